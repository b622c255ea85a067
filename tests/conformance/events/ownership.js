// What one event has made, another may not use for I/O.
import { rejects, strictEqual, throws } from "node:assert";
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

const FOREIGN = "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response " +
  "bodies, and others) created in the context of one request handler cannot be accessed from a different request's " +
  "handler. This is a limitation of Cloudflare Workers which allows us to improve overall performance.";
const foreign = (type) => ({ name: "Error", message: `${FOREIGN} (I/O type: ${type})` });

class Target extends RpcTarget {
  hello() {
    return "hello";
  }
}

export class Called extends WorkerEntrypoint {
  target() {
    return new Target();
  }
}

/** What another event has left behind. */
const left = {};

const makes = {
  async request(request) {
    left.request = request;
  },
  async response() {
    left.response = new Response("text");
  },
  async json() {
    left.json = Response.json({ a: 1 });
  },
  async empty() {
    left.empty = new Response(null);
  },
  async posted() {
    left.posted = new Request("http://x/", { method: "POST", body: "text" });
  },
  async fetched(_, env) {
    left.fetched = await env.SELF.fetch("http://x/nothing");
  },
  async standard() {
    left.readable = new ReadableStream({ pull: (controller) => controller.enqueue("chunk") }, { highWaterMark: 0 });
    left.chunks = [];
    left.writable = new WritableStream({ write: (chunk) => void left.chunks.push(chunk) });
  },
  async socket() {
    left.pair = new WebSocketPair();
    left.pair[0].accept();
  },
  async stub(_, env, ctx) {
    left.stub = await env.CALLED.target();
    ctx.waitUntil(new Promise((resolve) => (left.done = resolve)));
    ctx.waitUntil(scheduler.wait(300));
  },
  async timer() {
    left.timer = setTimeout(() => {}, 60000);
  },
  async signal() {
    left.controller = new AbortController();
  },
  async ctx(_, __, ctx) {
    left.ctx = ctx;
  },
  async binding(_, env) {
    left.binding = env.SELF;
  },
  async stream(request) {
    left.stream = request.body;
  },
  async reader() {
    left.reader = new Response("text").body.getReader();
  },
  async identity() {
    left.identity = new IdentityTransformStream();
    left.writer = new IdentityTransformStream().writable.getWriter();
  },
  async nothing() {},
};

export default {
  async fetch(request, env, ctx) {
    await makes[new URL(request.url).pathname.slice(1)](request, env, ctx);
    return new Response("made");
  },
};

const another = (path, test) => ({
  async test(_, env, ctx) {
    await (await env.SELF.fetch(`http://x/${path}`, { method: "POST", body: "text", headers: { a: "b" } })).text();
    await test(env, ctx);
  },
});

export const theBodyOfARequestIsRefused = another("request", async () => {
  await rejects(async () => left.request.text(), foreign("ReadableStreamSource"));
});

export const theRestOfARequestIsNot = another("request", async () => {
  strictEqual(left.request.method, "POST");
  strictEqual(new URL(left.request.url).pathname, "/request");
  strictEqual(left.request.headers.get("a"), "b");
  strictEqual(left.request.bodyUsed, false);
});

export const theBodyOfAResponseIsRefused = another("response", async () => {
  strictEqual(left.response.status, 200);
  await rejects(async () => left.response.text(), foreign("ReadableStreamSource"));
});

export const aCloneOfAResponseIsRefused = another("response", async () => {
  throws(() => left.response.clone(), foreign("ReadableStreamSource"));
});

export const jsonIsRefused = another("json", async () => {
  await rejects(async () => left.json.json(), foreign("ReadableStreamSource"));
});

export const noBodyIsNot = another("empty", async () => {
  strictEqual(await left.empty.text(), "");
});

export const aRequestThatWasMadeIsRefused = another("posted", async () => {
  await rejects(async () => left.posted.text(), foreign("ReadableStreamSource"));
});

export const aResponseThatWasFetchedIsRefused = another("fetched", async () => {
  strictEqual(left.fetched.ok, true);
  await rejects(async () => left.fetched.text(), foreign("ReadableStreamSource"));
});

export const streamsOfTheScriptsOwnAreNot = another("standard", async () => {
  strictEqual((await left.readable.getReader().read()).value, "chunk");
  await left.writable.getWriter().write("given");
  strictEqual(left.chunks[0], "given");
});

export const aWebSocketIsRefused = another("socket", async () => {
  throws(() => left.pair[0].send("x"), foreign("Native"));
  throws(() => left.pair[0].close(), foreign("Native"));
  throws(() => left.pair[0].readyState, foreign("Native"));
  throws(() => left.pair[1].accept(), foreign("Native"));
});

export const listeningToAWebSocketIsNot = another("socket", async () => {
  left.pair[0].addEventListener("message", () => {});
  strictEqual(left.pair[0].url, null);
});

export const aStubIsRefused = another("stub", async () => {
  await rejects(async () => await left.stub.hello(), foreign("Client"));
});

export const aTimerIsNotFound = another("timer", async () => {
  strictEqual(clearTimeout(left.timer), undefined);
});

export const signalsAreNot = another("signal", async () => {
  left.controller.abort();
  strictEqual(left.controller.signal.aborted, true);
});

export const ctxWorksForWhoeverCallsIt = another("ctx", async () => {
  strictEqual(left.ctx.waitUntil(scheduler.wait(1)), undefined);
});

export const bindingsAreEverybodys = another("binding", async () => {
  strictEqual(await (await left.binding.fetch("http://x/nothing")).text(), "made");
});

/** Production names one part of a stream or another, by how it is used. */
const foreignStream = (error) => error.name === "Error" && error.message.startsWith(FOREIGN);

export const theStreamOfABodyIsRefused = another("stream", async () => {
  strictEqual(left.stream.locked, false);
  await rejects(async () => left.stream.getReader().read(), foreignStream);
});

export const aReaderOfABodyIsRefused = another("reader", async () => {
  await rejects(async () => left.reader.read(), foreignStream);
});

export const bothEndsOfAPipeAreRefused = another("identity", async () => {
  const bytes = new Uint8Array(1);
  await rejects(async () => left.identity.readable.getReader().read(), foreignStream);
  await rejects(async () => left.identity.writable.getWriter().write(bytes), foreignStream);
  await rejects(async () => left.writer.write(bytes), foreignStream);
});
