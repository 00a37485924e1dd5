const net = require("net");

let host = "127.0.0.1";
let port = 12000;
const student = [];
const words = process.argv.slice(2);
while (words.length) {
  const word = words.shift();
  if (word === "--host") host = words.shift();
  else if (word === "--port") port = Number(words.shift());
  else student.push(word);
}

function text(string) {
  const bytes = Buffer.from(string);
  const length = Buffer.alloc(5);
  length[0] = 0x58;
  length.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([length, bytes]);
}

const client = net.connect({ host, port });
client.on("error", (error) => {
  console.error("ERROR: " + error.message);
  process.exitCode = 1;
});
client.once("data", (id) => {
  console.log(`The id came: ${id.toString("hex")}`);
  const keys = ["student_name", "github_username", "sid"];
  const items = keys.flatMap((key, index) => [text(key), text(student[index])]);
  client.write(Buffer.concat([Buffer.from([0x80, 2, 0x7d, 0x28]), ...items, Buffer.from("u.")]));
  client.on("data", (reply) => console.log(`A reply came: ${reply.toString("hex")}`));
});
