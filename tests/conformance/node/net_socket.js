// net.Socket over connect(): the peer is a worker that sends back what it gets.
import assert from "node:assert";
import { once } from "node:events";
import net from "node:net";
import { Duplex } from "node:stream";

/** Writes down the events of a socket. */
function record(socket) {
  const events = [];
  for (const name of ["connect", "ready", "end", "finish", "timeout"]) socket.on(name, () => events.push(name));
  socket.on("close", (failed) => events.push(`close ${failed}`));
  socket.on("error", (error) => events.push(`error ${error.code ?? error.message}`));
  return events;
}

const closed = (socket) => new Promise((resolve) => socket.once("close", resolve));

async function readAll(socket) {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

export const aFreshSocket = {
  test() {
    const socket = new net.Socket();
    assert.ok(socket instanceof Duplex);
    assert.ok(net.Socket() instanceof net.Socket);
    assert.deepStrictEqual(
      [socket.connecting, socket.pending, socket.readyState, socket.destroyed, socket.allowHalfOpen],
      [false, true, "open", false, false],
    );
    assert.deepStrictEqual([socket.bytesRead, socket.bytesWritten, socket.timeout], [0, 0, undefined]);
    for (const name of ["remoteAddress", "remotePort", "remoteFamily", "localAddress", "localPort", "bufferSize"]) {
      assert.strictEqual(socket[name], undefined, name);
    }
    assert.deepStrictEqual(socket.address(), {});
    assert.deepStrictEqual(socket.autoSelectFamilyAttemptedAddresses, []);
    assert.strictEqual(socket.setNoDelay(), socket);
    assert.strictEqual(socket.setKeepAlive(true, 5), socket);
    assert.strictEqual(socket.ref(), undefined);
    assert.strictEqual(socket.unref(), undefined);
  },
};

export const optionsOfASocket = {
  test() {
    const refused = [
      [{ fd: 1 }, "ERR_OPTION_NOT_IMPLEMENTED", "The options.fd option is not implemented"],
      [1, "ERR_OPTION_NOT_IMPLEMENTED", "The options.fd option is not implemented"],
      [
        { objectMode: true },
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.objectMode' is not supported. Received true",
      ],
      [
        { readableObjectMode: true },
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.readableObjectMode' is not supported. Received true",
      ],
      [
        { keepAliveInitialDelay: "1" },
        "ERR_INVALID_ARG_TYPE",
        `The "options.keepAliveInitialDelay" property must be of type number. Received type string ('1')`,
      ],
      [{ handle: 1 }, "ERR_INVALID_ARG_TYPE", 'The "options.handle" property must be of type object. Received type number (1)'],
      [{ signal: 1 }, "ERR_INVALID_ARG_TYPE", /must be an instance of AbortSignal/],
    ];
    for (const [options, code, message] of refused) assert.throws(() => new net.Socket(options), { code, message });
    for (const options of [{ noDelay: true }, { keepAlive: true }, {}, undefined]) new net.Socket(options);
  },
};

export const argumentsAreChecked = {
  test() {
    const refused = [
      [{}, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified'],
      ["/tmp/x", "ERR_INVALID_ARG_VALUE", "The argument 'path' is not supported. Received '/tmp/x'"],
      [{ path: "/tmp/x" }, "ERR_INVALID_ARG_VALUE", "The argument 'path' is not supported. Received '/tmp/x'"],
      [99999, "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536. Received number."],
      [{ port: "a" }, "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536. Received string."],
      [
        { port: true },
        "ERR_INVALID_ARG_TYPE",
        'The "options.port" property must be one of type number or string. Received type boolean (true)',
      ],
      [{ port: 1, localAddress: "a" }, "ERR_INVALID_IP_ADDRESS", "Invalid IP address: a"],
      [{ port: 1, localPort: "a" }, "ERR_INVALID_ARG_TYPE", /The "options.localPort" property must be of type number/],
      [{ port: 1, lookup: "a" }, "ERR_INVALID_ARG_TYPE", /The "options.lookup" property must be of type function/],
      [{ port: 1, autoSelectFamily: "a" }, "ERR_INVALID_ARG_TYPE", /must be of type boolean/],
      [
        { port: 1, autoSelectFamilyAttemptTimeout: -4 },
        "ERR_OUT_OF_RANGE",
        /It must be >= 1 && <= 2147483647. Received -4/,
      ],
    ];
    for (const [options, code, message] of refused) assert.throws(() => net.connect(options), { code, message });
  },
};

export const bytesGoBothWays = {
  async test() {
    const socket = net.connect(1234, "example.com");
    const events = record(socket);
    assert.deepStrictEqual([socket.connecting, socket.pending, socket.readyState], [true, true, "opening"]);
    assert.strictEqual(socket.remoteAddress, "example.com");
    let text = "";
    socket.on("data", (chunk) => {
      assert.ok(Buffer.isBuffer(chunk));
      text += chunk;
      socket.end();
    });
    socket.on("connect", () => socket.write("hi"));
    assert.strictEqual(await closed(socket), false);
    assert.strictEqual(text, "hi");
    assert.deepStrictEqual(events, ["connect", "ready", "finish", "end", "close false"]);
    assert.strictEqual(socket.bytesRead, 2);
    assert.deepStrictEqual([socket.destroyed, socket.readyState, socket.remoteAddress], [true, "closed", undefined]);
  },
};

export const addressesOfAConnection = {
  async test() {
    const socket = net.connect({ port: 1234, host: "1.2.3.4" });
    await once(socket, "connect");
    assert.deepStrictEqual(
      [socket.remoteAddress, socket.remotePort, socket.remoteFamily],
      ["1.2.3.4", 1234, "IPv4"],
    );
    assert.deepStrictEqual([socket.localAddress, socket.localPort, socket.localFamily], ["0.0.0.0", 0, "IPv4"]);
    assert.deepStrictEqual(socket.address(), { address: "0.0.0.0", port: 0, family: "IPv4" });
    assert.deepStrictEqual(socket.autoSelectFamilyAttemptedAddresses, ["1.2.3.4:1234"]);
    assert.deepStrictEqual([socket.readyState, socket.pending], ["open", false]);
    socket.destroy();
    await closed(socket);
  },
};

export const addressesOfTheOtherFamily = {
  async test() {
    const socket = net.connect({ port: 1234, host: "::1" });
    await once(socket, "connect");
    assert.deepStrictEqual([socket.remoteAddress, socket.remoteFamily], ["::1", "IPv6"]);
    assert.deepStrictEqual(socket.autoSelectFamilyAttemptedAddresses, ["[::1]:1234"]);
    socket.end().resume();
    await closed(socket);
  },
};

export const theCallbackOfConnect = {
  async test() {
    const socket = await new Promise((resolve) => {
      const socket = net.connect(1234, () => resolve(socket));
    });
    assert.strictEqual(socket.remoteAddress, "localhost");
    socket.destroy();
    await closed(socket);
  },
};

export const writesBeforeTheConnection = {
  async test() {
    const socket = net.connect({ port: 1234, host: "h" });
    const done = [];
    assert.strictEqual(socket.write("abc", () => done.push("write")), true);
    socket.write(Buffer.from("def"));
    socket.end("ghi", () => done.push("end"));
    assert.strictEqual(await readAll(socket), "abcdefghi");
    assert.deepStrictEqual(done, ["write", "end"]);
  },
};

export const whatMayBeWritten = {
  async test() {
    const socket = net.connect(1234);
    socket.write("6869", "hex");
    socket.write(new Uint8Array([33]));
    assert.throws(() => socket.write(5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => socket.write(null), { code: "ERR_STREAM_NULL_VALUES" });
    socket.end();
    assert.strictEqual(await readAll(socket), "hi!");
  },
};

export const encodings = {
  async test() {
    const socket = net.connect(1234);
    socket.setEncoding("hex");
    socket.end("abc");
    assert.strictEqual(await readAll(socket), "616263");
  },
};

export const corkedWritesAreOne = {
  async test() {
    const socket = net.connect(1234);
    const sizes = [];
    socket.on("data", (chunk) => sizes.push(chunk.length));
    socket.cork();
    for (let i = 0; i < 5; i++) socket.write("ab");
    socket.uncork();
    socket.end();
    await closed(socket);
    assert.deepStrictEqual(sizes, [10]);
    assert.strictEqual(socket.bytesRead, 10);
  },
};

export const aLotOfBytes = {
  async test() {
    const socket = net.connect(1234);
    let bytes = 0;
    socket.on("data", (chunk) => bytes += chunk.length);
    for (let i = 0; i < 32; i++) socket.write(Buffer.alloc(40_000, i));
    socket.end();
    await closed(socket);
    assert.strictEqual(bytes, 32 * 40_000);
  },
};

export const aPausedSocketKeepsItsBytes = {
  async test() {
    const socket = net.connect(1234);
    let text = "";
    socket.pause();
    socket.on("data", (chunk) => text += chunk);
    socket.write("abc");
    await scheduler.wait(20);
    assert.strictEqual(text, "");
    socket.resume();
    await once(socket, "data");
    assert.strictEqual(text, "abc");
    socket.end();
    await closed(socket);
  },
};

export const socketsArePiped = {
  async test() {
    const socket = net.connect(1234);
    const { pipeline } = await import("node:stream/promises");
    const { Readable } = await import("node:stream");
    const seen = [];
    await pipeline(Readable.from([Buffer.from("a"), Buffer.from("b")]), socket, async function (source) {
      for await (const chunk of source) seen.push(chunk.toString());
    });
    assert.strictEqual(seen.join(""), "ab");
  },
};

export const onreadTakesWhatIsRead = {
  async test() {
    let socket;
    const got = await new Promise((resolve) => {
      const onread = {
        buffer: () => Buffer.alloc(16),
        callback(count, buffer) {
          resolve([count, buffer.toString("latin1", 0, count)]);
          return true;
        },
      };
      socket = net.connect({ port: 1234, onread });
      socket.on("data", () => assert.fail("it is taken"));
      socket.write("abcdefg");
    });
    assert.deepStrictEqual(got, [7, "abcdefg"]);
    socket.destroy();
    await closed(socket);
  },
};

export const destroyedBeforeItConnects = {
  async test() {
    const socket = net.connect(1234);
    const events = record(socket);
    assert.strictEqual(socket.destroy(), socket);
    assert.ok(socket.destroyed);
    await closed(socket);
    assert.deepStrictEqual(events, ["close false"]);
  },
};

export const destroyedWithAnError = {
  async test() {
    const socket = net.connect(1234);
    const events = record(socket);
    socket.on("connect", () => socket.destroy(new Error("boom")));
    assert.strictEqual(await closed(socket), true);
    assert.deepStrictEqual(events.slice(0, 4), ["connect", "ready", "error boom", "close true"]);
  },
};

export const aWriteThatTheConnectionNeverSees = {
  async test() {
    const socket = net.connect(1234);
    const failed = new Promise((resolve) => socket.write("x", resolve));
    socket.destroy();
    const error = await failed;
    assert.strictEqual(error.code, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION");
    assert.strictEqual(error.message, "Socket closed before connection established");
  },
};

export const aWriteAfterTheEnd = {
  async test() {
    const socket = net.connect(1234);
    const events = record(socket);
    await once(socket, "connect");
    socket.end();
    const failed = new Promise((resolve) => socket.write("x", resolve));
    assert.strictEqual((await failed).code, "ERR_STREAM_WRITE_AFTER_END");
    await closed(socket);
    assert.ok(events.includes("error ERR_STREAM_WRITE_AFTER_END"));
  },
};

export const aWriteWithoutAConnection = {
  async test() {
    const socket = new net.Socket();
    record(socket);
    const error = await new Promise((resolve) => socket.write("x", resolve));
    assert.deepStrictEqual([error.code, error.message], ["ERR_SOCKET_CLOSED", "Socket is closed"]);
  },
};

export const resetting = {
  async test() {
    const socket = net.connect(1234);
    const events = record(socket);
    await once(socket, "connect");
    assert.strictEqual(socket.resetAndDestroy(), socket);
    await closed(socket);
    assert.deepStrictEqual(events, ["connect", "ready", "close false"]);
    const fresh = new net.Socket();
    const seen = record(fresh);
    fresh.resetAndDestroy();
    await once(fresh, "error").catch(() => {});
    assert.strictEqual(seen[0], "error ERR_SOCKET_CLOSED");
  },
};

export const destroyedWhenAllIsWritten = {
  async test() {
    const socket = net.connect(1234);
    const events = record(socket);
    await once(socket, "connect");
    socket.write("abc");
    socket.destroySoon();
    await closed(socket);
    assert.deepStrictEqual(events, ["connect", "ready", "finish", "close false"]);
  },
};

export const aSocketConnectsOnce = {
  async test() {
    const socket = net.connect(1234);
    assert.throws(() => socket.connect(1), { code: "ERR_SOCKET_CONNECTING", message: "Socket is already connecting" });
    socket.destroy();
    await closed(socket);
  },
};

export const aSocketConnectsAgain = {
  async test() {
    const socket = net.connect(1234);
    await once(socket, "connect");
    socket.destroy();
    await closed(socket);
    let text = "";
    socket.on("data", (chunk) => text += chunk);
    socket.connect(1234, () => socket.end("again"));
    await closed(socket);
    assert.strictEqual(text, "again");
  },
};

export const anAbortedSignal = {
  async test() {
    const controller = new AbortController();
    const socket = net.connect({ port: 1234, signal: controller.signal });
    const errors = [];
    socket.on("error", (error) => errors.push(error));
    await once(socket, "connect");
    controller.abort();
    assert.strictEqual(await closed(socket), true);
    assert.deepStrictEqual([errors[0].name, errors[0].code], ["AbortError", "ABORT_ERR"]);
  },
};

export const lookupsOfTheProgram = {
  async test() {
    const asked = [];
    const socket = net.connect({
      port: 1234,
      host: "some.name",
      family: 4,
      lookup(host, options, callback) {
        asked.push(host, options.family);
        queueMicrotask(() => callback(null, "9.9.9.9", 4));
      },
    });
    const seen = [];
    socket.on("lookup", (...args) => seen.push(...args));
    await once(socket, "connect");
    assert.deepStrictEqual(asked, ["some.name", 4]);
    assert.deepStrictEqual(seen, [null, "9.9.9.9", 4, "some.name"]);
    assert.deepStrictEqual([socket.remoteAddress, socket.remoteFamily], ["9.9.9.9", "IPv4"]);
    socket.destroy();
    await closed(socket);
  },
};

export const lookupsThatFail = {
  async test() {
    const socket = net.connect({
      port: 1234,
      host: "some.name",
      lookup: (_host, _options, callback) => queueMicrotask(() => callback(new Error("nx"))),
    });
    const events = record(socket);
    assert.strictEqual(await closed(socket), true);
    assert.deepStrictEqual(events.slice(0, 2), ["error nx", "close true"]);
  },
};

export const lookupsThatLie = {
  test() {
    const with_ = (address, family) => () =>
      net.connect({ port: 1, host: "h", lookup: (_host, _options, callback) => callback(null, address, family) });
    assert.throws(with_("zz", 4), { code: "ERR_INVALID_IP_ADDRESS", message: "Invalid IP address: zz" });
    assert.throws(with_("1.1.1.1", 5), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'family' must be 4 or 6. Received 5",
    });
  },
};

export const timeouts = {
  async test() {
    const socket = net.connect({ port: 1234, timeout: 20 });
    assert.strictEqual(socket.timeout, 20);
    await once(socket, "timeout");
    assert.ok(!socket.destroyed);
    socket.destroy();
    await closed(socket);
    const other = net.connect(1234);
    await new Promise((resolve) => assert.strictEqual(other.setTimeout(10, resolve), other));
    other.destroy();
    await closed(other);
  },
};

export const timeoutsAreChecked = {
  test() {
    const socket = new net.Socket();
    const range = /The value of "msecs" is out of range. It must be a non-negative finite number/;
    for (const value of [-1, Infinity]) {
      assert.throws(() => socket.setTimeout(value), { name: "RangeError", code: "ERR_OUT_OF_RANGE", message: range });
    }
    assert.throws(() => socket.setTimeout("a"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => socket.setTimeout(0, 5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.strictEqual(socket.setTimeout(0), socket);
  },
};

export const bothWaysEndByThemselves = {
  async test() {
    const socket = net.connect({ port: 1234, allowHalfOpen: true });
    const events = record(socket);
    socket.end("abc");
    assert.strictEqual(await readAll(socket), "abc");
    assert.deepStrictEqual(events.slice(0, 4), ["connect", "ready", "finish", "end"]);
  },
};

export const hostsThatCannotBe = {
  async test() {
    const socket = net.connect(80, "a b");
    const error = await new Promise((resolve) => socket.on("error", resolve));
    assert.deepStrictEqual([error.name, error.message], ["TypeError", "Specified address could not be parsed."]);
  },
};

export const eventsOfAnAttempt = {
  async test() {
    const socket = new net.Socket();
    const seen = [];
    socket.on("connectionAttempt", (...args) => seen.push(...args));
    socket.connect({ port: 1234, host: "h" });
    await once(socket, "ready");
    assert.deepStrictEqual(seen, ["h", 1234, 0]);
    socket.destroy();
    await closed(socket);
  },
};
