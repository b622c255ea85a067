// Blob and File: parts, types, slices and the ways to read them.
import assert from "node:assert";

const throws = (fn, message, name = "TypeError") => assert.throws(fn, { name, message });

export const parts = {
  async test() {
    const bytes = new Uint8Array([65]);
    const view = new DataView(new Uint8Array([67]).buffer);
    const blob = new Blob(["a", 5, null, {}, bytes, new Uint8Array([66]).buffer, view, new Blob(["x"])]);
    assert.strictEqual(await blob.text(), "a5null[object Object]ABCx");
    assert.strictEqual(new Blob().size, 0);
  },
};

export const partsAreAnArray = {
  test() {
    for (const given of [null, 5, "abc", {}, new Set(["a"]), { length: 1, 0: "a" }]) {
      throws(() => new Blob(given), "Failed to construct 'Blob': constructor parameter 1 is not of type 'Array'.");
    }
    throws(() => new Blob([Symbol("s")]), "Cannot convert a Symbol value to a string");
  },
};

export const partsAreCopied = {
  async test() {
    const bytes = new Uint8Array([65]);
    const blob = new Blob([bytes]);
    bytes[0] = 66;
    assert.strictEqual(await blob.text(), "A");
    new Uint8Array(await blob.arrayBuffer())[0] = 66;
    (await blob.bytes())[0] = 66;
    assert.strictEqual(await blob.text(), "A");
  },
};

export const types = {
  test() {
    const typeOf = (type) => new Blob([], { type }).type;
    assert.strictEqual(typeOf("Text/PLAIN; A=B"), "text/plain; a=b");
    assert.strictEqual(typeOf("a\u00e9"), "");
    assert.strictEqual(typeOf("a\tb"), "");
    assert.strictEqual(typeOf(null), "null");
    assert.strictEqual(typeOf(undefined), "");
  },
};

export const options = {
  test() {
    assert.strictEqual(new Blob([], null).type, "");
    throws(() => new Blob([], 5), "Failed to construct 'Blob': constructor parameter 2 is not of type 'Options'.");
    throws(() => new Blob([], { endings: "native" }), "The 'endings' field on 'Options' is not implemented.", "Error");
  },
};

export const slices = {
  async test() {
    const blob = new Blob(["hello"], { type: "a/b" });
    const slice = (...given) => blob.slice(...given).text();
    const cases = [
      [[], "hello"], [[1], "ello"], [[1, 3], "el"], [[-2], "lo"], [[0, -1], "hell"], [[3, 1], ""], [[99], ""],
      [[-99, 2], "he"], [[null, 2], "he"], [[NaN], "hello"], [["1"], "ello"], [[1.9], "ello"], [[0, null], ""],
    ];
    for (const [given, expected] of cases) assert.strictEqual(await slice(...given), expected, JSON.stringify(given));
  },
};

export const slicesHaveTypesOfTheirOwn = {
  test() {
    const blob = new Blob(["hello"], { type: "a/b" });
    assert.strictEqual(blob.slice(1).type, "");
    assert.strictEqual(blob.slice(1, 2, "X/Y").type, "x/y");
    throws(() => blob.slice(2 ** 32), "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  },
};

export const slicesOfSlices = {
  async test() {
    const slice = new Blob(["abcdef"]).slice(1, 5).slice(1, 3);
    assert.strictEqual(await slice.text(), "cd");
    assert.strictEqual((await slice.arrayBuffer()).byteLength, 2);
    assert.strictEqual(await new Response(slice).text(), "cd");
  },
};

export const reading = {
  async test() {
    assert.deepStrictEqual([...await new Blob(["ab"]).bytes()], [97, 98]);
    assert.strictEqual(await new Blob([new Uint8Array([255, 65])]).text(), "\ufffdA");
    assert.strictEqual(await new Blob(["\ufeffx"]).text(), "\ufeffx");
  },
};

export const streams = {
  async test() {
    const reader = new Blob(["ab"]).stream().getReader({ mode: "byob" });
    const { done, value } = await reader.read(new Uint8Array(10));
    assert.deepStrictEqual([done, value.length], [false, 2]);
    assert.strictEqual((await reader.read(new Uint8Array(10))).done, true);
  },
};

export const files = {
  test() {
    const file = new File(["abc"], "n", { type: "A/B", lastModified: 5 });
    assert.deepStrictEqual([file.name, file.type, file.size, file.lastModified], ["n", "a/b", 3, 5]);
    assert.strictEqual(file instanceof Blob, true);
    assert.strictEqual(file.slice(1).constructor, Blob);
    assert.strictEqual(typeof new File([], "n").lastModified, "number");
  },
};

export const filesNeedAName = {
  test() {
    throws(() => new File(), "Failed to construct 'File': constructor parameter 2 is not of type 'string'.");
    throws(() => new File([]), "Failed to construct 'File': constructor parameter 2 is not of type 'string'.");
    throws(() => new File(null, "n"), "Failed to construct 'File': constructor parameter 1 is not of type 'Array'.");
    assert.strictEqual(new File(undefined, "a/b").name, "a/b");
  },
};

export const timesOfFiles = {
  test() {
    const timeOf = (lastModified) => new File([], "n", { lastModified }).lastModified;
    assert.deepStrictEqual([5, NaN, -1.5, null, "7", new Date(9)].map(timeOf), [5, 0, -1.5, 0, 7, 9]);
  },
};

export const optionsAreReadInOrder = {
  test() {
    const seen = [];
    new File([], "n", new Proxy({}, { get: (_, key) => void seen.push(key) }));
    assert.deepStrictEqual(seen, ["type", "lastModified", "endings"]);
  },
};

export const resizableBuffers = {
  test() {
    const make = () => new Blob([new ArrayBuffer(3, { maxByteLength: 5 })]);
    if (Cloudflare.compatibilityFlags.no_resizable_array_buffer_in_blob) {
      throws(make, "Cannot create a Blob with a resizable ArrayBuffer");
    } else {
      assert.strictEqual(make().size, 3);
    }
  },
};
