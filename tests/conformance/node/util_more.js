// node:util in depth: MIME types, call sites, logs of sets, and what inspect prints.
import assert from "node:assert";
import { Buffer } from "node:buffer";
import util, { MIMEParams, MIMEType, debuglog, format, inspect } from "node:util";

export const mimeTypes = {
  test() {
    const type = new MIMEType("text/HTML; charset=utf-8;q=\"a b\"");
    assert.strictEqual(String(type), 'text/html;charset=utf-8;q="a b"');
    assert.strictEqual(type.essence, "text/html");
    type.type = "image";
    type.subtype = "PNG";
    assert.strictEqual(type.essence, "image/png");
    assert.strictEqual(JSON.stringify(new MIMEType("a/b")), '"a/b"');
    assert.strictEqual(Object.prototype.toString.call(type), "[object MIMEType]");
    assert.strictEqual(inspect(new MIMEType("a/b")).startsWith("MIMEType {"), true);
  },
};

export const mimeTypesThatAreNone = {
  test() {
    for (const text of ["nope", "", "a/"]) {
      assert.throws(() => new MIMEType(text), { name: "TypeError", message: `Not a valid MIME type: ${text}` });
    }
    assert.throws(() => new MIMEType(), {
      message: "Failed to construct 'MIMEType': constructor parameter 1 is not of type 'string'.",
    });
    const type = new MIMEType("a/b");
    assert.throws(() => {
      type.type = "x y";
    }, { name: "TypeError", message: "Not a valid MIME type" });
    assert.throws(() => {
      type.subtype = "";
    }, { message: "Not a valid MIME subtype" });
    assert.throws(() => {
      type.essence = "c/d";
    }, TypeError);
  },
};

export const mimeParameters = {
  test() {
    const { params } = new MIMEType("a/b;x=1;y=2");
    assert.strictEqual(params.get("x"), "1");
    assert.strictEqual(params.get("z"), null);
    assert.strictEqual(params.has("z"), false);
    assert.deepStrictEqual([...params], [["x", "1"], ["y", "2"]]);
    assert.deepStrictEqual([...params.keys()], ["x", "y"]);
    assert.deepStrictEqual([...params.values()], ["1", "2"]);
    params.set("z", 'a"b');
    params.delete("x");
    params.delete("y");
    assert.strictEqual(String(params), 'z="a\\"b"');
    assert.throws(() => params.set("a b", "c"), { name: "TypeError", message: "Not a valid MIME parameter" });
    assert.throws(() => params.set("a"), {
      message: "Failed to execute 'set' on 'MIMEParams': parameter 2 is not of type 'string'.",
    });
    // Of no type, they keep nothing.
    const alone = new MIMEParams();
    alone.set("a", "b");
    assert.strictEqual(String(alone), "");
  },
};

export const callSites = {
  test() {
    const [site] = util.getCallSites(5);
    assert.deepStrictEqual(Object.keys(site), ["functionName", "scriptName", "lineNumber", "columnNumber", "column"]);
    for (const wrong of [0, 201, "x"]) {
      assert.throws(() => util.getCallSites(wrong), {
        name: "Error",
        message: "Frame count should be between 1 and 200 inclusive.",
      });
    }
  },
};

export const logsOfSets = {
  test() {
    const log = debuglog("set");
    assert.strictEqual(log.enabled, true);
    assert.strictEqual(log.name, "logger");
  },
};

export const environmentsAsText = {
  test() {
    const parsed = util.parseEnv("A=1\nB='x y'\n#c\nC=\"q\\nw\"\nD=e # f\nexport E=5\nF=\n");
    assert.deepStrictEqual(parsed, { A: "1", B: "x y", C: "q\nw", D: "e", E: "5", F: "" });
    assert.strictEqual(Object.getPrototypeOf(parsed), Object.prototype);
  },
};

export const wellFormedStrings = {
  test() {
    assert.strictEqual(util.toUSVString("\ud800a"), "\ufffda");
    assert.throws(() => util.toUSVString(5), TypeError);
  },
};

export const inspectingOptions = {
  test() {
    assert.deepStrictEqual(Object.keys(inspect.defaultOptions), [
      "showHidden",
      "depth",
      "colors",
      "customInspect",
      "showProxy",
      "maxArrayLength",
      "maxStringLength",
      "breakLength",
      "compact",
      "sorted",
      "getters",
      "numericSeparator",
    ]);
    assert.strictEqual(inspect(new Set([1, 2, 3]), { maxArrayLength: 1 }), "Set(3) { 1, ... 2 more items }");
    assert.strictEqual(inspect([1, 2, 3, 4], { maxArrayLength: 2 }), "[ 1, 2, ... 2 more items ]");
    assert.strictEqual(inspect("x".repeat(20), { maxStringLength: 3 }), "'xxx'... 17 more characters");
    assert.strictEqual(inspect({ b: 1, a: 2 }, { sorted: true }), "{ a: 2, b: 1 }");
    assert.strictEqual(inspect({ a: 1, b: 2 }, { compact: false }), "{\n  a: 1,\n  b: 2\n}");
  },
};

export const inspectingNumbers = {
  test() {
    assert.strictEqual(inspect(123456789.12345, { numericSeparator: true }), "123_456_789.123_45");
    assert.strictEqual(inspect(-1234567n, { numericSeparator: true }), "-1_234_567n");
    assert.strictEqual(inspect(123, { numericSeparator: true }), "123");
    assert.strictEqual(inspect([-0, 1.5, 5n]), "[ -0, 1.5, 5n ]");
  },
};

export const inspectingText = {
  test() {
    assert.strictEqual(inspect("\x1b\x00\n\t\x7f"), "'\\x1B\\x00\\n\\t\\x7F'");
    assert.strictEqual(inspect(["\\x1b"]), "[ '\\\\x1b' ]");
    assert.strictEqual(inspect(Symbol("a b")), "Symbol(a b)");
    assert.strictEqual(inspect("a'b\"c"), "`a'b\"c`");
    assert.strictEqual(inspect({ "a-b": 1, 1: 2 }), "{ '1': 2, 'a-b': 1 }");
  },
};

export const inspectingProxies = {
  test() {
    assert.strictEqual(inspect(new Proxy({ a: 1 }, {})), "Proxy({ a: 1 })");
    assert.strictEqual(inspect(new Proxy({ a: 1 }, {}), { showProxy: true }), "Proxy [ { a: 1 }, {} ]");
  },
};

export const inspectingErrors = {
  test() {
    const error = Object.assign(new Error("e"), { code: "X" });
    assert.match(inspect(error), /^Error: e\n {4}at [^]*\{\n {2}code: 'X'\n\}$/);
    assert.match(inspect(new Error("e", { cause: new TypeError("c") })), /\[cause\]: TypeError: c\n/);
    assert.match(inspect(new AggregateError([new Error("1")], "agg")), /\[errors\]: \[\n/);
  },
};

export const inspectingTheWeb = {
  test() {
    assert.strictEqual(inspect(new Headers({ a: "b" })), "Headers(1) { 'a' => 'b', [immutable]: false }");
    assert.strictEqual(inspect(new Blob(["x"])).startsWith("Blob {"), true);
    assert.match(inspect(new Request("http://x/")), /^Request \{\n {2}method: 'GET',\n {2}url: 'http:\/\/x\/'/);
    // It refers to itself, and is not printed for ever.
    assert.match(inspect(globalThis), /ServiceWorkerGlobalScope/);
  },
};

export const formattingMore = {
  test() {
    assert.strictEqual(format("%s", 12345678901234567890n), "12345678901234567890n");
    assert.strictEqual(format("%d %i %f", "0x10", "42abc", "1.5"), "16 42 1.5");
    assert.strictEqual(format("%s", { toString: () => "own" }), "own");
    assert.strictEqual(format("%j", JSON.parse('{"a":[1]}')), '{"a":[1]}');
    assert.strictEqual(format("%s%", 5), "5%");
    assert.strictEqual(format("%c%s", "css", "x"), "x");
    assert.strictEqual(inspect(Buffer.from("abc")), "<Buffer 61 62 63>");
  },
};

export const inspectingClassesOfTheWeb = {
  test() {
    assert.match(inspect(Headers.prototype), /^Object \[Headers\] \{/);
    assert.match(inspect(new URLSearchParams("a=b")), /^URLSearchParams/);
  },
};
