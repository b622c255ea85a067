import assert from "node:assert";
import shared from "test-ext:public";

export const target = { fetch: () => new Response("target") };
export const database = {
  async fetch(request) {
    const asked = await request.json();
    const answer = ({ sql, params }) =>
      sql.includes("bad")
        ? { success: false, error: "no such table" }
        : { success: true, meta: { duration: 2 }, results: { columns: ["sql", "params"], rows: [[sql, params ?? null], ["b", 2]] } };
    const body = Array.isArray(asked) ? asked.map(answer) : answer(asked);
    return Response.json(body, { headers: { "x-cf-d1-session-commit-token": "bookmark" } });
  },
};

export const everyEntryIsInItsPlace = {
  test(_ctrl, env) {
    assert.deepStrictEqual(Object.keys(env).slice(0, 4), ["FIRST", "WRAPPED", "NAMED", "D1"]);
    assert.strictEqual(Object.keys(env).at(-1), "LAST");
  },
};
export const wrappedSeesItsInnerBindings = {
  async test(_ctrl, env) {
    assert.deepStrictEqual(env.WRAPPED.names, ["TEXT", "SERVICE", "KEY"]);
    assert.strictEqual(env.WRAPPED.text, "inner");
    assert.strictEqual(env.WRAPPED.key.algorithm.name, "AES-GCM");
    assert.strictEqual(await env.WRAPPED.fetch(), "target");
  },
};
export const wrappedByANamedFunction = {
  test: (_ctrl, env) => assert.strictEqual(env.NAMED.a, 1),
};
export const extensionsImportEachOther = {
  test(_ctrl, env) {
    assert.strictEqual(env.WRAPPED.helped, "helped inner");
    assert.strictEqual(shared, "helped public");
  },
};
export const internalModulesAreNotForWorkers = {
  async test() {
    await assert.rejects(import("test-ext:internal"), { message: 'No such module "test-ext:internal".' });
    await assert.rejects(import("cloudflare-internal:d1-api"), { message: 'No such module "cloudflare-internal:d1-api".' });
  },
};
export const cryptoKey = {
  async test(_ctrl, env) {
    const { type, extractable, usages, algorithm } = env.KEY;
    assert.deepStrictEqual([type, extractable, usages, algorithm.name, algorithm.hash.name], ["secret", true, ["sign", "verify"], "HMAC", "SHA-256"]);
    assert.strictEqual((await crypto.subtle.sign("HMAC", env.KEY, new Uint8Array(1))).byteLength, 32);
    assert.strictEqual(new TextDecoder().decode(await crypto.subtle.exportKey("raw", env.KEY)), "secret");
  },
};
export const unsetVariableIsNull = {
  test: (_ctrl, env) => assert.strictEqual(env.UNSET, null),
};

export const d1All = {
  async test(_ctrl, env) {
    const { success, meta, results } = await env.D1.prepare("select").bind(1, "a", null, new Uint8Array([1, 2]), true).all();
    assert.deepStrictEqual([success, meta.duration], [true, 2]);
    assert.deepStrictEqual(results[0], { sql: "select", params: [1, "a", null, [1, 2], 1] });
  },
};
export const d1First = {
  async test(_ctrl, env) {
    assert.deepStrictEqual(await env.D1.prepare("select").first(), { sql: "select", params: [] });
    assert.strictEqual(await env.D1.prepare("select").first("sql"), "select");
    await assert.rejects(env.D1.prepare("select").first("zz"), { message: "D1_COLUMN_NOTFOUND: Column not found (zz)" });
  },
};
export const d1Raw = {
  async test(_ctrl, env) {
    assert.deepStrictEqual(await env.D1.prepare("s").raw(), [["s", []], ["b", 2]]);
    assert.deepStrictEqual((await env.D1.prepare("s").raw({ columnNames: true }))[0], ["sql", "params"]);
  },
};
export const d1Batch = {
  async test(_ctrl, env) {
    const results = await env.D1.batch([env.D1.prepare("a").bind(1), env.D1.prepare("b")]);
    assert.deepStrictEqual(results.map(({ results: [row] }) => row.sql), ["a", "b"]);
  },
};
export const d1Exec = {
  async test(_ctrl, env) {
    assert.deepStrictEqual(await env.D1.exec("a;\nb;"), { count: 2, duration: 4 });
    await assert.rejects(env.D1.exec("a;\nbad;"), { message: "D1_EXEC_ERROR: Error in line 2: bad;: no such table" });
  },
};
export const d1Errors = {
  async test(_ctrl, env) {
    await assert.rejects(env.D1.prepare("bad").all(), (error) => {
      assert.deepStrictEqual([error.message, error.cause.message], ["D1_ERROR: no such table", "no such table"]);
      return true;
    });
    assert.throws(() => env.D1.prepare("x").bind(undefined), {
      message: "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
    });
  },
};
export const d1Sessions = {
  async test(_ctrl, env) {
    const session = env.D1.withSession("first-primary");
    assert.strictEqual(session.getBookmark(), null);
    await session.prepare("x").all();
    assert.strictEqual(session.getBookmark(), "bookmark");
  },
};

export const unsafeEvalRunsScripts = {
  test(_ctrl, env) {
    assert.strictEqual(env.EVAL.eval("1 + 1"), 2);
    assert.throws(() => env.EVAL.eval("throw new RangeError('boo')"), { name: "RangeError", message: "boo" });
    assert.throws(() => env.EVAL.eval("%%"), { name: "SyntaxError" });
    assert.throws(() => eval("1"), { name: "EvalError" });
  },
};
export const unsafeEvalMakesFunctions = {
  async test(_ctrl, env) {
    assert.strictEqual(env.EVAL.newFunction("return a + b", "add", "a", "b")(1, 2), 3);
    assert.strictEqual(env.EVAL.newFunction("return 1", "named").name, "named");
    assert.strictEqual(await env.EVAL.newAsyncFunction("return await a", "later", "a")(Promise.resolve(4)), 4);
  },
};
export const unsafeEvalMakesWasm = {
  test(_ctrl, env) {
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    assert.ok(env.EVAL.newWasmModule(bytes) instanceof WebAssembly.Module);
    assert.throws(() => env.EVAL.newWasmModule(new Uint8Array([1])), { name: "CompileError" });
  },
};

export const memoryCacheReads = {
  async test(_ctrl, env) {
    assert.strictEqual(await env.CACHE.read("a"), undefined);
    assert.deepStrictEqual(await env.CACHE.read("a", async (key) => ({ value: { key } })), { key: "a" });
    assert.deepStrictEqual(await env.CACHE.read("a", () => assert.fail()), { key: "a" });
    assert.deepStrictEqual(await env.SAME_CACHE.read("a"), { key: "a" });
  },
};
export const memoryCacheFallbackFails = {
  async test(_ctrl, env) {
    const failing = async () => {
      throw new TypeError("nope");
    };
    await assert.rejects(env.CACHE.read("b", failing), { name: "TypeError", message: "nope" });
    await assert.rejects(env.CACHE.read("x".repeat(3000)), { name: "RangeError", message: "Key too large." });
  },
};
export const memoryCacheForgets = {
  async test(_ctrl, env) {
    const expired = async () => ({ value: 1, expiration: Date.now() - 1000 });
    assert.deepStrictEqual([await env.CACHE.read("c", expired), await env.CACHE.read("c")], [1, undefined]);
    const large = async () => ({ value: "x".repeat(200) });
    assert.strictEqual((await env.CACHE.read("d", large)).length, 200);
    assert.strictEqual(await env.CACHE.read("d"), undefined);
    assert.strictEqual(await env.NO_CACHE.read("e", async () => ({ value: 1 })), 1);
    assert.strictEqual(await env.NO_CACHE.read("e"), undefined);
  },
};
export const memoryCacheEvictsTheLeastRecentlyUsed = {
  async test(_ctrl, env) {
    for (const key of ["1", "2", "3", "4"]) await env.CACHE.read(key, async () => ({ value: key }));
    assert.deepStrictEqual([await env.CACHE.read("1"), await env.CACHE.read("2"), await env.CACHE.read("4")], [undefined, "2", "4"]);
  },
};
export const memoryCacheRunsOneFallbackAtATime = {
  async test(_ctrl, env) {
    let count = 0;
    const fallback = async () => {
      count++;
      await null;
      return { value: count };
    };
    assert.deepStrictEqual(await Promise.all([env.CACHE.read("z", fallback), env.CACHE.read("z", fallback)]), [1, 1]);
    assert.strictEqual(count, 1);
  },
};
