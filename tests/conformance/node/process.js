// node:process: the variables of the worker, and what of Node's process a worker can have.
import assert from "node:assert";
import process, { env, nextTick, platform } from "node:process";

const flags = Cloudflare.compatibilityFlags;
const V2 = flags.enable_nodejs_process_v2 === true;

export const variablesAreStrings = {
  test(_controller, bindings) {
    if (flags.nodejs_compat_populate_process_env) {
      assert.deepStrictEqual({ ...process.env }, { TEXT: "text", JSON: '{"a":1}', STRING: "s" });
    } else {
      assert.deepStrictEqual({ ...process.env }, {});
    }
    assert.notStrictEqual(process.env, bindings);
    assert.strictEqual(env, process.env);
  },
};

export const whatIsSetBecomesAString = {
  test(_controller, bindings) {
    process.env.NUMBER = 1;
    process.env.NOTHING = undefined;
    assert.strictEqual(process.env.NUMBER, "1");
    assert.strictEqual(process.env.NOTHING, "undefined");
    assert.strictEqual(bindings.NUMBER, undefined);
    delete process.env.NUMBER;
    delete process.env.NOTHING;
    assert.ok(!("NUMBER" in process.env));
    assert.throws(() => {
      process.env[Symbol("x")] = 1;
    }, { name: "TypeError", message: "Cannot convert a symbol value to a string" });
    assert.throws(() => Object.defineProperty(process.env, "X", { value: 1 }), { code: "ERR_INVALID_ARG_VALUE" });
  },
};

export const ticksAreMicrotasks = {
  async test() {
    const log = [];
    nextTick((...args) => log.push(args), 1, 2);
    log.push("now");
    await null;
    assert.deepStrictEqual(log, ["now", [1, 2]]);
  },
};

export const thePlatform = {
  test() {
    assert.strictEqual(platform, "linux");
    assert.strictEqual(process.features.tls, true);
    assert.ok(Object.isFrozen(process.features));
  },
};

export const theSmallProcess = {
  test() {
    if (V2) return;
    assert.deepStrictEqual(Object.keys(process).sort(), [
      "env",
      "exit",
      "features",
      "getBuiltinModule",
      "nextTick",
      "platform",
    ]);
  },
};

export const theLargeProcess = {
  test() {
    if (!V2) return;
    assert.strictEqual(process.title, "workerd");
    assert.deepStrictEqual(process.argv, ["workerd"]);
    assert.match(process.version, /^v\d+\.\d+\.\d+$/);
    assert.strictEqual(process.version, `v${process.versions.node}`);
    assert.deepStrictEqual([process.pid, process.ppid, process.getuid(), process.arch], [1, 0, 0, "x64"]);
    assert.strictEqual(process.umask(), 18);
    assert.strictEqual(process.uptime(), 0);
    assert.strictEqual(`${process}`, "[object process]");
  },
};

export const clocks = {
  test() {
    if (!V2) return;
    const [seconds, nanoseconds] = process.hrtime();
    assert.ok(Number.isInteger(seconds) && Number.isInteger(nanoseconds));
    assert.strictEqual(typeof process.hrtime.bigint(), "bigint");
    assert.throws(() => process.hrtime("x"), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "time" argument must be tuple of integers. Received type string (\'x\')',
    });
  },
};

export const whatThereIsNot = {
  test() {
    if (!V2) return;
    assert.throws(() => process.kill(1), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The process.kill method is not implemented",
    });
    assert.throws(() => process.binding("x"), { message: "The process.binding method is not implemented" });
    assert.throws(() => process.setuid(1), { code: "EPERM" });
  },
};

export const warningsAreEvents = {
  async test() {
    if (!V2) return;
    const seen = [];
    const listen = (warning) => seen.push([warning.name, warning.message, warning.code, warning.detail]);
    process.on("warning", listen);
    process.emitWarning("one");
    process.emitWarning("two", "Custom", "C1");
    process.emitWarning("three", { type: "T", code: "C2", detail: "D" });
    await null;
    process.off("warning", listen);
    assert.deepStrictEqual(seen, [
      ["Warning", "one", undefined, undefined],
      ["Custom", "two", "C1", undefined],
      ["T", "three", "C2", "D"],
    ]);
    assert.throws(() => process.emitWarning(1), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export default {
  fetch() {
    try {
      process.exit(3);
    } catch {
      // Too late: the request is over.
    }
    return new Response("never");
  },
};

export const exitEndsTheRequest = {
  async test(_controller, bindings) {
    await assert.rejects(bindings.SELF.fetch("http://example.com/"), {
      message: "The Node.js process.exit(3) API was called. Canceling the request.",
    });
  },
};
