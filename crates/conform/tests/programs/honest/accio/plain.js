const fs = require("fs");
const net = require("net");

function fail(message) {
  console.error("ERROR: " + message);
  process.exit(1);
}

const [host, port, name] = process.argv.slice(2);
if (!/^\d+$/.test(port) || port < 1 || port > 65535) fail("incorrect port");
let fd;
try {
  fd = fs.openSync(name);
} catch (error) {
  fail(error.message);
}

const answers = ["confirm-accio\r\n", "confirm-accio-again\r\n\r\n"];
let received = "";
const server = net.connect({ host, port: Number(port) });
let limit = setTimeout(() => fail("no progress"), 10000);
const progress = () => limit.refresh();
server.on("connect", progress);
server.on("error", (error) => fail(error.message));
server.on("end", () => answers.length && fail("closed early"));
server.on("data", (data) => {
  received += data.toString("latin1");
  while (answers.length && received.startsWith("accio\r\n")) {
    received = received.slice(7);
    server.write(answers.shift());
    progress();
    if (answers.length === 0) sendFile();
  }
});

function sendFile() {
  const file = fs.createReadStream(null, { fd });
  file.on("data", (data) => {
    file.pause();
    server.write(data, () => {
      progress();
      file.resume();
    });
  });
  file.on("end", () => server.end(() => clearTimeout(limit)));
}
