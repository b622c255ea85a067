// Says which modules of HTTP it has.
const NAMES = ["node:http", "node:https", "node:_http_agent", "node:_http_server", "cloudflare:node"];

async function probe() {
  const found = {};
  for (const name of NAMES) {
    try {
      found[name] = await import(name);
    } catch (error) {
      found[name] = error.message;
    }
  }
  const has = Object.fromEntries(NAMES.map((name) => [name, typeof found[name] === "string" ? found[name] : "ok"]));
  for (const make of ["createServer", "Server", "ServerResponse"]) {
    try {
      if (make === "createServer") found["node:http"].createServer?.();
      else if (found["node:http"][make]) new found["node:http"][make](new found["node:http"].IncomingMessage());
      has[make] = "ok";
    } catch (error) {
      has[make] = `${error.code} ${error.message}`;
    }
  }
  return has;
}

export default {
  async fetch() {
    return Response.json(await probe());
  },
};
