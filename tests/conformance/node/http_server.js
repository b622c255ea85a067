// Servers: what listening, closing and being asked means in a Worker.
import assert from "node:assert";
import http from "node:http";
import https from "node:https";
import { handleAsNodeRequest, httpServerHandler } from "cloudflare:node";

let last = 30000;
const request = () => new Request("http://h.example/");
const alreadyListens = {
  name: "Error",
  code: "ERR_SERVER_ALREADY_LISTEN",
  message: "Listen method has been called more than once without closing.",
};

export const listening = {
  async test() {
    const server = http.createServer();
    assert.strictEqual(server.listening, false);
    assert.strictEqual(server.address(), null);
    const events = [];
    const listens = new Promise((resolve) => {
      assert.strictEqual(server.listen(8080, () => { events.push("callback"); resolve(); }), server);
    });
    server.on("listening", () => events.push("event"));
    events.push("synchronous");
    assert.strictEqual(server.listening, true);
    assert.deepStrictEqual(server.address(), { port: 8080, family: "IPv4", address: "127.0.0.1" });
    await listens;
    await null;
    assert.deepStrictEqual(events, ["synchronous", "callback", "event"]);
    server.close();
  },
};

export const portsInAllForms = {
  test() {
    const port = (...args) => {
      const server = http.createServer().listen(...args);
      const { port } = server.address();
      server.close();
      return port;
    };
    assert.strictEqual(port("8081"), 8081);
    assert.strictEqual(port({ port: 8082 }), 8082);
    assert.strictEqual(port(8083, "localhost"), 8083);
    assert.strictEqual(port(8084, "::", 511, () => {}), 8084);
    assert.strictEqual(port({ port: 8085, host: "0.0.0.0" }, () => {}), 8085);
  },
};

export const anyPort = {
  test() {
    for (const args of [[], [0], [null], [() => {}], [{ host: "h" }], ["/tmp/socket"], [{ path: "/x" }], [{ port: null }]]) {
      const server = http.createServer().listen(...args);
      assert.ok(server.address().port > 0 && server.address().port < 65536);
      server.close();
    }
  },
};

export const portsThatAreNone = {
  test() {
    for (const [port, type] of [[-1, "number"], [70000, "number"], [1.5, "number"]]) {
      assert.throws(() => http.createServer().listen(port), {
        code: "ERR_SOCKET_BAD_PORT",
        message: `options.port should be >= 0 and < 65536. Received ${type}.`,
      });
    }
    assert.throws(() => http.createServer().listen({ port: "y" }), {
      code: "ERR_SOCKET_BAD_PORT",
      message: "options.port should be >= 0 and < 65536. Received string.",
    });
  },
};

export const oneServerAPort = {
  test() {
    const server = http.createServer().listen(1234);
    assert.throws(() => server.listen(1235), alreadyListens);
    assert.throws(() => http.createServer().listen(1234), alreadyListens);
    server.close();
    http.createServer().listen(1234).close();
  },
};

export const closing = {
  async test() {
    const server = http.createServer().listen(++last);
    const events = [];
    server.on("close", () => events.push("event"));
    const closed = new Promise((resolve) => {
      assert.strictEqual(server.close((error) => { events.push(`callback ${error}`); resolve(); }), server);
    });
    assert.strictEqual(server.listening, false);
    assert.strictEqual(server.address(), null);
    assert.deepStrictEqual(events, []);
    await closed;
    assert.deepStrictEqual(events, ["event", "callback undefined"]);
    await new Promise((resolve) => server.close(resolve));
  },
};

export const disposing = {
  async test() {
    const server = http.createServer().listen(++last);
    await server[Symbol.asyncDispose]();
    assert.strictEqual(server.listening, false);
  },
};

export const whatASocketServerHas = {
  async test() {
    const server = http.createServer();
    assert.strictEqual(server.ref(), server);
    assert.strictEqual(server.unref(), server);
    assert.strictEqual(server.closeAllConnections(), undefined);
    assert.strictEqual(server.closeIdleConnections(), undefined);
    assert.strictEqual(server.connections, 0);
    assert.strictEqual(server.maxConnections, Infinity);
    assert.deepStrictEqual(await new Promise((resolve) => server.getConnections((...args) => resolve(args))), [null, 0]);
    assert.throws(() => server.getConnections(5), {
      message: 'The "callback" argument must be of type function. Received type number (5)',
    });
  },
};

export const timeouts = {
  test() {
    const server = http.createServer();
    assert.strictEqual(server.timeout, 0);
    assert.strictEqual(server.setTimeout(5, () => {}), server);
    assert.strictEqual(server.timeout, 5);
    assert.strictEqual(server.listenerCount("timeout"), 1);
    server.setTimeout(() => {});
    assert.strictEqual(server.timeout, 5);
    assert.strictEqual(server.listenerCount("timeout"), 2);
  },
};

export const settings = {
  test() {
    const plain = http.createServer();
    const settings = (server) => [
      server.requestTimeout, server.headersTimeout, server.keepAliveTimeout, server.keepAliveTimeoutBuffer,
      server.maxHeadersCount, server.maxRequestsPerSocket, server.requireHostHeader, server.highWaterMark,
      server.connectionsCheckingInterval, server.httpAllowHalfOpen,
    ];
    assert.deepStrictEqual(settings(plain), [300000, 60000, 5000, 1000, null, 0, false, 65536, 30000, false]);
    const set = http.createServer({ requestTimeout: 10, highWaterMark: 5 });
    assert.deepStrictEqual(settings(set), [10, 10, 5000, 1000, null, 0, true, 5, 30000, false]);
  },
};

export const theListenerIsAnEvents = {
  async test() {
    const listener = (message, response) => response.end("first");
    const server = http.createServer(listener).listen(++last);
    assert.deepStrictEqual(server.listeners("request"), [listener]);
    server.removeListener("request", listener);
    server.on("request", (message, response) => response.end("second"));
    assert.strictEqual(await (await handleAsNodeRequest(last, request())).text(), "second");
    server.close();
  },
};

export const connectionComesFirst = {
  async test() {
    const events = [];
    const server = http.createServer((message, response) => { events.push("request"); response.end(); }).listen(++last);
    server.on("connection", (first, second) => {
      events.push("connection");
      assert.strictEqual(first, server);
      assert.ok(second instanceof http.IncomingMessage);
    });
    await handleAsNodeRequest(last, request());
    assert.deepStrictEqual(events, ["connection", "request"]);
    server.close();
  },
};

export const classesOfItsOwn = {
  async test() {
    class Incoming extends http.IncomingMessage {
      greeting() { return `hi ${this.url}`; }
    }
    class Outgoing extends http.ServerResponse {
      greet() { this.end(this.req.greeting()); }
    }
    const server = http.createServer({ IncomingMessage: Incoming, ServerResponse: Outgoing }, (_, response) => response.greet());
    server.listen(++last);
    assert.strictEqual(await (await handleAsNodeRequest(last, request())).text(), "hi /");
    server.close();
  },
};

export const aListenerThatThrows = {
  async test() {
    const server = http.createServer(() => { throw new Error("boom"); }).listen(++last);
    await assert.rejects(handleAsNodeRequest(last, request()), { message: "boom" });
    server.close();
  },
};

export const nobodyListensToThePort = {
  async test() {
    const expected = (port) => ({
      name: "Error",
      code: "ERR_INVALID_ARG_VALUE",
      message: `Http server with port ${port} not found. This is likely a bug with your code. You should check if server.listen() was called with the same port (${port})`,
    });
    await assert.rejects(handleAsNodeRequest(4321, request()), expected(4321));
    await assert.rejects(handleAsNodeRequest({ port: 4322 }, request()), expected(4322));
    await assert.rejects(httpServerHandler({ port: 4323 }).fetch(request()), expected(4323));
  },
};

export const whatIsNoServer = {
  async test() {
    for (const nothing of [undefined, null]) {
      assert.throws(() => httpServerHandler(nothing), { message: "Server descriptor cannot be null or undefined" });
    }
    for (const wrong of ["x", {}, { port: "80" }, { port: -1 }, -1, 70000, { listen() {}, address() { return null; } }]) {
      assert.throws(() => httpServerHandler(wrong), { message: "Failed to determine port for server" });
    }
    for (const wrong of [undefined, null, {}, "x", { port: "99999" }]) {
      await assert.rejects(handleAsNodeRequest(wrong, request()), { message: "Failed to determine port for server" });
    }
  },
};

export const handlersOfServers = {
  async test() {
    const server = http.createServer((message, response) => response.end("served"));
    const handler = httpServerHandler(server);
    assert.deepStrictEqual(Object.keys(handler), ["fetch"]);
    assert.strictEqual(server.listening, true);
    assert.strictEqual(await (await handler.fetch(request())).text(), "served");
    server.close();
  },
};

export const handlersOfPorts = {
  async test() {
    const byNumber = httpServerHandler(31999);
    const byObject = httpServerHandler({ port: 31999 });
    const server = http.createServer((message, response) => response.end("served")).listen(31999);
    assert.strictEqual(await (await byNumber.fetch(request())).text(), "served");
    assert.strictEqual(await (await byObject.fetch(request())).text(), "served");
    server.close();
  },
};

export const handlersOfWhatIsLikeAServer = {
  async test() {
    const inner = http.createServer((message, response) => response.end("inner")).listen(++last);
    const handler = httpServerHandler({ listen() { assert.fail("it listens"); }, address: () => inner.address() });
    assert.strictEqual(await (await handler.fetch(request())).text(), "inner");
    inner.close();
  },
};

export const environmentAndContext = {
  async test(controller, env, ctx) {
    const server = http.createServer((message, response) => {
      assert.strictEqual(message.cloudflare.env, env);
      assert.strictEqual(message.cloudflare.ctx, ctx);
      response.end("ok");
    });
    assert.strictEqual(await (await httpServerHandler(server).fetch(request(), env, ctx)).text(), "ok");
    server.close();
  },
};

export const httpsServersServeAsWell = {
  async test() {
    const server = https.createServer((message, response) => response.end("safe"));
    assert.strictEqual(await (await httpServerHandler(server).fetch(request())).text(), "safe");
    server.close();
  },
};

export const several = {
  async test() {
    const servers = [1, 2, 3].map((n) => http.createServer((message, response) => response.end(`server ${n}`)).listen(++last));
    const ports = servers.map((server) => server.address().port);
    const answers = await Promise.all(ports.map(async (port) => (await handleAsNodeRequest(port, request())).text()));
    assert.deepStrictEqual(answers, ["server 1", "server 2", "server 3"]);
    for (const server of servers) server.close();
  },
};
