const net = require("net");
const crypto = require("crypto");

const port = Number(process.argv[2] || 8000);
const server = net.createServer((client) => {
  let left = crypto.randomInt(1, 21);
  let expected;
  let input = Buffer.alloc(0);
  const ask = () => {
    const first = crypto.randomInt(2 ** 30);
    const second = crypto.randomInt(2 ** 30);
    expected = first + second;
    const question = Buffer.from("Q________");
    question.writeUInt32BE(first, 1);
    question.writeUInt32BE(second, 5);
    client.write(question);
  };
  client.on("data", (data) => {
    input = Buffer.concat([input, data]);
    while (input.length >= 4) {
      if (input.readUInt32BE() !== expected) return client.end();
      input = input.subarray(4);
      left -= 1;
      if (left === 0) return client.end("S" + crypto.randomBytes(4).toString("hex"));
      ask();
    }
  });
  client.on("error", (error) => console.error("\x1b[31m" + error.message + "\x1b[0m"));
  ask();
});
server.listen(port, () => console.error(`mathserver is listening on ${port}`));
