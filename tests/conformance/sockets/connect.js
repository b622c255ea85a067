// Sockets between workers, and the arguments of connect(). Sockets to servers are in tests/sockets.rs.
import assert from "node:assert";
import { connect } from "cloudflare:sockets";
import { WorkerEntrypoint } from "cloudflare:workers";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function readAll(readable) {
  let text = "";
  for await (const chunk of readable) text += decoder.decode(chunk, { stream: true });
  return text;
}

async function writeAll(writable, text) {
  const writer = writable.getWriter();
  await writer.write(encoder.encode(text));
  await writer.close();
}

let outside;
try {
  connect("localhost:80");
} catch (error) {
  outside = error;
}

/** What the handlers saw. */
const seen = [];

export class Echo extends WorkerEntrypoint {
  async connect(socket) {
    seen.push(await socket.opened, socket.secureTransport, socket.upgraded);
    const writer = socket.writable.getWriter();
    for await (const chunk of socket.readable) await writer.write(chunk);
    await writer.close();
  }
}

export const greeter = {
  async connect(socket) {
    const writer = socket.writable.getWriter();
    await writer.write(encoder.encode("hello"));
    await writer.close();
  },
};

export const thrower = {
  async connect() {
    throw new TypeError("no");
  },
};

export const none = {
  fetch() {},
};

export const late = {
  async connect(socket, env, ctx) {
    ctx.waitUntil((async () => {
      await scheduler.wait(10);
      try {
        await socket.writable.getWriter().write(encoder.encode("late"));
      } catch {
        // The connection is over with the handler.
      }
    })());
  },
};

export const counter = {
  async connect(socket) {
    let bytes = 0;
    for await (const chunk of socket.readable) bytes += chunk.byteLength;
    await writeAll(socket.writable, `${bytes}`);
  },
};

export const notAtModuleScope = {
  test() {
    assert.strictEqual(outside.name, "Error");
    assert.match(outside.message, /^Disallowed operation called within global scope\. Asynchronous I\/O/);
  },
};

export const addressesAreChecked = {
  test() {
    const refused = [
      ["localhost", "Specified address is missing port."],
      ["h:", "Specified address is missing port."],
      ["http://localhost:1", "Specified address is missing port."],
      [5, "Specified address is missing port."],
      ["", "Specified address is missing hostname."],
      ["?x", "Specified address is missing hostname."],
      ["local host:1", "Specified address could not be parsed."],
      [":80", "Specified address could not be parsed."],
      ["h:99999", "Specified address could not be parsed."],
      ["::1:80", "Specified address could not be parsed."],
    ];
    for (const part of ["user@host:80", "localhost:80/x", "localhost:80?x", `${"a".repeat(256)}:80`, "h\u00e9:1"]) {
      refused.push([part, "Specified address is empty string, contains unsupported characters or is too long."]);
    }
    for (const [address, message] of refused) {
      assert.throws(() => connect(address), { name: "TypeError", message }, `${address}`);
    }
  },
};

export const partsOfAnAddressAreChecked = {
  test() {
    const refused = [
      [{ hostname: "h" }, "The value cannot be converted because it is not an integer."],
      [{ hostname: "h", port: "x" }, "The value cannot be converted because it is not an integer."],
      [{ hostname: "h", port: 70000 }, "Value out of range. Must be less than or equal to 65535."],
      [
        { hostname: "h", port: -1 },
        "The value cannot be converted because it is negative and this API expects a positive number.",
      ],
      [
        { hostname: "a b", port: 1 },
        "Specified address is empty string, contains unsupported characters or is too long.",
      ],
    ];
    for (const [address, message] of refused) assert.throws(() => connect(address), { name: "TypeError", message });
  },
};

export const optionsAreChecked = {
  test() {
    const refused = [
      [{ secureTransport: "bad" }, "Unsupported value in secureTransport socket option: bad"],
      [{ secureTransport: null }, "Unsupported value in secureTransport socket option: null"],
      [5, "Failed to execute 'connect' on 'SocketsModule': parameter 2 is not of type 'SocketOptions'."],
      [{ highWaterMark: "x" }, "The value cannot be converted because it is not an integer."],
      [
        { highWaterMark: -1 },
        "The value cannot be converted because it is negative and this API expects a positive bigint.",
      ],
    ];
    for (const [options, message] of refused) assert.throws(() => connect("h:1", options), { name: "TypeError", message });
  },
};

export const aSocketHasItsShape = {
  async test(_, env) {
    const socket = env.ECHO.connect("example.com:1");
    if (Cloudflare.compatibilityFlags.set_tostring_tag) {
      assert.strictEqual(Object.prototype.toString.call(socket), "[object Socket]");
    }
    assert.strictEqual(socket.constructor.name, "Socket");
    assert.strictEqual(socket.secureTransport, "off");
    assert.strictEqual(socket.upgraded, false);
    assert.strictEqual(socket.readable, socket.readable);
    assert.strictEqual(socket.opened, socket.opened);
    assert.strictEqual(socket.closed, socket.closed);
    assert.ok(socket.readable instanceof ReadableStream);
    assert.ok(socket.writable instanceof WritableStream);
    assert.throws(() => new socket.constructor(), { name: "TypeError", message: "Illegal constructor" });
    await socket.close();
  },
};

export const methodsNeedTheirSocket = {
  async test(_, env) {
    const socket = env.ECHO.connect("example.com:1");
    const { close } = socket;
    await assert.rejects(async () => await close(), /Illegal invocation/);
    await socket.close();
  },
};

export const bytesGoBothWays = {
  async test(_, env) {
    const socket = env.ECHO.connect("example.com:1234");
    const opened = await socket.opened;
    assert.strictEqual(opened.remoteAddress, "example.com:1234");
    assert.strictEqual(opened.localAddress, undefined);
    const [text] = await Promise.all([readAll(socket.readable), writeAll(socket.writable, "ping")]);
    assert.strictEqual(text, "ping");
    assert.strictEqual(await socket.closed, undefined);
  },
};

export const theHandlerKnowsItsAddress = {
  async test(_, env) {
    seen.length = 0;
    const socket = env.ECHO.connect({ hostname: "some.host", port: 9 });
    await Promise.all([readAll(socket.readable), writeAll(socket.writable, "x")]);
    assert.strictEqual(seen[0].localAddress, "some.host:9");
    assert.strictEqual(seen[0].remoteAddress, undefined);
    assert.deepStrictEqual(seen.slice(1), ["off", false]);
  },
};

export const theHandlerMaySpeakFirst = {
  async test(_, env) {
    const socket = env.GREETER.connect("h:1");
    assert.strictEqual(await readAll(socket.readable), "hello");
  },
};

export const aLotOfBytes = {
  async test(_, env) {
    const socket = env.COUNTER.connect("h:1", { allowHalfOpen: true });
    const writer = socket.writable.getWriter();
    for (let i = 0; i < 64; i++) await writer.write(new Uint8Array(16_384));
    await writer.close();
    assert.strictEqual(await readAll(socket.readable), `${64 * 16_384}`);
  },
};

export const readersMayBringTheirBuffer = {
  async test(_, env) {
    const socket = env.GREETER.connect("h:1");
    const reader = socket.readable.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(3));
    assert.ok(value.byteLength > 0 && value.byteLength <= 3);
    assert.strictEqual(decoder.decode(value), "hello".slice(0, value.byteLength));
  },
};

export const aHandlerThatThrowsEndsTheConnection = {
  async test(_, env) {
    const socket = env.THROWER.connect("h:1");
    await socket.opened;
    assert.strictEqual(await readAll(socket.readable), "");
  },
};

export const withoutAHandlerThereIsNoConnection = {
  async test(_, env) {
    const message = "proxy request failed, cannot connect to the specified address";
    const socket = env.NONE.connect("h:1");
    await assert.rejects(socket.opened, { name: "Error", message });
    await assert.rejects(socket.closed, { name: "Error", message });
    const writer = socket.writable.getWriter();
    await assert.rejects(writer.write(new Uint8Array(1)), new RegExp(message));
  },
};

export const portsOfHttpGetAHint = {
  async test(_, env) {
    const socket = env.NONE.connect("h:443");
    await assert.rejects(socket.opened, {
      message: "proxy request failed, cannot connect to the specified address. It looks like you might be trying to " +
        "connect to a HTTP-based service \u2014 consider using fetch instead",
    });
  },
};

export const theConnectionEndsWithTheHandler = {
  async test(_, env) {
    const socket = env.LATE.connect("h:1");
    assert.strictEqual(await readAll(socket.readable), "");
  },
};

export const workersTakeNoTls = {
  async test(_, env) {
    await assert.rejects(async () => await env.ECHO.connect("h:1", { secureTransport: "on" }).opened, {
      message: "Incoming CONNECT with TLS not supported",
    });
    const plain = env.ECHO.connect("h:1", { secureTransport: "starttls" });
    await plain.opened;
    const secure = plain.startTls();
    await assert.rejects(secure.opened, { message: "startTls() is not supported on this connection." });
  },
};

export const startTlsIsForItsSockets = {
  async test(_, env) {
    const socket = env.ECHO.connect("h:1");
    assert.throws(() => socket.startTls(), {
      name: "TypeError",
      message: "The `secureTransport` socket option must be set to 'starttls' for startTls to be used.",
    });
    assert.throws(() => socket.startTls(5), {
      name: "TypeError",
      message: "Failed to execute 'startTls' on 'Socket': parameter 1 is not of type 'TlsOptions'.",
    });
    await socket.close();
  },
};

export const startTlsOfAClosedSocket = {
  async test(_, env) {
    const socket = env.ECHO.connect("h:1", { secureTransport: "starttls" });
    await socket.opened;
    await socket.close();
    assert.throws(() => socket.startTls(), {
      name: "TypeError",
      message: "The connection was closed before startTls could be started.",
    });
  },
};

export const closingASocket = {
  async test(_, env) {
    const socket = env.ECHO.connect("h:1");
    await socket.opened;
    assert.strictEqual(await socket.close(), undefined);
    assert.strictEqual(await socket.closed, undefined);
    await assert.rejects(socket.readable.getReader().read(), {
      name: "TypeError",
      message: "This ReadableStream belongs to an object that is closing.",
    });
    await assert.rejects(socket.writable.getWriter().write(new Uint8Array(1)), {
      name: "TypeError",
      message: "This WritableStream belongs to an object that is closing.",
    });
    await socket.close();
  },
};

export const closingBeforeTheConnectionStands = {
  async test(_, env) {
    const socket = env.ECHO.connect("h:1");
    await socket.close();
    assert.strictEqual(await socket.closed, undefined);
    assert.strictEqual((await socket.opened).remoteAddress, "h:1");
  },
};

export const closingTellsTheHandler = {
  async test(_, env) {
    const socket = env.COUNTER.connect("h:1");
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(3));
    await socket.close();
    await socket.closed;
  },
};

export const bindingsCheckTheirArguments = {
  test(_, env) {
    assert.throws(() => env.ECHO.connect(), {
      name: "TypeError",
      message: "Failed to execute 'connect' on 'Fetcher': parameter 1 is not of type 'SocketAddress or string'.",
    });
    assert.throws(() => env.ECHO.connect("x"), { name: "TypeError", message: "Specified address is missing port." });
  },
};

export const theModuleHasConnect = {
  async test() {
    const module = await import("cloudflare:sockets");
    assert.strictEqual(module.connect, connect);
    assert.strictEqual(connect.name, "connect");
  },
};
