// Requests as a server's handler sees them.
import assert from "node:assert";
import http from "node:http";
import { handleAsNodeRequest } from "cloudflare:node";

let last = 20000;

/** What `look` says of a request that a server got. */
async function seen(request, look, options = {}) {
  const port = ++last;
  const server = http.createServer(options).listen(port);
  const result = new Promise((resolve, reject) => {
    server.on("request", async (message, response) => {
      try {
        resolve(await look(message, response));
      } catch (error) {
        reject(error);
      }
      response.end();
    });
  });
  await handleAsNodeRequest(port, request, { env: 1 }, { ctx: 1 });
  server.close();
  return await result;
}

const text = (message) => new Promise((resolve, reject) => {
  let all = "";
  message.setEncoding("utf8");
  message.on("data", (chunk) => (all += chunk)).on("end", () => resolve(all)).on("error", reject);
});

export const methodAndUrl = {
  async test() {
    const request = new Request("http://h.example:81/%7Ea b?x=%20y#fragment", { method: "PATCH" });
    await seen(request, (message) => {
      assert.strictEqual(message.method, "PATCH");
      assert.strictEqual(message.url, "/%7Ea%20b?x=%20y");
    });
  },
};

export const versionsAndStatus = {
  async test() {
    await seen(new Request("http://h.example/"), (message) => {
      assert.strictEqual(message.httpVersion, "1.1");
      assert.deepStrictEqual([message.httpVersionMajor, message.httpVersionMinor], [1, 1]);
      assert.deepStrictEqual([message.statusCode, message.statusMessage], [null, null]);
      assert.deepStrictEqual([message.aborted, message.complete, message.joinDuplicateHeaders], [false, false, false]);
    });
  },
};

export const headersInAllForms = {
  async test() {
    const headers = [["X-A", "1"], ["x-a", "2"], ["Set-Cookie", "c=1"], ["set-cookie", "d=2"], ["Age", "5"]];
    await seen(new Request("http://h.example/", { headers }), (message) => {
      assert.deepStrictEqual(message.headers, { age: "5", "set-cookie": ["c=1", "d=2"], "x-a": "1, 2" });
      assert.deepStrictEqual(message.headersDistinct, { age: ["5"], "set-cookie": ["c=1", "d=2"], "x-a": ["1, 2"] });
      assert.deepStrictEqual(message.rawHeaders, ["age", "5", "set-cookie", "c=1", "set-cookie", "d=2", "x-a", "1, 2"]);
      assert.strictEqual(message.headers, message.headers);
    });
  },
};

// Node takes the first of several; a Request has joined them already.
export const headersThatCannotRepeat = {
  async test() {
    const headers = {
      "content-type": "a/b, c/d", "user-agent": '"a, b" c, d', authorization: "a, b", referer: "http://x/?a,b",
      accept: "a, b", "if-none-match": '"a", "b"',
    };
    await seen(new Request("http://h.example/", { headers }), (message) => {
      assert.deepStrictEqual(message.headers, {
        accept: "a, b", authorization: "a", "content-type": "a/b", "if-none-match": '"a", "b"', referer: "http://x/?a",
        "user-agent": '"a, b" c',
      });
    });
  },
};

export const theWorkersOwn = {
  async test() {
    const request = new Request("http://h.example/", { cf: { country: "XX" } });
    await seen(request, (message) => {
      assert.deepStrictEqual(message.cloudflare.env, { env: 1 });
      assert.deepStrictEqual(message.cloudflare.ctx, { ctx: 1 });
      assert.strictEqual(message.cloudflare.cf.country, "XX");
    });
  },
};

export const whatThereIsOfASocket = {
  async test() {
    const headers = { "cf-connecting-ip": "::1", "x-forwarded-proto": "https", host: "some.example" };
    await seen(new Request("http://h.example/", { headers }), (message, response) => {
      const { socket } = message;
      assert.strictEqual(socket, message.connection);
      assert.strictEqual(socket.encrypted, true);
      assert.strictEqual(socket.remoteAddress, "::1");
      assert.strictEqual(socket.remoteFamily, "IPv6");
      assert.ok(socket.remotePort >= 32768 && socket.remotePort < 65536);
      assert.strictEqual(socket.localAddress, "some.example");
      assert.strictEqual(socket.localPort, last);
      assert.strictEqual(socket.readable, true);
      assert.strictEqual(typeof socket.on, "function");
      assert.strictEqual(response.socket, undefined);
    });
    await seen(new Request("http://h.example/"), ({ socket }) => {
      assert.strictEqual(socket.encrypted, false);
      assert.strictEqual(socket.remoteAddress, "127.0.0.1");
      assert.strictEqual(socket.remoteFamily, "IPv4");
    });
  },
};

export const theSocketOfADestroyedRequest = {
  async test() {
    await seen(new Request("http://h.example/"), (message) => {
      const { socket } = message;
      message.on("error", () => {});
      assert.strictEqual(socket.destroy(), message);
      assert.strictEqual(message.destroyed, true);
      assert.strictEqual(socket.remoteAddress, undefined);
      assert.strictEqual(socket.remotePort, undefined);
    });
  },
};

export const theBodyByEvents = {
  async test() {
    const request = new Request("http://h.example/", { method: "POST", body: "h\u00e9llo" });
    await seen(request, async (message) => {
      assert.strictEqual(await text(message), "h\u00e9llo");
      assert.strictEqual(message.complete, true);
      assert.strictEqual(message.readableEnded, true);
    });
  },
};

export const theBodyByIteration = {
  async test() {
    const request = new Request("http://h.example/", { method: "PUT", body: new Uint8Array(200_000).fill(7) });
    await seen(request, async (message) => {
      let length = 0;
      for await (const chunk of message) {
        assert.ok(Buffer.isBuffer(chunk));
        assert.ok(chunk.every((byte) => byte === 7));
        length += chunk.length;
      }
      assert.strictEqual(length, 200_000);
    });
  },
};

export const theBodyByReading = {
  async test() {
    const request = new Request("http://h.example/", { method: "POST", body: "abcdef" });
    await seen(request, async (message) => {
      await new Promise((resolve) => message.once("readable", resolve));
      assert.strictEqual(String(message.read(2)), "ab");
      assert.strictEqual(String(message.read()), "cdef");
    });
  },
};

export const aStreamedBody = {
  async test() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const request = new Request("http://h.example/", { method: "POST", body: readable });
    const done = seen(request, (message) => text(message));
    await writer.write(new TextEncoder().encode("one "));
    await writer.write(new TextEncoder().encode("two"));
    await writer.close();
    assert.strictEqual(await done, "one two");
  },
};

export const noBodyEndsAtOnce = {
  async test() {
    await seen(new Request("http://h.example/"), async (message) => {
      assert.strictEqual(await text(message), "");
      assert.strictEqual(message.complete, true);
    });
  },
};

export const pipingIt = {
  async test() {
    const port = ++last;
    const server = http.createServer((message, response) => message.pipe(response)).listen(port);
    const answer = await handleAsNodeRequest(port, new Request("http://h.example/", { method: "POST", body: "piped" }));
    assert.strictEqual(await answer.text(), "piped");
    server.close();
  },
};

export const destroying = {
  async test() {
    await seen(new Request("http://h.example/"), async (message) => {
      const events = [];
      const closed = new Promise((resolve) => message.on("close", resolve));
      message.on("aborted", () => events.push("aborted"));
      message.on("error", () => events.push("error"));
      message.destroy();
      assert.strictEqual(message.aborted, true);
      await closed;
      assert.deepStrictEqual(events, ["aborted"]);
    });
  },
};

export const destroyingWithAnError = {
  async test() {
    await seen(new Request("http://h.example/"), async (message) => {
      const failed = new Promise((resolve) => message.on("error", resolve));
      const mine = new Error("mine");
      message.destroy(mine);
      assert.strictEqual(await failed, mine);
    });
  },
};

export const anErrorThatNobodyListensTo = {
  async test() {
    await seen(new Request("http://h.example/"), async (message) => {
      const closed = new Promise((resolve) => message.on("close", resolve));
      message.destroy(new Error("mine"));
      await closed;
    });
  },
};

export const dumping = {
  async test() {
    const request = new Request("http://h.example/", { method: "POST", body: "abc" });
    await seen(request, async (message) => {
      message.on("data", () => assert.fail("it was dumped"));
      const ended = new Promise((resolve) => message.on("end", resolve));
      message._dump();
      await ended;
      assert.strictEqual(message._dumped, true);
    });
  },
};

export const trailersAreNone = {
  test() {
    const message = new http.IncomingMessage();
    message.trailers = { a: "b" };
    message.trailersDistinct = { a: ["b"] };
    assert.deepStrictEqual(message.trailers, {});
    assert.deepStrictEqual(message.trailersDistinct, {});
  },
};

export const linesOfHeaders = {
  test() {
    const message = new http.IncomingMessage();
    message._addHeaderLines(["Host", "a", "Host", "b", "X-A", "1", "x-a", "2", "Cookie", "a", "cookie", "b", "Set-Cookie", "c"], 14);
    assert.deepStrictEqual(message.headers, { host: "a", "x-a": "1, 2", cookie: "a; b", "set-cookie": ["c"] });
    assert.deepStrictEqual(message.headersDistinct, {
      host: ["a", "b"], "x-a": ["1", "2"], cookie: ["a", "b"], "set-cookie": ["c"],
    });
  },
};

export const joiningDuplicates = {
  test() {
    const message = new http.IncomingMessage();
    message.joinDuplicateHeaders = true;
    message._addHeaderLines(["Host", "a", "Host", "b", "authorization", "c", "Authorization", "d"], 8);
    assert.deepStrictEqual(message.headers, { host: "a, b", authorization: "c, d" });
  },
};

export const namesWithOneValue = {
  test() {
    const once = [
      "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since",
      "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer",
      "retry-after", "server", "user-agent",
    ];
    const many = ["accept", "cache-control", "date", "vary", "via", "x-forwarded-for", "if-match", "transfer-encoding"];
    for (const name of [...once, ...many]) {
      const message = new http.IncomingMessage();
      message._addHeaderLines([name.toUpperCase(), "1", name, "2"], 4);
      assert.strictEqual(message.headers[name], once.includes(name) ? "1" : "1, 2", name);
    }
  },
};

export const settingThem = {
  test() {
    const message = new http.IncomingMessage();
    message.headers = { a: "b" };
    message.headersDistinct = { a: ["b"] };
    assert.deepStrictEqual(message.headers, { a: "b" });
    assert.deepStrictEqual(message.headersDistinct, { a: ["b"] });
    message.connection = "c";
    assert.strictEqual(message.socket, "c");
    assert.throws(() => { message.socket = 5; }, TypeError);
  },
};
