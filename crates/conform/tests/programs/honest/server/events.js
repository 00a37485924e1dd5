// Node: events and timers.
const net = require("net");

const store = new Map();

function take(socket, request) {
  const [name, receiver, text] = request.parts;
  if (request.id === 2) {
    const key = receiver.toString("latin1");
    store.set(key, [...(store.get(key) || []), [name, text]]);
    console.log(`stored: ${name} for ${receiver}`);
    socket.end();
    return;
  }
  const key = name.toString("latin1");
  const mine = store.get(key) || [];
  store.set(key, mine.slice(255));
  const batch = mine.slice(0, 255);
  const parts = [Buffer.from([0xae, 0x73, 3, batch.length, mine.length > 255 ? 1 : 0])];
  for (const [sender, message] of batch) {
    parts.push(Buffer.from([sender.length, message.length >> 8, message.length & 255]));
    parts.push(sender, message);
  }
  socket.setTimeout(1000, () => socket.destroy(new Error("the reader is too slow")));
  socket.end(Buffer.concat(parts), () => console.log(`sent: ${batch.length}`));
}

function parse(data) {
  if (data.length < 7) return null;
  const [id, name, receiver] = [data[2], data[3], data[4]];
  const text = data.readUInt16BE(5);
  if (data.readUInt16BE(0) !== 0xae73) throw new Error("magic number");
  if (id !== 1 && id !== 2) throw new Error("id");
  if (name === 0) throw new Error("name length");
  if ((id === 2) !== receiver > 0) throw new Error("receiver length");
  if ((id === 2) !== text > 0) throw new Error("message length");
  if (data.length < 7 + name + receiver + text) return null;
  const ends = [7 + name, 7 + name + receiver, 7 + name + receiver + text];
  const parts = [data.subarray(7, ends[0]), data.subarray(ends[0], ends[1]), data.subarray(ends[1], ends[2])];
  return { id, parts };
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  console.log(`connection: ${socket.remoteAddress} ${socket.remotePort}`);
  let data = Buffer.alloc(0);
  let request = null;
  const timer = setTimeout(() => socket.destroy(new Error("no request within a second")), 1000);
  socket.on("data", (chunk) => {
    if (request) return;
    data = Buffer.concat([data, chunk]);
    try {
      request = parse(data);
      if (request) {
        clearTimeout(timer);
        take(socket, request);
      }
    } catch (error) {
      socket.destroy(error);
    }
  });
  socket.on("end", () => {
    if (!request) socket.destroy(new Error("half a request"));
  });
  socket.on("error", (error) => console.error(`error: ${error.message}`));
  socket.on("close", () => clearTimeout(timer));
});

const port = Number(process.argv[2]);
if (process.argv.length !== 3 || !Number.isInteger(port) || port < 1024 || port > 64000) {
  console.log("give a port between 1024 and 64000");
  process.exit(1);
}
server.on("error", (error) => {
  console.log(`cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(port, "0.0.0.0");
