const net = require("net");
const { parseArgs } = require("util");

let options;
try {
  options = parseArgs({
    options: {
      help: { type: "boolean" },
      verbose: { type: "boolean", short: "v" },
      port: { type: "string", short: "p", default: "8083" },
    },
  }).values;
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
if (options.help) {
  console.log("Usage: tcp_server [--help] [-v] [-p PORT]\n\nOptions:\n  --help\n" +
    "  -v, --verbose\n  --port PORT, -p PORT");
  process.exit(0);
}

const log = (...words) => options.verbose && console.error(...words);

function shuffle(characters) {
  for (let i = characters.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [characters[i], characters[j]] = [characters[j], characters[i]];
  }
  return characters;
}

function dropAndRepeat(characters) {
  let kept = "";
  for (const character of characters) {
    if (Math.random() < 1 / 6) continue;
    const copies = Math.random() < 1 / 6 ? Math.floor(1 / (1 - Math.random())) : 1;
    kept += character.repeat(Math.min(copies, 1000));
  }
  return kept || characters.slice(0, 1).join("");
}

const actions = {
  0x01: (text) => text.toUpperCase(),
  0x02: (text) => text.toLowerCase(),
  0x04: (text) => [...text].reverse().join(""),
  0x08: (text) => shuffle([...text]).join(""),
  0x10: (text) => dropAndRepeat([...text]),
};

const server = net.createServer((client) => {
  log("connection from", client.remoteAddress, client.remotePort);
  let chunks = [];
  let size = 0;
  let needed = 4;
  client.on("data", (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    let buffer = Buffer.concat(chunks);
    while (buffer.length >= 4) {
      const word = buffer.readUInt32BE(0);
      const action = word >>> 27;
      const length = word & 0x07ffffff;
      needed = 4 + length;
      if (buffer.length < needed) break;
      log("action", action, "length", length);
      const transform = actions[action];
      const text = buffer.subarray(4, needed).toString();
      const answer = Buffer.from(transform ? transform(text) : "error");
      const header = Buffer.alloc(4);
      header.writeUInt32BE(answer.length);
      client.write(Buffer.concat([header, answer]));
      buffer = buffer.subarray(needed);
      needed = 4;
    }
    chunks = [buffer];
    size = buffer.length;
  });
  client.on("error", (error) => log("client:", error.message));
  client.on("close", () => log("client is gone"));
});

server.on("error", (error) => {
  console.error("tcp_server:", error.message);
  process.exit(1);
});
server.listen(Number(options.port), "0.0.0.0", () => log("listening on", options.port));
process.on("SIGINT", () => {
  log("shutting down");
  process.exit(0);
});
