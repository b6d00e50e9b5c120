// An agent: connects with its token and prints every frame until the service closes the socket.
//
//   node agent.mjs ws://127.0.0.1:8080/ws nxa_…
import WebSocket from "ws";

const [url, token] = process.argv.slice(2);
const socket = new WebSocket(`${url}?token=${token}`);

socket.on("message", (data) => {
  const frame = JSON.parse(data);
  console.log(JSON.stringify(frame));
  if (frame.type === "ping") socket.send(JSON.stringify({ type: "pong", t: frame.t }));
});
socket.on("unexpected-response", (_, response) => {
  console.log(`refused ${response.statusCode}`);
  process.exit(1);
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on("close", (code, reason) => console.log(`closed ${code} ${reason}`));
