// Which dates and flags bring the modules, and the server in them.
import assert from "node:assert";

const probe = async (service) => (await service.fetch("http://h.example/")).json();
const missing = (name) => `No such module "${name}".`;
const notImplemented = (name) => `ERR_METHOD_NOT_IMPLEMENTED The ${name} method is not implemented`;

export const beforeTheClient = {
  async test(controller, env) {
    const has = await probe(env.NONE);
    for (const name of ["node:http", "node:https", "node:_http_agent", "node:_http_server"]) {
      assert.strictEqual(has[name], missing(name));
    }
    assert.strictEqual(has["cloudflare:node"], "ok");
  },
};

export const beforeTheServer = {
  async test(controller, env) {
    assert.deepStrictEqual(await probe(env.CLIENT), {
      "node:http": "ok",
      "node:https": "ok",
      "node:_http_agent": "ok",
      "node:_http_server": missing("node:_http_server"),
      "cloudflare:node": "ok",
      createServer: notImplemented("createServer"),
      Server: notImplemented("Server"),
      ServerResponse: notImplemented("ServerResponse"),
    });
  },
};

const ALL = {
  "node:http": "ok",
  "node:https": "ok",
  "node:_http_agent": "ok",
  "node:_http_server": "ok",
  "cloudflare:node": "ok",
  createServer: "ok",
  Server: "ok",
  ServerResponse: "ok",
};

export const withBoth = {
  async test(controller, env) {
    assert.deepStrictEqual(await probe(env.SERVER), ALL);
  },
};

export const byFlags = {
  async test(controller, env) {
    assert.deepStrictEqual(await probe(env.FLAGS), ALL);
  },
};

export const withoutNode = {
  async test(controller, env) {
    const has = await probe(env.PLAIN);
    assert.strictEqual(has["node:http"], missing("node:http"));
    assert.strictEqual(has["cloudflare:node"], "ok");
  },
};
