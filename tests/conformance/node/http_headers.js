// The headers of outgoing messages, before they are sent.
import assert from "node:assert";
import http from "node:http";
import { parseUniqueHeadersOption } from "node:_http_outgoing";

const response = () => new http.ServerResponse(new http.IncomingMessage());

export const setAndGet = {
  test() {
    const message = response();
    assert.strictEqual(message.setHeader("X-Some", "a"), message);
    assert.strictEqual(message.getHeader("x-sOME"), "a");
    assert.strictEqual(message.hasHeader("X-SOME"), true);
    assert.strictEqual(message.hasHeader("other"), false);
    assert.strictEqual(message.getHeader("other"), undefined);
  },
};

export const valuesKeepTheirType = {
  test() {
    const message = response();
    message.setHeader("number", 5);
    message.setHeader("list", ["a", "b"]);
    assert.strictEqual(message.getHeader("number"), 5);
    assert.deepStrictEqual(message.getHeader("list"), ["a", "b"]);
  },
};

export const settingAgainReplaces = {
  test() {
    const message = response();
    message.setHeader("X-A", "1");
    message.setHeader("x-a", "2");
    assert.deepStrictEqual(message.getHeaders(), { "x-a": "2" });
    assert.deepStrictEqual(message.getRawHeaderNames(), ["x-a"]);
  },
};

export const namesInBothForms = {
  test() {
    const message = response();
    assert.deepStrictEqual(message.getHeaderNames(), []);
    assert.deepStrictEqual(message.getRawHeaderNames(), []);
    message.setHeader("X-One", "1").setHeader("Two", "2");
    assert.deepStrictEqual(message.getHeaderNames(), ["x-one", "two"]);
    assert.deepStrictEqual(message.getRawHeaderNames(), ["X-One", "Two"]);
    assert.deepStrictEqual(message._renderHeaders(), { "X-One": "1", Two: "2" });
  },
};

export const allOfThem = {
  test() {
    const message = response();
    assert.deepStrictEqual(message.getHeaders(), {});
    message.setHeader("A", "1");
    const first = message.getHeaders();
    assert.notStrictEqual(first, message.getHeaders());
    first.b = "2";
    assert.strictEqual(message.hasHeader("b"), false);
  },
};

export const append = {
  test() {
    const message = response();
    assert.strictEqual(message.appendHeader("X-A", "1"), message);
    assert.strictEqual(message.getHeader("x-a"), "1");
    message.appendHeader("x-a", "2");
    message.appendHeader("X-A", ["3", "4"]);
    assert.deepStrictEqual(message.getHeader("x-a"), ["1", "2", "3", "4"]);
    assert.deepStrictEqual(message.getRawHeaderNames(), ["X-A"]);
  },
};

export const remove = {
  test() {
    const message = response();
    message.removeHeader("never");
    message.setHeader("A", "1");
    assert.strictEqual(message.removeHeader("a"), undefined);
    assert.strictEqual(message.hasHeader("A"), false);
  },
};

export const setMany = {
  test() {
    const message = response();
    assert.strictEqual(message.setHeaders(new Map([["A", "1"], ["b", ["2", "3"]]])), message);
    assert.deepStrictEqual(message.getHeaders(), { a: "1", b: ["2", "3"] });
    message.setHeaders(new Headers({ c: "4" }));
    assert.strictEqual(message.getHeader("c"), "4");
  },
};

export const setManyKeepsCookiesApart = {
  test() {
    const headers = new Headers();
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2; Path=/");
    const message = response();
    message.setHeaders(headers);
    assert.deepStrictEqual(message.getHeader("set-cookie"), ["a=1", "b=2; Path=/"]);
  },
};

export const theHeadAsText = {
  test() {
    const message = response();
    message.setHeader("X-A", ["1", "2"]);
    assert.strictEqual(message.headersSent, false);
    message.writeHead(201, "Made");
    assert.strictEqual(message.headersSent, true);
    assert.strictEqual(
      message._header,
      "HTTP/1.1 201 Made\r\nX-A: 1\r\nX-A: 2\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
  },
};

export const theHeadOfARequest = {
  test() {
    const options = { host: "h.example", path: "/p", method: "PUT", uniqueHeaders: ["x"], headers: { A: "1" } };
    const request = http.request(options);
    request.flushHeaders();
    assert.strictEqual(request.headersSent, true);
    assert.strictEqual(request._header.split("\r\n")[0], "PUT /p HTTP/1.1");
  },
};

export const cookiesOfARequestAreOneLine = {
  test() {
    const message = response();
    message.setHeader("Cookie", ["a=1", "b=2"]);
    message.writeHead(200);
    assert.match(message._header, /\r\nCookie: a=1; b=2\r\n/);
  },
};

export const whatUniqueHeadersAre = {
  test() {
    assert.deepStrictEqual(parseUniqueHeadersOption(["A", ["B", "c"]]), new Set(["a", "b", "c"]));
    assert.strictEqual(parseUniqueHeadersOption("a"), null);
    assert.strictEqual(parseUniqueHeadersOption(undefined), null);
  },
};

export const fieldsOfANewMessage = {
  test() {
    const message = response();
    assert.strictEqual(message.statusCode, 200);
    assert.strictEqual(message.statusMessage, "unknown");
    assert.strictEqual(message.sendDate, false);
    assert.strictEqual(message.shouldKeepAlive, true);
    assert.strictEqual(message.useChunkedEncodingByDefault, true);
    assert.strictEqual(message.chunkedEncoding, false);
    assert.strictEqual(message.finished, false);
    assert.strictEqual(message.writable, true);
    assert.strictEqual(message.destroyed, false);
    assert.strictEqual(message.closed, false);
    assert.strictEqual(message.errored, null);
    assert.strictEqual(message.writableEnded, false);
    assert.strictEqual(message.writableHighWaterMark, 65536);
    assert.strictEqual(message.writableObjectMode, false);
    assert.strictEqual(message.writableLength, 0);
    assert.strictEqual(message.writableCorked, 0);
    assert.strictEqual(message.writableNeedDrain, false);
    assert.strictEqual(message.req instanceof http.IncomingMessage, true);
    assert.strictEqual(message.socket, undefined);
  },
};

export const anOutgoingMessageIsWritable = {
  async test() {
    const { Writable } = await import("node:stream");
    assert.ok(response() instanceof Writable);
    assert.ok(http.request("http://x.example") instanceof http.OutgoingMessage);
  },
};

export const readingFromItIsAnError = {
  async test() {
    const message = response();
    const failed = new Promise((resolve) => message.on("error", resolve));
    assert.strictEqual(message.pipe(message), message);
    const error = await failed;
    assert.strictEqual(error.code, "ERR_STREAM_CANNOT_PIPE");
    assert.strictEqual(error.message, "Cannot pipe, not readable");
  },
};
