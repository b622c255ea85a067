// What the modules of HTTP export, and which of it is the same thing.
import assert from "node:assert";
import * as http from "node:http";
import * as https from "node:https";
import * as agent from "node:_http_agent";
import * as client from "node:_http_client";
import * as common from "node:_http_common";
import * as incoming from "node:_http_incoming";
import * as outgoing from "node:_http_outgoing";
import * as server from "node:_http_server";
import * as worker from "cloudflare:node";

const names = (module) => Object.keys(module).sort();

export const namesOfHttp = {
  test() {
    const expected = [
      "Agent", "ClientRequest", "CloseEvent", "IncomingMessage", "METHODS", "MessageEvent", "OutgoingMessage",
      "STATUS_CODES", "Server", "ServerResponse", "WebSocket", "_connectionListener", "createServer", "get",
      "globalAgent", "maxHeaderSize", "request", "setMaxIdleHTTPParsers", "validateHeaderName", "validateHeaderValue",
    ];
    assert.deepStrictEqual(names(http.default), expected);
    assert.deepStrictEqual(names(http), [...expected, "default"].sort());
  },
};

export const namesOfHttps = {
  test() {
    const expected = ["Agent", "Server", "createServer", "get", "globalAgent", "request"];
    assert.deepStrictEqual(names(https.default), expected);
    assert.deepStrictEqual(names(https), [...expected, "default"].sort());
  },
};

export const namesOfTheParts = {
  test() {
    assert.deepStrictEqual(names(agent), ["Agent", "default", "globalAgent"]);
    assert.deepStrictEqual(names(client), ["ClientRequest", "default"]);
    assert.deepStrictEqual(names(incoming), ["IncomingMessage", "default"]);
    assert.deepStrictEqual(names(common), [
      "CRLF", "_checkInvalidHeaderChar", "_checkIsHttpToken", "chunkExpression", "continueExpression", "default",
      "kIncomingMessage", "methods", "parsers",
    ]);
    assert.deepStrictEqual(names(outgoing), [
      "OutgoingMessage", "default", "kHighWaterMark", "kUniqueHeaders", "parseUniqueHeadersOption",
      "validateHeaderName", "validateHeaderValue",
    ]);
    assert.deepStrictEqual(names(server), [
      "STATUS_CODES", "Server", "ServerResponse", "_connectionListener", "default", "httpServerPreClose",
      "kConnectionsCheckingInterval", "kServerResponse", "setupConnectionsTracking", "storeHTTPOptions",
    ]);
    assert.ok(["handleAsNodeRequest", "httpServerHandler"].every((name) => typeof worker[name] === "function"));
  },
};

export const partsAreTheSameThings = {
  test() {
    assert.strictEqual(agent.Agent, http.Agent);
    assert.strictEqual(agent.globalAgent, http.globalAgent);
    assert.strictEqual(client.ClientRequest, http.ClientRequest);
    assert.strictEqual(incoming.IncomingMessage, http.IncomingMessage);
    assert.strictEqual(outgoing.OutgoingMessage, http.OutgoingMessage);
    assert.strictEqual(server.Server, http.Server);
    assert.strictEqual(server.ServerResponse, http.ServerResponse);
    assert.strictEqual(common.methods, http.METHODS);
    assert.strictEqual(server.STATUS_CODES, http.STATUS_CODES);
    assert.strictEqual(outgoing.validateHeaderName, http.validateHeaderName);
    assert.strictEqual(http.WebSocket, WebSocket);
    assert.strictEqual(http.MessageEvent, MessageEvent);
    assert.strictEqual(http.CloseEvent, CloseEvent);
  },
};

export const httpsExtendsHttp = {
  test() {
    assert.notStrictEqual(https.Agent, http.Agent);
    assert.ok(https.globalAgent instanceof https.Agent && https.globalAgent instanceof http.Agent);
    assert.ok(https.createServer() instanceof http.Server);
    assert.strictEqual(Object.getPrototypeOf(https.Server), http.Server);
    assert.notStrictEqual(https.createServer, http.createServer);
  },
};

export const theListOfMethods = {
  test() {
    assert.strictEqual(http.METHODS.length, 35);
    assert.deepStrictEqual([...http.METHODS].sort(), http.METHODS);
    for (const method of ["GET", "M-SEARCH", "QUERY", "UNSUBSCRIBE", "CONNECT"]) {
      assert.ok(http.METHODS.includes(method), method);
    }
  },
};

export const theStatusCodes = {
  test() {
    assert.strictEqual(Object.keys(http.STATUS_CODES).length, 63);
    assert.strictEqual(http.STATUS_CODES[418], "I'm a Teapot");
    assert.strictEqual(http.STATUS_CODES[413], "Payload Too Large");
    assert.strictEqual(http.STATUS_CODES[509], "Bandwidth Limit Exceeded");
    assert.strictEqual(http.STATUS_CODES[599], undefined);
  },
};

export const constants = {
  test() {
    assert.strictEqual(http.maxHeaderSize, 16384);
    assert.strictEqual(common.CRLF, "\r\n");
    assert.ok(common.chunkExpression.test("gzip, Chunked"));
    assert.ok(!common.chunkExpression.test("unchunkedly"));
    assert.ok(common.continueExpression.test("100-continue"));
    assert.strictEqual(String(common.kIncomingMessage), "Symbol(IncomingMessage)");
    assert.strictEqual(String(server.kServerResponse), "Symbol(ServerResponse)");
    assert.strictEqual(String(server.kConnectionsCheckingInterval), "Symbol(http.server.connectionsCheckingInterval)");
    assert.strictEqual(common.parsers.name, "parsers");
    assert.strictEqual(common.parsers.max, 1000);
  },
};

export const classesNeedNew = {
  test() {
    for (const name of ["Agent", "Server", "ServerResponse", "IncomingMessage", "ClientRequest", "OutgoingMessage"]) {
      assert.throws(() => http[name](), { message: `Class constructor ${name} cannot be invoked without 'new'` });
    }
  },
};

export const shapesOfTheClasses = {
  test() {
    const own = (type) => Reflect.ownKeys(type.prototype).map(String);
    assert.deepStrictEqual(own(http.IncomingMessage), [
      "constructor", "_read", "_destroy", "_addHeaderLine", "_addHeaderLines", "headers", "headersDistinct", "trailers",
      "trailersDistinct", "_addHeaderLineDistinct", "_dump", "setTimeout", "pipe", "connection", "socket",
    ]);
    assert.deepStrictEqual(own(http.ServerResponse), [
      "constructor", "assignSocket", "detachSocket", "writeContinue", "writeProcessing", "writeEarlyHints",
      "_implicitHeader", "writeHead",
    ]);
    assert.deepStrictEqual(own(http.Agent), [
      "constructor", "createConnection", "getName", "addRequest", "createSocket", "removeSocket", "keepSocketAlive",
      "reuseSocket", "destroy",
    ]);
    assert.ok(!("addTrailers" in http.OutgoingMessage.prototype));
    assert.ok("addTrailers" in http.ClientRequest.prototype);
  },
};
