// Messages as streams, to Node's documentation. Production's own tests of it cannot be these: its responses say that
// they are closed when the first byte is written, so that what is piped into one stops there, and a client whose
// connection fails is told so on the console only.
import assert from "node:assert";
import http from "node:http";
import { finished, pipeline, Readable, Transform } from "node:stream";
import { pipeline as pipelined } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { handleAsNodeRequest } from "cloudflare:node";

let last = 50000;

async function respond(handler, init) {
  const port = ++last;
  const server = http.createServer(handler).listen(port);
  try {
    return await handleAsNodeRequest(port, new Request("http://h.example/", init));
  } finally {
    server.close();
  }
}

export const pipingIntoAResponse = {
  async test() {
    const response = await respond((_, answer) => { Readable.from(["a", "b", "c"]).pipe(answer); });
    assert.strictEqual(await response.text(), "abc");
  },
};

export const pipelinesIntoAResponse = {
  async test() {
    let done;
    const response = await respond((request, answer) => {
      const upper = new Transform({ transform: (chunk, _, next) => next(null, String(chunk).toUpperCase()) });
      done = new Promise((resolve, reject) => pipeline(request, upper, answer, (error) => error ? reject(error) : resolve()));
    }, { method: "POST", body: "loud" });
    assert.strictEqual(await response.text(), "LOUD");
    await done;
  },
};

export const pipelinesAsPromises = {
  async test() {
    let done;
    const response = await respond((_, answer) => {
      done = pipelined(Readable.from([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2)]), answer);
    });
    assert.strictEqual((await response.arrayBuffer()).byteLength, 140_000);
    await done;
  },
};

export const theEndOfAResponse = {
  async test() {
    let done;
    const response = await respond(async (_, answer) => {
      done = new Promise((resolve, reject) => finished(answer, (error) => error ? reject(error) : resolve()));
      answer.write("a");
      await scheduler.wait(1);
      answer.end("b");
    });
    assert.strictEqual(await response.text(), "ab");
    await done;
  },
};

export const closeComesAfterTheLastByte = {
  async test() {
    const events = [];
    const response = await respond(async (_, answer) => {
      for (const name of ["finish", "close"]) answer.on(name, () => events.push(name));
      answer.write("a");
      await scheduler.wait(1);
      assert.deepStrictEqual([events, answer.closed], [[], false]);
      answer.end("b");
    });
    assert.strictEqual(await response.text(), "ab");
    assert.deepStrictEqual(events, ["finish", "close"]);
  },
};

export const aReaderThatLeaves = {
  async test() {
    let closed;
    const response = await respond((_, answer) => {
      closed = new Promise((resolve) => answer.on("close", resolve));
      answer.write("a");
    });
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel("enough");
    await closed;
  },
};

export const backpressureOfARequest = {
  async test() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    (async () => {
      for (let n = 0; n < 20; n++) await writer.write(new Uint8Array(50_000).fill(n));
      await writer.close();
    })();
    const response = await respond(async (request, answer) => {
      let sum = 0;
      for await (const chunk of request) {
        await scheduler.wait(0);
        sum += chunk.length;
      }
      answer.end(String(sum));
    }, { method: "POST", body: readable });
    assert.strictEqual(await response.text(), "1000000");
  },
};

export const aBodyThatFails = {
  async test() {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("broken")) });
    const response = await respond((request, answer) => {
      request.on("error", (error) => answer.end(error.message));
      request.resume();
    }, { method: "POST", body });
    assert.strictEqual(await response.text(), "broken");
  },
};

export const connectionsThatFail = {
  async test() {
    const request = http.get("http://127.0.0.1:1/");
    const closed = new Promise((resolve) => request.on("close", resolve));
    const error = await new Promise((resolve) => request.on("error", resolve));
    assert.ok(error instanceof Error);
    await closed;
  },
};

export const destroyingARequestUnderWay = {
  async test() {
    const request = http.get("http://slow.example/");
    request.on("finish", () => setTimeout(() => request.destroy(), 1));
    const error = await new Promise((resolve) => request.on("error", resolve));
    assert.deepStrictEqual([error.code, error.message], ["ECONNRESET", "socket hang up"]);
  },
};

export const destroyingItForAReason = {
  async test() {
    const mine = new Error("too slow");
    const request = http.get("http://slow.example/", { timeout: 2 });
    request.on("timeout", () => request.destroy(mine));
    assert.strictEqual(await new Promise((resolve) => request.on("error", resolve)), mine);
  },
};

export const signalsThatFireUnderWay = {
  async test() {
    const controller = new AbortController();
    const request = http.get("http://slow.example/", { signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    const error = await new Promise((resolve) => request.on("error", resolve));
    assert.deepStrictEqual([error.name, error.code], ["AbortError", "ABORT_ERR"]);
  },
};

export const responsesThatNobodyReads = {
  async test() {
    const request = http.get("http://quick.example/");
    await new Promise((resolve) => request.on("close", resolve));
  },
};

export const closeOfAReadResponse = {
  async test() {
    const events = [];
    const request = http.get("http://quick.example/");
    const closed = new Promise((resolve) => request.on("close", resolve));
    const message = await new Promise((resolve) => request.on("response", resolve));
    message.on("close", () => events.push("close"));
    assert.strictEqual(await text(message), "quick");
    await closed;
    assert.deepStrictEqual(events, ["close"]);
  },
};
