// Load on a WebSocket echo by `socket_load`, a client that costs little beside the server.

import { spawn } from "node:child_process";
import path from "node:path";

/**
 * Messages that come back in a second, to so many sockets with so many messages of so many bytes under way on each. With
 * `all` one socket sends and all of them get it.
 */
export async function sockets(port, route, { count, in_flight, bytes, all = false }, seconds) {
  const args = [port, route, count, in_flight, bytes, seconds, ...(all ? ["all"] : [])].map(String);
  const child = spawn(path.resolve(process.env.SOCKET_LOAD_BIN), args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error("socket_load failed");
  return Number(text);
}
