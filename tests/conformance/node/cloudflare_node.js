// Workers, entrypoints and objects that answer through a server.
import assert from "node:assert";
import http from "node:http";
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { handleAsNodeRequest, httpServerHandler } from "cloudflare:node";

// In module scope, as programs do.
const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://h.example");
  if (url.pathname === "/text") {
    response.end(request.cloudflare.env.TEXT);
  } else if (url.pathname === "/wait") {
    request.cloudflare.ctx.waitUntil(Promise.resolve());
    response.writeHead(202).end();
  } else if (url.pathname === "/echo") {
    response.setHeader("content-type", request.headers["content-type"]);
    for await (const chunk of request) response.write(chunk);
    response.end();
  } else if (url.pathname === "/stream") {
    for (let n = 0; n < 3; n++) {
      response.write(`data: ${n}\n\n`);
      await scheduler.wait(1);
    }
    response.end();
  } else if (url.pathname === "/throws") {
    throw new Error("never seen");
  } else {
    response.statusCode = 404;
    response.end("nothing here");
  }
});
server.on("error", () => {});
server.listen(8080);

export default httpServerHandler({ port: 8080 });

const other = http.createServer((request, response) => response.end(`class ${request.url}`)).listen(8081);

export class Served extends WorkerEntrypoint {
  fetch(request) {
    return handleAsNodeRequest(other.address().port, request, this.env, this.ctx);
  }
}

export class Room extends DurableObject {
  #server;

  constructor(state, env) {
    super(state, env);
    this.#server = http.createServer(async (request, response) => {
      const visits = ((await state.storage.get("visits")) ?? 0) + 1;
      await state.storage.put("visits", visits);
      response.end(`${request.url} ${visits}`);
    });
    this.#server.listen();
  }

  fetch(request) {
    return handleAsNodeRequest(this.#server.address().port, request, this.env, this.ctx);
  }
}

export const theDefaultExport = {
  async test(controller, env) {
    const response = await env.SELF.fetch("http://h.example/nope");
    assert.strictEqual(response.status, 404);
    assert.strictEqual(await response.text(), "nothing here");
  },
};

export const environment = {
  async test(controller, env) {
    assert.strictEqual(await (await env.SELF.fetch("http://h.example/text")).text(), "of the environment");
  },
};

export const waitUntil = {
  async test(controller, env) {
    const response = await env.SELF.fetch("http://h.example/wait");
    assert.strictEqual(response.status, 202);
    await response.text();
  },
};

export const bodiesBothWays = {
  async test(controller, env) {
    const body = "x".repeat(100_000);
    const response = await env.SELF.fetch("http://h.example/echo", {
      method: "POST", body, headers: { "content-type": "text/strange" },
    });
    assert.strictEqual(response.headers.get("content-type"), "text/strange");
    assert.strictEqual(await response.text(), body);
  },
};

export const streams = {
  async test(controller, env) {
    const response = await env.SELF.fetch("http://h.example/stream");
    assert.strictEqual(await response.text(), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  },
};

export const classes = {
  async test(controller, env) {
    assert.strictEqual(await (await env.CLASS.fetch("http://h.example/a?b")).text(), "class /a?b");
  },
};

export const objects = {
  async test(controller, env) {
    const room = env.OBJECTS.getByName("a");
    assert.strictEqual(await (await room.fetch("http://h.example/one")).text(), "/one 1");
    assert.strictEqual(await (await room.fetch("http://h.example/two")).text(), "/two 2");
    const another = env.OBJECTS.getByName("b");
    assert.strictEqual(await (await another.fetch("http://h.example/one")).text(), "/one 1");
  },
};

export const ownRequests = {
  async test(controller, env, ctx) {
    const response = await handleAsNodeRequest(8080, new Request("http://h.example/text"), env, ctx);
    assert.strictEqual(await response.text(), "of the environment");
  },
};

export const bothArgumentsAreOptional = {
  async test() {
    const response = await handleAsNodeRequest({ port: 8080 }, new Request("http://h.example/nope"));
    assert.strictEqual(response.status, 404);
  },
};
