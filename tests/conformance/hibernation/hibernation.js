// Hibernating WebSockets of Durable Objects: the methods of `ctx`, and the events that sockets are for their object.
import assert from "node:assert";
import { DurableObject } from "cloudflare:workers";

const pair = () => Object.values(new WebSocketPair());
const throws = (fn, message, name = "Error") => assert.throws(fn, { name, message });
const PAIR = "WebSocketRequestResponsePair";
const UNACCEPTED = "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";

export class Room extends DurableObject {
  log = [];

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/socket") {
      const [client, server] = pair();
      this.ctx.acceptWebSocket(server, searchParams.getAll("tag"));
      server.name = searchParams.get("name");
      server.serializeAttachment({ name: server.name });
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response("?", { status: 404 });
  }

  run(name) {
    return methods[name].call(this, this.ctx);
  }

  take() {
    return this.log.splice(0);
  }

  count(tag) {
    return this.ctx.getWebSockets(tag).length;
  }

  answerAutomatically(request, response) {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(request, response));
  }

  answeredAt() {
    return this.ctx.getWebSockets().map((socket) => this.ctx.getWebSocketAutoResponseTimestamp(socket));
  }

  broadcast(text, code) {
    for (const socket of this.ctx.getWebSockets()) {
      socket.send(text);
      if (code !== undefined) socket.close(code, "from the object");
    }
  }

  async webSocketMessage(socket, message, ...more) {
    const { length } = this.log;
    this.log.push([
      "message",
      typeof message === "string" ? message : `${message.constructor.name} ${message.byteLength}`,
      socket.name,
      socket.readyState,
      this.ctx.getWebSockets().includes(socket),
      this.ctx.getTags(socket),
      socket.deserializeAttachment(),
      more.length,
    ]);
    if (message === "throw") throw new Error("thrown by the handler");
    if (message === "slow") {
      await scheduler.wait(5);
      this.log.push(["slow is over"]);
    }
    if (message === "block") {
      this.ctx.blockConcurrencyWhile(async () => {
        this.log.push(["blocked"]);
        await scheduler.wait(5);
        this.log.push(["unblocked"]);
      });
    }
    if (message === "abort") this.ctx.abort("aborted by the handler");
    if (message === "close") {
      socket.close(4000, "asked to");
      throws(() => socket.send("late"), "Can't call WebSocket send() after close().", "TypeError");
    }
    if (message === "write") {
      await this.ctx.storage.put("key", "value");
      socket.send("written");
      return;
    }
    if (message !== "close") socket.send(`${message} ${length}`);
  }

  async webSocketClose(socket, ...args) {
    this.log.push([
      "close",
      ...args,
      socket.name,
      socket.readyState,
      this.ctx.getWebSockets().includes(socket),
      this.ctx.getTags(socket),
      socket.deserializeAttachment(),
    ]);
    await null;
    this.log.push(["still found", this.ctx.getWebSockets().includes(socket)]);
    await scheduler.wait(1);
    this.log.push(["still found", this.ctx.getWebSockets().includes(socket), socket.readyState]);
    if (socket.readyState === WebSocket.CLOSED || args[0] === 1006) return;
    socket.send("last words");
    socket.close(args[0] === 1005 ? 1000 : args[0], "answered");
    assert.strictEqual(socket.readyState, WebSocket.CLOSED);
    throws(() => socket.send("late"), "Can't call WebSocket send() after close().", "TypeError");
  }
}

/** Has no handlers. */
export class Silent extends DurableObject {
  async fetch() {
    const [client, server] = pair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
  count() {
    return this.ctx.getWebSockets().length;
  }
}

/** What runs inside of an object. */
const methods = {
  refused(ctx) {
    const notASocket = "Failed to execute 'acceptWebSocket' on 'DurableObjectState': parameter 1 is not of type 'WebSocket'.";
    for (const value of [undefined, "x", {}, null]) throws(() => ctx.acceptWebSocket(value), notASocket, "TypeError");
    throws(() => ctx.acceptWebSocket(), notASocket, "TypeError");
    const notAnArray = "Failed to execute 'acceptWebSocket' on 'DurableObjectState': parameter 2 is not of type 'Array'.";
    for (const tags of ["tag", null, new Set(["tag"]), { length: 1, 0: "tag" }]) {
      throws(() => ctx.acceptWebSocket(pair()[1], tags), notAnArray, "TypeError");
    }
    const acceptedText = "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`";
    const pairText = "Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted " +
      "or used in a Response.";
    {
      const [, socket] = pair();
      socket.accept();
      throws(() => ctx.acceptWebSocket(socket), acceptedText);
      throws(() => ctx.getTags(socket), "only hibernatable websockets can have tags.");
    }
    {
      const [other, socket] = pair();
      other.accept();
      throws(() => ctx.acceptWebSocket(socket), pairText);
      throws(() => ctx.getTags(socket), "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.");
    }
    {
      const [other, socket] = pair();
      ctx.acceptWebSocket(socket);
      throws(() => ctx.acceptWebSocket(socket), acceptedText);
      throws(() => socket.accept(), "Can't accept() WebSocket after enabling hibernation.", "TypeError");
      throws(() => ctx.acceptWebSocket(other), pairText);
      other.accept();
      assert.deepStrictEqual([socket.readyState, other.readyState], [1, 1]);
    }
    throws(
      () => ctx.getTags({}),
      "Failed to execute 'getTags' on 'DurableObjectState': parameter 1 is not of type 'WebSocket'.",
      "TypeError",
    );
    assert.throws(() => (0, ctx.acceptWebSocket)(pair()[1]), { name: "TypeError", message: /Illegal invocation/ });
  },

  tags(ctx) {
    const tagsOf = (tags) => {
      const [, socket] = pair();
      ctx.acceptWebSocket(socket, tags);
      return ctx.getTags(socket);
    };
    assert.deepStrictEqual(tagsOf(undefined), []);
    assert.deepStrictEqual(tagsOf(["z", "a", "z", "m", "a"]), ["z", "a", "m"]);
    assert.deepStrictEqual(tagsOf([1, true, null, undefined, {}]), ["1", "true", "null", "undefined", "[object Object]"]);
    assert.deepStrictEqual(tagsOf([""]), [""]);
    const ten = [..."0123456789"];
    assert.deepStrictEqual(tagsOf(ten), ten);
    const tooMany = "a Hibernatable WebSocket cannot have more than 10 tags";
    throws(() => tagsOf([...ten, "x"]), tooMany);
    throws(() => tagsOf([...ten, "0"]), tooMany);
    assert.strictEqual(tagsOf(["x".repeat(256)])[0].length, 256);
    assert.strictEqual(tagsOf(["\u00e9".repeat(128)])[0].length, 128);
    for (const tag of ["x".repeat(257), "\u00e9".repeat(129)]) {
      throws(() => tagsOf([tag]), `"${tag}" is longer than the max tag length (256 characters).`);
    }
    const [, refused] = pair();
    throws(() => ctx.acceptWebSocket(refused, [...ten, "x"]), tooMany);
    throws(() => refused.send("x"), UNACCEPTED, "TypeError");
    refused.accept();
    const own = tagsOf(["own"]);
    own.push("changed");
    assert.deepStrictEqual(ctx.getTags(ctx.getWebSockets("own")[0]), ["own"]);
    assert.strictEqual(ctx.getWebSockets(null).length, 1);
    assert.strictEqual(ctx.getWebSockets(1).length, 2);
    assert.strictEqual(ctx.getWebSockets("nobody").length, 0);
    assert.strictEqual(ctx.getWebSockets("").length, 1);
  },

  order(ctx) {
    const sockets = [0, 1, 2].map((number) => {
      const { 1: socket } = new WebSocketPair();
      ctx.acceptWebSocket(socket, number === 1 ? [] : ["even"]);
      return socket;
    });
    const numbers = (found) => found.map((socket) => sockets.indexOf(socket));
    assert.deepStrictEqual(numbers(ctx.getWebSockets()), [2, 1, 0]);
    assert.deepStrictEqual(numbers(ctx.getWebSockets(undefined)), [2, 1, 0]);
    assert.deepStrictEqual(numbers(ctx.getWebSockets("even")), [0, 2]);
    assert.notStrictEqual(ctx.getWebSockets(), ctx.getWebSockets());
    sockets[1].close(1000);
    assert.deepStrictEqual([sockets[1].readyState, ctx.getWebSockets().length], [WebSocket.CLOSING, 3]);
  },

  pairs(ctx) {
    const Pair = WebSocketRequestResponsePair;
    throws(
      () => Pair("a", "b"),
      `Failed to construct '${PAIR}': Please use the 'new' operator, this object constructor cannot be called as a function.`,
      "TypeError",
    );
    throws(() => new Pair(), `Failed to construct '${PAIR}': constructor parameter 1 is not of type 'string'.`, "TypeError");
    throws(() => new Pair("a"), `Failed to construct '${PAIR}': constructor parameter 2 is not of type 'string'.`, "TypeError");
    const made = new Pair(1, null);
    assert.deepStrictEqual([made.request, made.response, Object.keys(made)], ["1", "null", []]);
    const tag = Cloudflare.compatibilityFlags.set_tostring_tag ? PAIR : "Object";
    assert.deepStrictEqual([`${made}`, JSON.stringify(made)], [`[object ${tag}]`, "{}"]);
    assert.deepStrictEqual([Pair.name, Pair.length], [PAIR, 0]);
    assert.throws(() => { made.request = "x"; }, { name: "TypeError" });

    assert.strictEqual(ctx.getWebSocketAutoResponse(), null);
    for (const value of [null, { request: "a", response: "b" }, "a"]) {
      throws(
        () => ctx.setWebSocketAutoResponse(value),
        `Failed to execute 'setWebSocketAutoResponse' on 'DurableObjectState': parameter 1 is not of type '${PAIR}'.`,
        "TypeError",
      );
    }
    const tooLarge = (what, size) => `${what} cannot be larger than 2048 bytes. A ${what.toLowerCase()} of size ${size} was provided.`;
    throws(() => ctx.setWebSocketAutoResponse(new Pair("a".repeat(2049), "b")), tooLarge("Request", 2049), "RangeError");
    throws(() => ctx.setWebSocketAutoResponse(new Pair("\u00e9".repeat(1025), "b")), tooLarge("Request", 2050), "RangeError");
    throws(() => ctx.setWebSocketAutoResponse(new Pair("a", "b".repeat(2049))), tooLarge("Response", 2049), "RangeError");
    const kept = new Pair("a".repeat(2048), "b".repeat(2048));
    ctx.setWebSocketAutoResponse(kept);
    const found = ctx.getWebSocketAutoResponse();
    assert.deepStrictEqual([found instanceof Pair, found === kept, found.request.length], [true, false, 2048]);
    ctx.setWebSocketAutoResponse();
    assert.strictEqual(ctx.getWebSocketAutoResponse(), null);
    assert.strictEqual(ctx.getWebSocketAutoResponseTimestamp(pair()[1]), null);
    throws(
      () => ctx.getWebSocketAutoResponseTimestamp({}),
      "Failed to execute 'getWebSocketAutoResponseTimestamp' on 'DurableObjectState': parameter 1 is not of type 'WebSocket'.",
      "TypeError",
    );
  },

  timeouts(ctx) {
    const set = (value) => {
      ctx.setHibernatableWebSocketEventTimeout(value);
      return ctx.getHibernatableWebSocketEventTimeout();
    };
    assert.strictEqual(ctx.getHibernatableWebSocketEventTimeout(), null);
    assert.deepStrictEqual([604_800_000, "12", 1.7].map(set), [604_800_000, 12, 1]);
    for (const value of [0, undefined, null]) {
      set(5);
      assert.strictEqual(set(value), null);
    }
    throws(() => set(604_800_001), "Event timeout should not exceed 604800000 ms.");
    throws(() => set(-1), "The value cannot be converted because it is negative and this API expects a positive number.", "TypeError");
    throws(() => set("x"), "The value cannot be converted because it is not an integer.", "TypeError");
    throws(() => set(NaN), "The value cannot be converted because it is not an integer.", "TypeError");
    throws(() => set(2 ** 32), "Value out of range. Must be less than or equal to 4294967295.", "TypeError");
  },

  attachments(ctx) {
    const [, socket] = pair();
    const both = (run) => {
      run();
      if (socket.readyState === WebSocket.OPEN && !ctx.getWebSockets().includes(socket)) ctx.acceptWebSocket(socket);
      run();
    };
    assert.strictEqual(socket.deserializeAttachment(), null);
    both(() => {
      const value = { list: [1, 2n], map: new Map([["a", new Date(5)]]), bytes: new Uint8Array([1]), error: new RangeError("x") };
      socket.serializeAttachment(value);
      value.list.push(3);
      const found = socket.deserializeAttachment();
      assert.deepStrictEqual([found.list, found.map.get("a").getTime(), found.bytes[0], found.error.name], [[1, 2n], 5, 1, "RangeError"]);
      assert.notStrictEqual(socket.deserializeAttachment(), socket.deserializeAttachment());
      throws(
        () => socket.serializeAttachment("x".repeat(16384)),
        "A WebSocket 'attachment' cannot be larger than 16384 bytes.'attachment' was 16390 bytes.",
      );
      throws(() => socket.serializeAttachment(() => 1), "() => 1 could not be cloned.", "DataCloneError");
      assert.strictEqual(socket.deserializeAttachment().bytes[0], 1);
      socket.serializeAttachment("x".repeat(16377));
      assert.strictEqual(socket.deserializeAttachment().length, 16377);
      socket.serializeAttachment(undefined);
      assert.strictEqual(socket.deserializeAttachment(), undefined);
    });
    throws(
      () => socket.serializeAttachment(),
      "Failed to execute 'serializeAttachment' on 'WebSocket': parameter 1 is not of type 'JsValue'.",
      "TypeError",
    );
  },

  shape(ctx) {
    const { acceptWebSocket, getWebSockets, getTags } = ctx;
    assert.deepStrictEqual([acceptWebSocket.length, getWebSockets.length, getTags.length, getTags.name], [0, 0, 0, "getTags"]);
    const [, socket] = pair();
    ctx.acceptWebSocket(socket);
    assert.deepStrictEqual([socket.url, socket.protocol, socket.extensions], [null, "", ""]);
    assert.deepStrictEqual(
      Object.getOwnPropertyNames(Object.getPrototypeOf(ctx)).filter((name) => /socket|tags/i.test(name)),
      [
        "acceptWebSocket",
        "getWebSockets",
        "setWebSocketAutoResponse",
        "getWebSocketAutoResponse",
        "getWebSocketAutoResponseTimestamp",
        "setHibernatableWebSocketEventTimeout",
        "getHibernatableWebSocketEventTimeout",
        "getTags",
      ],
    );
  },
};

const room = (env, name) => env.ROOMS.get(env.ROOMS.idFromName(name));
const inRoom = (name) => ({
  async test(_, env) {
    await room(env, name).run(name);
  },
});

export const refused = inRoom("refused");
export const tags = inRoom("tags");
export const order = inRoom("order");
export const pairs = inRoom("pairs");
export const timeouts = inRoom("timeouts");
export const attachments = inRoom("attachments");
export const shape = inRoom("shape");

/** A client of a room, whose messages and close can be waited for. */
async function enter(stub, query) {
  const response = await stub.fetch(`http://room/socket?${query}`, { headers: { upgrade: "websocket" } });
  const socket = response.webSocket;
  assert.strictEqual(response.status, 101);
  const said = [];
  let wake = () => {};
  const note = (what) => {
    said.push(what);
    wake();
  };
  socket.addEventListener("message", ({ data }) => note(data));
  socket.addEventListener("close", ({ code, reason, wasClean }) => note({ code, reason, wasClean }));
  socket.accept({ allowHalfOpen: true });
  const next = async () => {
    while (said.length === 0) await new Promise((resolve) => (wake = resolve));
    return said.shift();
  };
  return { socket, next };
}

export const messages = {
  async test(_, env) {
    const stub = room(env, "messages");
    const { socket, next } = await enter(stub, "name=first&tag=x&tag=y");
    socket.send("hello");
    socket.send(new Uint8Array([1, 2, 3]));
    socket.send("");
    assert.deepStrictEqual([await next(), await next(), await next()], ["hello 0", "[object ArrayBuffer] 1", " 2"]);
    const logged = (what) => ["message", what, "first", 1, true, ["x", "y"], { name: "first" }, 0];
    assert.deepStrictEqual(await stub.take(), [logged("hello"), logged("ArrayBuffer 3"), logged("")]);
    assert.deepStrictEqual([await stub.count(), await stub.count("x"), await stub.count("z")], [1, 1, 0]);
    socket.send("throw");
    socket.send("after");
    assert.strictEqual(await next(), "after 1");
    socket.send("write");
    assert.strictEqual(await next(), "written");
    socket.close(1000);
  },
};

export const aHandlerThatWaitsLetsOthersIn = {
  async test(_, env) {
    const stub = room(env, "slow");
    const { socket, next } = await enter(stub, "name=slow");
    for (const text of ["slow", "one", "two"]) socket.send(text);
    assert.deepStrictEqual([await next(), await next(), await next()], ["one 1", "two 2", "slow 0"]);
    assert.deepStrictEqual((await stub.take()).map((entry) => entry[1] ?? entry[0]), ["slow", "one", "two", "slow is over"]);
    socket.close(1000);
  },
};

export const messagesWaitForACriticalSection = {
  async test(_, env) {
    const stub = room(env, "block");
    const { socket, next } = await enter(stub, "name=block");
    for (const text of ["block", "one", "two"]) socket.send(text);
    assert.deepStrictEqual([await next(), await next(), await next()], ["block 0", "one 3", "two 4"]);
    assert.deepStrictEqual(
      (await stub.take()).map((entry) => entry[1] ?? entry[0]),
      ["block", "blocked", "unblocked", "one", "two"],
    );
    socket.close(1000);
  },
};

export const closeOfTheClient = {
  async test(_, env) {
    const stub = room(env, "client closes");
    const { socket, next } = await enter(stub, "name=first&tag=x");
    socket.close(4001, "enough");
    assert.strictEqual(await next(), "last words");
    assert.deepStrictEqual(await next(), { code: 4001, reason: "answered", wasClean: true });
    assert.deepStrictEqual(await stub.take(), [
      ["close", 4001, "enough", true, "first", 2, true, ["x"], { name: "first" }],
      ["still found", true],
      ["still found", false, 2],
    ]);
    assert.strictEqual(await stub.count(), 0);
  },
};

export const closeWithoutACode = {
  async test(_, env) {
    const stub = room(env, "no code");
    const { socket, next } = await enter(stub, "name=first");
    socket.close();
    assert.strictEqual(await next(), "last words");
    assert.deepStrictEqual(await next(), { code: 1000, reason: "answered", wasClean: true });
    assert.deepStrictEqual((await stub.take())[0], ["close", 1005, "", true, "first", 2, true, [], { name: "first" }]);
  },
};

export const closeOfTheObject = {
  async test(_, env) {
    const stub = room(env, "object closes");
    const { socket, next } = await enter(stub, "name=first&tag=x");
    socket.send("close");
    assert.deepStrictEqual(await next(), { code: 4000, reason: "asked to", wasClean: true });
    assert.strictEqual(await stub.count(), 1, "the client has not answered");
    socket.close(4002, "goodbye");
    let log = [];
    while (log.length < 4) {
      await scheduler.wait(1);
      log = [...log, ...await stub.take()];
    }
    assert.deepStrictEqual(log.slice(1), [
      ["close", 4002, "goodbye", true, "first", 3, true, ["x"], { name: "first" }],
      ["still found", true],
      ["still found", false, 3],
    ]);
    assert.strictEqual(await stub.count(), 0);
  },
};

export const broadcast = {
  async test(_, env) {
    const stub = room(env, "broadcast");
    const clients = await Promise.all([1, 2, 3].map((name) => enter(stub, `name=${name}`)));
    await stub.broadcast("to all");
    await stub.broadcast("bye", 1000);
    for (const { socket, next } of clients) {
      assert.deepStrictEqual([await next(), await next()], ["to all", "bye"]);
      assert.deepStrictEqual(await next(), { code: 1000, reason: "from the object", wasClean: true });
      socket.close(1000);
    }
  },
};

export const automaticResponses = {
  async test(_, env) {
    const stub = room(env, "automatic");
    const { socket, next } = await enter(stub, "name=first");
    assert.deepStrictEqual(await stub.answeredAt(), [null]);
    await stub.answerAutomatically("ping", "pong");
    socket.send("before");
    socket.send("ping");
    socket.send(new TextEncoder().encode("ping"));
    assert.deepStrictEqual([await next(), await next(), await next()], ["before 0", "pong", "[object ArrayBuffer] 1"]);
    assert.deepStrictEqual((await stub.take()).map((entry) => entry[1]), ["before", "ArrayBuffer 4"]);
    const [at] = await stub.answeredAt();
    assert.ok(at instanceof Date && Date.now() - at < 60_000, `${at}`);
    socket.close(1000);
  },
};

export const abortLosesTheSockets = {
  async test(_, env) {
    const { socket, next } = await enter(room(env, "abort"), "name=first");
    socket.send("abort");
    const { code, wasClean } = await next();
    assert.deepStrictEqual({ code, wasClean }, { code: 1006, wasClean: false });
    const stub = room(env, "abort");
    assert.deepStrictEqual([await stub.count(), await stub.take()], [0, []]);
  },
};

export const aClassWithoutHandlers = {
  async test(_, env) {
    const stub = env.SILENT.get(env.SILENT.idFromName("silent"));
    const { socket } = await enter(stub, "");
    assert.strictEqual(await stub.count(), 1);
    socket.send("for nobody");
    socket.close(1000);
    while (await stub.count() > 0) await scheduler.wait(1);
  },
};
