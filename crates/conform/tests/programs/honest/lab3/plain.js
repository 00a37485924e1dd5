const net = require("net");

const [host = "127.0.0.1", port = "12000"] = process.argv.slice(2);
const server = net.createServer((client) => {
  const id = client.remotePort;
  if (id === undefined) return client.destroy();
  client.on("error", (error) => console.log(`Client ${id}: ${error.message}`));
  client.write(Buffer.from([0x80, 3, 0x7d, 0x58, 8, 0, 0, 0]));
  client.write("clientid");
  client.write(Buffer.from([0x4d, id & 255, id >> 8, 0x73, 0x2e]));
  client.on("data", (data) => {
    if (data[0] > 0x80 || data[data.length - 1] !== 0x2e) {
      console.log(`Client ${id}: error: no pickle`);
      return client.destroy();
    }
    console.log(`Client ${id}: ${data.length} bytes`);
    client.write(Buffer.from("K\x01."));
  });
});
server.listen({ host, port: Number(port), backlog: 10 }, () => {
  console.log(`Server listening at ${host}/${port}`);
});
