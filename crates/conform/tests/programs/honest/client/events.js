const dns = require("dns");
const net = require("net");
const readline = require("readline");

function fail(message) {
  console.error(`ERROR: ${message}`);
  process.exit(1);
}

function check(condition, message) {
  if (!condition) fail(message);
}

const words = process.argv.slice(2);
check(words.length === 4, "usage: client.js HOST PORT NAME read|create");
const [host, port, user, kind] = words;
const name = Buffer.from(user);
check(/^\d+$/.test(port) && port >= 1024 && port <= 64000, "the port is not in 1024..64000");
check(name.length >= 1 && name.length <= 255, "the name has not 1 to 255 bytes");
check(kind === "read" || kind === "create", "say read or create");

async function entries() {
  const terminal = readline.createInterface({ input: process.stdin });
  const lines = terminal[Symbol.asyncIterator]();
  async function ask(what, limit) {
    for (;;) {
      process.stdout.write(`${what}? `);
      const { value, done } = await lines.next();
      check(!done, `no ${what}`);
      const entry = Buffer.from(value);
      if (entry.length >= 1 && entry.length < limit) return entry;
      console.log(`a ${what} has 1 to ${limit - 1} bytes`);
    }
  }
  const both = [await ask("receiver", 255), await ask("message", 65535)];
  terminal.close();
  return both;
}

// A state machine: how many bytes it waits for, and what it does with them.
function reader(done) {
  let items = 0;
  let more = 0;
  let need = 5;
  let act = header;
  let lengths;
  function header(bytes) {
    check(bytes.readUInt16BE(0) === 0xae73 && bytes[2] === 3, "not a response");
    [items, more] = bytes.subarray(3);
    check(more <= 1, "MoreMsgs is neither 0 nor 1");
    if (items === 0) console.log("no messages");
    next();
  }
  function next() {
    if (items === 0) {
      need = 0;
      if (more) console.log("there are more");
      return done();
    }
    items -= 1;
    [need, act] = [3, message];
  }
  function message(bytes) {
    lengths = [bytes[0], bytes.readUInt16BE(1)];
    check(lengths[0] > 0 && lengths[1] > 0, "an empty sender or message");
    [need, act] = [lengths[0] + lengths[1], text];
  }
  function text(bytes) {
    console.log(`${bytes.subarray(0, lengths[0])} says ${bytes.subarray(lengths[0])}`);
    next();
  }
  let waiting = Buffer.alloc(0);
  return (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (need > 0 && waiting.length >= need) {
      const bytes = waiting.subarray(0, need);
      waiting = waiting.subarray(need);
      act(bytes);
    }
  };
}

async function main() {
  const { address } = await dns.promises.lookup(host, 4);
  const [receiver, text] = kind === "create" ? await entries() : [Buffer.alloc(0), Buffer.alloc(0)];
  const head = Buffer.from([0xae, 0x73, kind === "read" ? 1 : 2, name.length, receiver.length, 0, 0]);
  head.writeUInt16BE(text.length, 5);
  const server = net.connect(Number(port), address, () => {
    const request = Buffer.concat([head, name, receiver, text]);
    server.write(request, () => {
      console.log("request sent");
      if (kind === "create") server.destroy();
    });
    server.setTimeout(1000, () => fail("a gap of a second"));
  });
  server.on("data", reader(() => server.destroy()));
  server.on("error", (error) => fail(error.message));
  server.on("end", () => fail("the server has closed"));
}

main().catch((error) => fail(error.message));
