const net = require("net");

const CONFIRMATIONS = ["confirm-accio\r\n", "confirm-accio-again\r\n\r\n"];
const waiting = [];
let busy = false;

function next() {
  const client = waiting.shift();
  busy = client !== undefined;
  if (busy) serve(client);
}

function serve(client) {
  client.resume();
  let confirmed = 0;
  let received = "";
  let count = 0;
  let over = false;
  const finish = (line) => {
    if (over) return;
    over = true;
    console.log(line);
    client.destroySoon();
    next();
  };
  const ask = () => client.write("accio\r\n");
  client.setTimeout(10000, () => finish("ERROR"));
  client.on("error", () => finish("ERROR"));
  client.on("end", () => finish(confirmed === 2 ? count : "ERROR"));
  client.on("data", (data) => {
    while (confirmed < 2 && data.length > 0) {
      const wanted = CONFIRMATIONS[confirmed];
      const part = data.subarray(0, wanted.length - received.length);
      data = data.subarray(part.length);
      received += part.toString("latin1");
      if (!wanted.startsWith(received)) return finish("ERROR");
      if (received === wanted) {
        confirmed += 1;
        received = "";
        if (confirmed < 2) ask();
      }
    }
    count += data.length;
  });
  ask();
}

const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (client) => {
  waiting.push(client);
  if (!busy) next();
});
server.on("error", (error) => {
  console.error("ERROR: " + error.message);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"]) {
  process.on(signal, () => process.exit(0));
}
try {
  server.listen({ port: Number(process.argv[2]), host: "0.0.0.0", backlog: 10 });
} catch (error) {
  console.error("ERROR: " + error.message);
  process.exit(1);
}
