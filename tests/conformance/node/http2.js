// node:http2: constants and defaults.
import assert from "node:assert";
import http2 from "node:http2";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(http2), [
      "constants",
      "createSecureServer",
      "createServer",
      "Http2ServerRequest",
      "Http2ServerResponse",
      "connect",
      "getDefaultSettings",
      "getPackedSettings",
      "getUnpackedSettings",
      "performServerHandshake",
      "sensitiveHeaders",
    ]);
    assert.strictEqual(String(http2.sensitiveHeaders), "Symbol(nodejs.http2.sensitiveHeaders)");
  },
};

export const neitherClientsNorServers = {
  test() {
    assert.throws(() => http2.connect("https://example.com"), missing("http2.connect"));
    assert.throws(() => http2.createServer(), missing("http2.createServer"));
    assert.throws(() => http2.createSecureServer(), missing("http2.createSecureServer"));
    assert.throws(() => http2.performServerHandshake(), missing("http2.performServerHandshake"));
    assert.throws(() => new http2.Http2ServerRequest(), missing("http2.Http2ServerRequest"));
    assert.throws(() => new http2.Http2ServerResponse(), missing("http2.Http2ServerResponse"));
  },
};

export const settings = {
  test() {
    const settings = http2.getDefaultSettings();
    assert.deepStrictEqual(Object.keys(settings), []);
    assert.strictEqual(settings.headerTableSize, 4096);
    assert.strictEqual(settings.enablePush, true);
    assert.strictEqual(settings.maxConcurrentStreams, 4294967295);
    assert.ok(Buffer.isBuffer(http2.getPackedSettings()) && http2.getPackedSettings().length === 0);
    assert.deepStrictEqual(http2.getUnpackedSettings(), {});
  },
};

export const constants = {
  test() {
    const { constants } = http2;
    assert.strictEqual(Object.keys(constants).length, 253);
    assert.deepStrictEqual(
      [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_ERR_NOMEM, constants.MAX_INITIAL_WINDOW_SIZE],
      [0, 8, -901, 2147483647],
    );
    assert.strictEqual(constants.HTTP2_HEADER_PATH, ":path");
    assert.strictEqual(constants.HTTP2_HEADER_CONTENT_TYPE, "content-type");
    assert.strictEqual(constants.HTTP2_HEADER_HTTP2_SETTINGS, "http2-settings");
    assert.strictEqual(constants.HTTP2_METHOD_VERSION_CONTROL, "VERSION-CONTROL");
    assert.strictEqual(constants.HTTP_STATUS_TEAPOT, 418);
  },
};
