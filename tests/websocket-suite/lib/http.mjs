// Asks the worker over plain HTTP what its sockets have seen.

import { setTimeout as wait } from "node:timers/promises";
import { LIMIT_MS } from "./raw.mjs";

/** How the worker's end of the socket `name` has ended; waits until it has. */
export async function ended(base, name) {
  const url = `${base.replace(/^ws/, "http")}/ends`;
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const found = (await (await fetch(url)).json()).find((end) => end.name === name);
    if (found) return found;
    if (Date.now() > deadline) throw new Error("the worker is not told that its socket has ended");
    await wait(5);
  }
}
