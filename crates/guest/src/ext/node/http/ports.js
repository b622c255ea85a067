// The servers that listen in this isolate, by port. A port is only a number here: nothing outside can reach it.
(function () {
/** @type {Map<number, (request: Request, env: object, ctx: object) => Promise<Response>>} */
const servers = new Map();

/** Where the search for a free port starts: where those of clients start elsewhere. */
const FIRST_FREE = 0x8000;
const PORTS = 0x10000;

let next = FIRST_FREE;

/** A port that no server listens to. */
function freePort() {
  for (let tries = 0; tries < PORTS; tries++) {
    const port = next;
    next = next + 1 < PORTS ? next + 1 : 1;
    if (!servers.has(port)) return port;
  }
  throw new Error("Failed to find a suitable port");
}

return { freePort, servers };
})();
