// What is refused, and in which words.
import assert from "node:assert";
import http from "node:http";
import https from "node:https";
import * as parts from "node:_http_server";
import * as common from "node:_http_common";

const response = (options) => new http.ServerResponse(new http.IncomingMessage(), options);
const notImplemented = (name) => ({
  name: "Error",
  code: "ERR_METHOD_NOT_IMPLEMENTED",
  message: `The ${name} method is not implemented`,
});
const optionNotImplemented = (name) => ({
  name: "Error",
  code: "ERR_OPTION_NOT_IMPLEMENTED",
  message: `The ${name} option is not implemented`,
});

export const namesOfHeaders = {
  test() {
    for (const name of ["", "a b", "a:", "\u00e9", 5, null, undefined]) {
      const expected = {
        name: "TypeError",
        code: "ERR_INVALID_HTTP_TOKEN",
        message: `Header name must be a valid HTTP token ["${name}"]`,
      };
      assert.throws(() => response().setHeader(name, "x"), expected);
      assert.throws(() => http.validateHeaderName(name), expected);
    }
    assert.throws(() => http.validateHeaderName("a b", "Label"), {
      message: 'Label must be a valid HTTP token ["a b"]',
    });
    assert.strictEqual(http.validateHeaderName("x-a_b.c!"), undefined);
  },
};

export const valuesOfHeaders = {
  test() {
    assert.throws(() => response().setHeader("x", undefined), {
      name: "TypeError",
      code: "ERR_HTTP_INVALID_HEADER_VALUE",
      message: 'Invalid value "undefined" for header "x"',
    });
    for (const value of ["a\nb", "\u0100", "\u0000", ["a", "b\r"]]) {
      assert.throws(() => response().setHeader("x", value), {
        name: "TypeError",
        code: "ERR_INVALID_CHAR",
        message: 'Invalid character in header content ["x"]',
      });
    }
    for (const value of [5, null, true, [], "\u00ff\t ~"]) response().setHeader("x", value);
  },
};

export const whatIsAToken = {
  test() {
    assert.strictEqual(common._checkIsHttpToken("a-b"), true);
    assert.strictEqual(common._checkIsHttpToken("a b"), false);
    assert.strictEqual(common._checkIsHttpToken(""), false);
    assert.strictEqual(common._checkInvalidHeaderChar("a\n"), true);
    assert.strictEqual(common._checkInvalidHeaderChar(["a", "\u007f"]), true);
    assert.strictEqual(common._checkInvalidHeaderChar("a\tb"), false);
  },
};

export const statuses = {
  test() {
    for (const status of [100, 101, 199, 1000, "x", undefined, NaN, -5, 0]) {
      assert.throws(() => response().writeHead(status), {
        name: "RangeError",
        code: "ERR_HTTP_INVALID_STATUS_CODE",
        message: `Invalid status code: ${status}`,
      });
    }
    assert.strictEqual(response().writeHead(200.7).statusCode, 200);
    assert.strictEqual(response().writeHead("201").statusCode, 201);
    assert.strictEqual(response().writeHead(999).statusCode, 999);
  },
};

export const statusMessages = {
  test() {
    assert.throws(() => response().writeHead(200, "a\nb"), {
      name: "TypeError",
      code: "ERR_INVALID_CHAR",
      message: "Invalid character in statusMessage",
    });
  },
};

export const headersAfterTheyAreSent = {
  test() {
    const sent = response();
    sent.writeHead(200);
    const expected = (verb) => ({
      name: "Error",
      code: "ERR_HTTP_HEADERS_SENT",
      message: `Cannot ${verb} headers after they are sent to the client`,
    });
    assert.throws(() => sent.setHeader("a", "b"), expected("set"));
    assert.throws(() => sent.setHeaders(new Map()), expected("set"));
    assert.throws(() => sent.appendHeader("a", "b"), expected("append"));
    assert.throws(() => sent.removeHeader("a"), expected("remove"));
    assert.throws(() => sent.writeHead(200), expected("write"));
    assert.throws(() => sent._renderHeaders(), expected("render"));
  },
};

export const oddListsOfHeaders = {
  test() {
    const expected = {
      name: "TypeError",
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'headers' is invalid. Received [ 'a' ]",
    };
    assert.throws(() => response().writeHead(200, ["a"]), expected);
    const withOthers = response();
    withOthers.setHeader("b", "c");
    assert.throws(() => withOthers.writeHead(200, ["a"]), expected);
    assert.throws(() => http.request({ headers: ["a"] }), expected);
  },
};

export const namesToLookUp = {
  test() {
    for (const method of ["getHeader", "hasHeader", "removeHeader"]) {
      assert.throws(() => response()[method](5), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: 'The "name" argument must be of type string. Received type number (5)',
      });
    }
  },
};

export const whatIsNoSetOfHeaders = {
  test() {
    const refused = (received) => ({
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: `The "headers" argument must be an instance of Headers or Map. Received ${received}`,
    });
    assert.throws(() => response().setHeaders([["a", "b"]]), refused("an instance of Array"));
    assert.throws(() => response().setHeaders({}), refused("an instance of Object"));
    assert.throws(() => response().setHeaders("x"), refused("type string ('x')"));
  },
};

export const whatIsNoChunk = {
  test() {
    assert.throws(() => response().write(null), {
      name: "TypeError",
      code: "ERR_STREAM_NULL_VALUES",
      message: "May not write null values to stream",
    });
    for (const [chunk, received] of [[5, "type number (5)"], [{}, "an instance of Object"], [undefined, "undefined"]]) {
      assert.throws(() => response().write(chunk), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ${received}`,
      });
    }
    assert.throws(() => response().end({}), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const lengthsThatMustHold = {
  test() {
    const strict = response();
    strict.strictContentLength = true;
    strict.setHeader("content-length", 5);
    strict.write("abc");
    assert.throws(() => strict.end(), {
      name: "Error",
      code: "ERR_HTTP_CONTENT_LENGTH_MISMATCH",
      message: "Request body length does not match content-length header. Expected: 5, Actual: 3",
    });
  },
};

export const bodiesThatMustNotBe = {
  test() {
    const strict = response({ rejectNonStandardBodyWrites: true });
    strict.writeHead(204);
    assert.throws(() => strict.write("abc"), {
      code: "ERR_HTTP_BODY_NOT_ALLOWED",
      message: "Request with GET/HEAD method cannot have body",
    });
    const lenient = response();
    lenient.writeHead(204);
    assert.strictEqual(lenient.write("abc"), true);
  },
};

export const whatResponsesCannot = {
  test() {
    for (const name of ["assignSocket", "detachSocket", "writeContinue", "writeProcessing", "writeEarlyHints"]) {
      assert.throws(() => response()[name]({}), notImplemented(name));
    }
    const outgoing = new http.OutgoingMessage();
    assert.throws(() => outgoing._implicitHeader(), notImplemented("_implicitHeader()"));
    assert.throws(() => outgoing.write("x"), notImplemented("_implicitHeader()"));
    assert.throws(() => outgoing.flushHeaders(), notImplemented("_implicitHeader()"));
  },
};

export const whatServersCannot = {
  test() {
    for (const name of ["addContext", "getTicketKeys", "setSecureContext", "setTicketKeys"]) {
      assert.throws(() => https.createServer()[name](), notImplemented(name));
    }
    assert.throws(() => http._connectionListener(), notImplemented("_connectionListener"));
    assert.throws(() => parts.setupConnectionsTracking(), notImplemented("setupConnectionsTracking"));
    assert.throws(() => http.setMaxIdleHTTPParsers(1), notImplemented("setMaxIdleHTTPParsers"));
    assert.throws(() => http.setMaxIdleHTTPParsers(0), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "max" is out of range. It must be >= 1 && <= 9007199254740991. Received 0',
    });
  },
};

export const optionsThatServersHaveNot = {
  test() {
    const numbers = ["maxHeaderSize", "keepAliveTimeout", "keepAliveTimeoutBuffer", "connectionsCheckingInterval"];
    for (const name of numbers) {
      assert.throws(() => http.createServer({ [name]: 1 }), optionNotImplemented(name));
      assert.throws(() => http.createServer({ [name]: "x" }), {
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "${name}" argument must be of type number. Received type string ('x')`,
      });
    }
  },
};

export const optionsOfServers = {
  test() {
    for (const name of ["insecureHTTPParser", "requireHostHeader", "joinDuplicateHeaders", "rejectNonStandardBodyWrites"]) {
      assert.throws(() => http.createServer({ [name]: 1 }), {
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "options.${name}" property must be of type boolean. Received type number (1)`,
      });
      http.createServer({ [name]: true });
    }
    assert.throws(() => http.createServer({ highWaterMark: "x" }), {
      message: `The "options.highWaterMark" property must be of type number. Received type string ('x')`,
    });
    assert.throws(() => http.createServer({ requestTimeout: -1 }), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "requestTimeout" is out of range. It must be >= 0 && <= 9007199254740991. Received -1',
    });
    assert.throws(() => http.createServer({ headersTimeout: 100, requestTimeout: 10 }), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "headersTimeout" is out of range. It must be <= requestTimeout. Received 100',
    });
    for (const [options, received] of [[5, "type number (5)"], ["x", "type string ('x')"], [[], "an instance of Array"]]) {
      assert.throws(() => http.createServer(options), {
        message: `The "options" argument must be of type object. Received ${received}`,
      });
    }
  },
};

export const optionsThatRequestsHaveNot = {
  test() {
    for (const [name, value] of [["maxHeaderSize", 5], ["createConnection", () => {}], ["lookup", () => {}], ["socketPath", "/x"]]) {
      assert.throws(() => http.request({ [name]: value }), optionNotImplemented(`options.${name}`));
    }
    for (const [name, type] of [["createConnection", "function"], ["lookup", "function"], ["socketPath", "string"]]) {
      assert.throws(() => http.request({ [name]: 1 }), {
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "options.${name}" property must be of type ${type}. Received type number (1)`,
      });
    }
  },
};

export const optionsOfRequests = {
  test() {
    const text = (options, message) => assert.throws(() => http.request(options), { name: "TypeError", message });
    text({ path: "/a b" }, "Request path contains unescaped characters");
    text({ path: "/\u0100" }, "Request path contains unescaped characters");
    text({ method: 5 }, 'The "options.method" property must be of type string. Received type number (5)');
    text({ method: "G T" }, 'Method must be a valid HTTP token ["G T"]');
    text({ host: 5 }, 'The "options.host" property must be of type string or one of undefined or null. Received type number (5)');
    text({ hostname: 5 }, 'The "options.hostname" property must be of type string or one of undefined or null. Received type number (5)');
    text({ headers: { host: 5 } }, 'The "host" argument must be of type string. Received type number (5)');
    text({ headers: { a: undefined } }, 'Invalid value "undefined" for header "a"');
    text({ timeout: "x" }, "The \"timeout\" argument must be of type number. Received type string ('x')");
    text({ insecureHTTPParser: 1 }, 'The "options.insecureHTTPParser" property must be of type boolean. Received type number (1)');
    text({ joinDuplicateHeaders: 1 }, 'The "options.joinDuplicateHeaders" property must be of type boolean. Received type number (1)');
    text({ signal: 5 }, 'The "signal" argument must be an instance of AbortSignal. Received type number (5)');
    text({ agent: {} }, 'The "options.agent" property must be one of Agent-like Object, undefined, or false. Received an instance of Object');
    assert.throws(() => http.request({ timeout: -1 }), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "timeout" is out of range. It must be a non-negative finite number. Received -1',
    });
  },
};

export const protocols = {
  test() {
    const expected = (protocol, wanted) => ({
      name: "TypeError",
      code: "ERR_INVALID_PROTOCOL",
      message: `Protocol "${protocol}" not supported. Expected "${wanted}"`,
    });
    assert.throws(() => http.request("https://x.example"), expected("https:", "http:"));
    assert.throws(() => http.request({ protocol: "ftp:" }), expected("ftp:", "http:"));
    assert.throws(() => https.request("http://x.example"), expected("http:", "https:"));
    assert.throws(() => http.request("nope"), TypeError);
  },
};

export const methodsOfRequests = {
  test() {
    const request = http.request("http://x.example");
    assert.throws(() => request.addTrailers({}), notImplemented("addTrailers"));
    assert.throws(() => request.setNoDelay(), {
      message: 'The "noDelay" argument must be of type boolean. Received undefined',
    });
    assert.throws(() => request.setSocketKeepAlive(true), {
      message: 'The "initialDelay" argument must be of type number. Received undefined',
    });
    assert.throws(() => request.setTimeout("x"), {
      message: "The \"msecs\" argument must be of type number. Received type string ('x')",
    });
    assert.strictEqual(request.setNoDelay(true), undefined);
    assert.strictEqual(request.setSocketKeepAlive(true, 5), undefined);
    assert.strictEqual(request.onSocket({}), undefined);
    assert.strictEqual(request.setTimeout(0), request);
  },
};
