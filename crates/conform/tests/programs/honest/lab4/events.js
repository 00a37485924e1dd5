const net = require("net");

const [host, port] = process.argv.slice(2);
const socket = net.connect(Number(port), host);
let buffer = Buffer.alloc(0);
let secret;
socket.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  while (buffer.length >= 9) {
    const message = buffer.subarray(0, 9);
    buffer = buffer.subarray(9);
    if (message[0] === "Q".charCodeAt(0)) {
      const answer = Buffer.alloc(4);
      answer.writeUInt32BE((message.readUInt32BE(1) + message.readUInt32BE(5)) >>> 0);
      socket.write(answer);
    } else {
      secret = message.subarray(1).toString("latin1");
      console.log("\x1b[1m" + secret + "\x1b[0m");
      socket.end();
    }
  }
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
socket.on("close", () => {
  if (!secret) process.exitCode = 1;
});
