// Requests of the client, which are fetches.
import assert from "node:assert";
import http from "node:http";
import https from "node:https";
import { buffer, text } from "node:stream/consumers";

/** The response to a request, which is ended with `body`. */
const answer = (request, body) => new Promise((resolve, reject) => {
  request.on("response", resolve);
  request.on("error", reject);
  request.end(body);
});

/** What the other side got. */
const echo = async (request, body) => JSON.parse(await text(await answer(request, body)));

export const getByUrl = {
  async test() {
    const message = await new Promise((resolve) => http.get("http://h.example/p?q=1#x", resolve));
    assert.ok(message instanceof http.IncomingMessage);
    assert.strictEqual(message.statusCode, 200);
    assert.strictEqual(message.statusMessage, "OK");
    const got = JSON.parse(await text(message));
    assert.deepStrictEqual([got.method, got.url, got.body], ["GET", "http://h.example/p?q=1", ""]);
  },
};

export const byUrlObject = {
  async test() {
    const got = await echo(http.request(new URL("http://h.example:8080/a")));
    assert.strictEqual(got.url, "http://h.example:8080/a");
  },
};

export const byOptions = {
  async test() {
    const got = await echo(http.request({ hostname: "h.example", path: "/a?b=c", headers: { "X-A": "1", list: ["2", "3"], n: 4 } }));
    assert.strictEqual(got.url, "http://h.example/a?b=c");
    assert.deepStrictEqual([got.headers["x-a"], got.headers.list, got.headers.n], ["1", "2, 3", "4"]);
  },
};

export const optionsOverUrl = {
  async test() {
    const got = await echo(http.request("http://h.example/a", { path: "/over", method: "put" }), "x");
    assert.deepStrictEqual([got.method, got.url], ["PUT", "http://h.example/over"]);
  },
};

export const bodies = {
  async test() {
    const got = await echo(http.request("http://h.example/", { method: "POST", headers: { "content-type": "text/plain" } }), "hello");
    assert.deepStrictEqual([got.body, got.headers["content-length"], got.headers["content-type"]], ["hello", "5", "text/plain"]);
  },
};

export const bodiesInPieces = {
  async test() {
    const request = http.request("http://h.example/", { method: "POST" });
    const written = new Promise((resolve) => assert.strictEqual(request.write("A", resolve), true));
    request.write(Buffer.from("Z"));
    request.write("6869", "hex");
    const got = await echo(request, "B");
    assert.strictEqual(got.body, "AZhiB");
    await written;
  },
};

export const largeBodies = {
  async test() {
    const got = await echo(http.request("http://h.example/", { method: "POST" }), "x".repeat(300_000));
    assert.strictEqual(got.body.length, 300_000);
  },
};

export const bodiesByPipe = {
  async test() {
    const { Readable } = await import("node:stream");
    const request = http.request("http://h.example/", { method: "POST" });
    const got = new Promise((resolve, reject) => {
      request.on("response", (message) => text(message).then(JSON.parse).then(resolve));
      request.on("error", reject);
    });
    Readable.from([Buffer.from("pi"), Buffer.from("ped")]).pipe(request);
    assert.strictEqual((await got).body, "piped");
  },
};

export const bodiesThatAreNotSent = {
  async test() {
    const got = await echo(http.request("http://h.example/", { method: "GET" }), "ignored");
    assert.strictEqual(got.body, "");
    assert.strictEqual((await echo(http.request("http://h.example/", { method: "DELETE" }), "kept")).body, "kept");
  },
};

export const credentials = {
  async test() {
    const byOption = await echo(http.request({ host: "h.example", auth: "u:p", port: 8080 }));
    assert.strictEqual(byOption.headers.authorization, "Basic dTpw");
    assert.strictEqual(byOption.url, "http://h.example:8080/");
    const byUrl = await echo(http.request("http://us%20er:p%40@h.example/"));
    assert.strictEqual(byUrl.headers.authorization, "Basic dXMgZXI6cEA=");
    const kept = await echo(http.request({ host: "h.example", auth: "u:p", headers: { authorization: "mine" } }));
    assert.strictEqual(kept.headers.authorization, "mine");
  },
};

export const hostHeaders = {
  test() {
    const host = (options) => http.request(options).getHeader("host");
    assert.strictEqual(host({ host: "h.example" }), "h.example");
    assert.strictEqual(host({ host: "h.example", port: 81 }), "h.example:81");
    assert.strictEqual(host({ host: "::1", port: 81 }), "[::1]:81");
    assert.strictEqual(host({ host: "h.example", setHost: false }), undefined);
    assert.strictEqual(host({ host: "h.example", setDefaultHeaders: false }), undefined);
    assert.strictEqual(host({ host: "h.example", headers: { HOST: "other" } }), "other");
    assert.strictEqual(host({}), "localhost");
  },
};

export const flatHeaders = {
  async test() {
    const got = await echo(http.request({ host: "h.example", headers: ["X-A", "1", "X-A", "2", "host", "h.example"] }));
    assert.strictEqual(got.headers["x-a"], "2");
  },
};

export const noHeadersAtAll = {
  async test() {
    const message = await answer(http.request({ host: "h.example", setHost: false }));
    assert.deepStrictEqual([message.statusCode, message.statusMessage], [400, "Bad Request"]);
    assert.deepStrictEqual(message.headers, { connection: "close" });
    assert.strictEqual(await text(message), "");
  },
};

export const responsesHeaders = {
  async test() {
    const message = await answer(http.request("http://h.example/headers"));
    assert.deepStrictEqual([message.headers["x-one"], message.headers["x-many"]], ["1", "1, 2"]);
    assert.deepStrictEqual(message.headersDistinct["x-many"], ["1, 2"]);
    assert.strictEqual(message.url, "http://h.example/headers");
    assert.strictEqual(message.httpVersion, "1.1");
    message.resume();
  },
};

export const statuses = {
  async test() {
    const message = await answer(http.request("http://h.example/status"));
    assert.deepStrictEqual([message.statusCode, message.statusMessage], [418, "Tea"]);
    assert.strictEqual(await text(message), "short");
    assert.strictEqual(message.complete, true);
  },
};

export const redirectsAreNotFollowed = {
  async test() {
    const message = await answer(http.request("http://h.example/redirect"));
    assert.deepStrictEqual([message.statusCode, message.headers.location], [302, "/elsewhere"]);
    message.resume();
  },
};

export const codingsAreNotUndone = {
  async test() {
    const message = await answer(http.request("http://h.example/packed"));
    assert.strictEqual(message.headers["content-encoding"], "gzip");
    const unpacked = new Blob([await buffer(message)]).stream().pipeThrough(new DecompressionStream("gzip"));
    assert.strictEqual(await new Response(unpacked).text(), "hello hello hello");
  },
};

export const noContent = {
  async test() {
    const message = await answer(http.request("http://h.example/null"));
    assert.strictEqual(message.statusCode, 204);
    assert.strictEqual(await text(message), "");
  },
};

export const headRequests = {
  async test() {
    const message = await answer(http.request("http://h.example/", { method: "HEAD" }));
    assert.strictEqual(message.statusCode, 200);
    assert.strictEqual(await text(message), "");
  },
};

export const bodiesByEvents = {
  async test() {
    const message = await answer(http.request("http://h.example/pieces"));
    let body = "";
    message.setEncoding("utf8");
    await new Promise((resolve) => message.on("data", (chunk) => (body += chunk)).on("end", resolve));
    assert.strictEqual(body, "one two three");
  },
};

export const largeResponses = {
  async test() {
    const message = await answer(http.request("http://h.example/large"));
    assert.strictEqual((await buffer(message)).length, 300_000);
  },
};

export const fieldsOfARequest = {
  test() {
    const request = http.request("http://h.example:81/p?q", { method: "post", timeout: 5 });
    assert.deepStrictEqual(
      [request.method, request.path, request.host, request.port, request.protocol, request.timeout],
      ["POST", "/p?q", "h.example", "81", "http:", 5]);
    assert.deepStrictEqual(
      [request.aborted, request.reusedSocket, request.maxHeadersCount, request.connection, request.socket],
      [false, false, Infinity, null, null]);
    assert.deepStrictEqual([request.finished, request.destroyed, request.headersSent], [false, false, false]);
    assert.strictEqual(http.request({ host: "h", timeout: 2 ** 31 }).timeout, 2 ** 31 - 1);
  },
};

export const headersBeforeTheEnd = {
  async test() {
    const request = http.request("http://h.example/", { headers: { A: "1" } });
    request.setHeader("B", "2");
    request.removeHeader("a");
    request.appendHeader("b", "3");
    assert.deepStrictEqual(request.getHeaders(), { host: "h.example", b: ["2", "3"] });
    const got = await echo(request);
    assert.deepStrictEqual([got.headers.a, got.headers.b], [undefined, "2, 3"]);
  },
};

export const theHeadIsSentWithTheResponse = {
  async test() {
    const request = http.request("http://h.example/");
    request.end();
    assert.strictEqual(request.headersSent, false);
    const message = await new Promise((resolve) => request.on("response", resolve));
    assert.strictEqual(request.headersSent, true);
    assert.throws(() => request.setHeader("a", "b"), { code: "ERR_HTTP_HEADERS_SENT" });
    message.resume();
  },
};

export const finishComesBeforeTheResponse = {
  async test() {
    const events = [];
    const request = http.request("http://h.example/", { method: "POST" });
    for (const name of ["prefinish", "finish", "response"]) request.on(name, () => events.push(name));
    (await answer(request, "x")).resume();
    assert.deepStrictEqual(events, ["prefinish", "finish", "response"]);
  },
};

export const timeouts = {
  async test() {
    const request = http.get("http://h.example/slow", { timeout: 5 });
    request.on("error", () => assert.fail("there is none"));
    await new Promise((resolve) => request.on("timeout", resolve));
  },
};

export const timeoutsSetLater = {
  async test() {
    const request = http.get("http://h.example/slow");
    request.on("error", () => {});
    await new Promise((resolve) => assert.strictEqual(request.setTimeout(5, resolve), request));
    assert.strictEqual(request.timeout, 5);
  },
};

export const destroyedBeforeTheEnd = {
  async test() {
    const request = http.request("http://h.example/");
    const failed = new Promise((resolve) => request.on("error", resolve));
    const mine = new Error("mine");
    assert.strictEqual(request.destroy(mine), request);
    assert.strictEqual(await failed, mine);
    assert.strictEqual(request.destroyed, true);
    assert.strictEqual(request.errored, mine);
  },
};

export const signalsThatHaveFired = {
  test() {
    assert.throws(() => http.request("http://h.example/", { signal: AbortSignal.abort() }), {
      name: "AbortError",
      code: "ABORT_ERR",
      message: "The operation was aborted",
    });
  },
};

export const overHttps = {
  async test() {
    const byUrl = await echo(https.request("https://h.example/s"));
    assert.strictEqual(byUrl.url, "https://h.example/s");
    const byOptions = await echo(https.request({ host: "h.example", path: "/s", port: 8443 }));
    assert.strictEqual(byOptions.url, "https://h.example:8443/s");
    const both = await echo(https.request(new URL("https://h.example/s"), { method: "PUT" }), "x");
    assert.deepStrictEqual([both.method, both.body], ["PUT", "x"]);
    const message = await new Promise((resolve) => https.get("https://h.example/status", { headers: { a: "b" } }, resolve));
    assert.strictEqual(message.statusCode, 418);
    message.resume();
  },
};

export const promisesOfManyAtOnce = {
  async test() {
    const urls = await Promise.all([1, 2, 3, 4].map(async (n) => (await echo(http.request(`http://h.example/${n}`))).url));
    assert.deepStrictEqual(urls, [1, 2, 3, 4].map((n) => `http://h.example/${n}`));
  },
};
