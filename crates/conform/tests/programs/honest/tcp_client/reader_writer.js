// Prints a banner, and every response in green; ends its side when the file is over.
const fs = require("fs");
const net = require("net");
const readline = require("readline");

const actions = { uppercase: 1, lowercase: 2, reverse: 4, shuffle: 8, random: 16 };
let host = "localhost";
let port = 8083;
let file;
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--help") {
    console.log("Usage: node tcp_client.js [--help] [-v] [-h HOST] [-p PORT] FILE");
    process.exit(0);
  } else if (word === "-h" || word === "--host") host = words.shift();
  else if (word === "-p" || word === "--port") port = Number(words.shift());
  else if (word !== "-v" && word !== "--verbose") file = word;
}

const socket = net.connect(port, host, () => {
  console.log(`connected to ${host}:${port}`);
  const input = file === "-" ? process.stdin : fs.createReadStream(file);
  const lines = readline.createInterface({ input, crlfDelay: Infinity });
  lines.on("line", (line) => {
    const space = line.indexOf(" ");
    const action = actions[line.slice(0, space)];
    if (space < 0 || action === undefined) return;
    const message = Buffer.from(line.slice(space + 1));
    const header = Buffer.alloc(4);
    header.writeUInt32BE(((action << 27) | message.length) >>> 0);
    socket.write(Buffer.concat([header, message]));
  });
  lines.on("close", () => socket.end());
});

let buffer = Buffer.alloc(0);
socket.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
    const end = 4 + buffer.readUInt32BE(0);
    const color = process.stdout.isTTY ? ["\x1b[32m", "\x1b[0m"] : ["", ""];
    console.log(color[0] + buffer.subarray(4, end).toString() + color[1]);
    buffer = buffer.subarray(end);
  }
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
