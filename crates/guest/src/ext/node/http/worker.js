// The module "cloudflare:node": a worker's events as the requests of a server.
(function () {
const { core } = __bootstrap;

/** Source: production's. @param {unknown} port @returns {number} */
function validPort(port) {
  if (typeof port === "number" && port >= 0 && port <= 0xffff) return port;
  throw new Error("Failed to determine port for server");
}

/**
 * Has a server answer a request.
 * @param {number | { port: number }} desc the port that the server listens to
 * @param {Request} request
 * @param {object} env
 * @param {object} ctx
 * @returns {Promise<Response>}
 */
async function handleAsNodeRequest(desc, request, env, ctx) {
  const port = validPort(typeof desc === "number" ? desc : desc?.port);
  const { servers } = core.loadExtScript("ext:lopata_node/http/ports.js");
  const serve = servers.get(port);
  if (serve === undefined) {
    const error = new Error(
      `Http server with port ${port} not found. This is likely a bug with your code. ` +
        `You should check if server.listen() was called with the same port (${port})`,
    );
    error.code = "ERR_INVALID_ARG_VALUE";
    throw error;
  }
  return await serve(request, env, ctx);
}

/** The port of what is like a server, which starts to listen if it does not. */
function portOfServer(server) {
  if (typeof server.address()?.port !== "number") server.listen();
  return server.address()?.port;
}

/**
 * What a worker exports to be a server.
 * @param {number | { port: number } | { listen: Function, address: Function }} desc
 */
function httpServerHandler(desc) {
  if (desc === null || desc === undefined) throw new Error("Server descriptor cannot be null or undefined");
  let port = typeof desc === "number" ? desc : desc.port;
  if ((port === null || port === undefined) && typeof desc.listen === "function") port = portOfServer(desc);
  port = validPort(port);
  return {
    async fetch(request, env, ctx) {
      return await handleAsNodeRequest(port, request, env, ctx);
    },
  };
}

return { handleAsNodeRequest, httpServerHandler };
})();
