// node:buffer.
import assert from "node:assert";
import buffer, { Buffer, constants, isAscii, isUtf8, kMaxLength, transcode } from "node:buffer";

const bytes = (...values) => new Uint8Array(values);

export const buffersAreBytes = {
  test() {
    const made = Buffer.from("abc");
    assert.ok(made instanceof Uint8Array);
    assert.ok(Buffer.isBuffer(made));
    assert.ok(!Buffer.isBuffer(bytes(1)));
    assert.strictEqual(made.length, 3);
    assert.strictEqual(made.buffer.byteLength, 3);
    assert.strictEqual(made.byteOffset, 0);
  },
};

export const encodingsGoBothWays = {
  test() {
    const text = "h\u00e9llo \u{1f600}";
    for (const encoding of ["utf8", "utf-8", "utf16le", "ucs2"]) {
      assert.strictEqual(Buffer.from(text, encoding).toString(encoding), text);
    }
    assert.strictEqual(Buffer.from("68e980ff", "hex").toString("hex"), "68e980ff");
    assert.strictEqual(Buffer.from("aOmA/w==", "base64").toString("base64"), "aOmA/w==");
    assert.strictEqual(Buffer.from("aOmA_w", "base64url").toString("base64url"), "aOmA_w");
    assert.strictEqual(Buffer.from("h\u00e9", "latin1").toString("binary"), "h\u00e9");
    assert.strictEqual(Buffer.from([0xe9]).toString("ascii"), "i");
    assert.throws(() => Buffer.from("x", "nope"), { code: "ERR_UNKNOWN_ENCODING", message: "Unknown encoding: nope" });
  },
};

export const lenientDecoding = {
  test() {
    assert.deepStrictEqual([...Buffer.from("abc", "hex")], [0xab]);
    assert.deepStrictEqual([...Buffer.from("zz", "hex")], []);
    assert.strictEqual(Buffer.from("Y Q = =", "base64").toString(), "a");
    assert.deepStrictEqual([...Buffer.from("_-8", "base64")], [0xff, 0xef]);
  },
};

export const whatABufferCanBeMadeOf = {
  test() {
    assert.deepStrictEqual([...Buffer.from([1.5, -1, 300])], [1, 255, 44]);
    assert.deepStrictEqual([...Buffer.from({ type: "Buffer", data: [1, 2] })], [1, 2]);
    const memory = new ArrayBuffer(4);
    const shared = Buffer.from(memory, 1, 2);
    shared[0] = 9;
    assert.deepStrictEqual([...new Uint8Array(memory)], [0, 9, 0, 0]);
    assert.throws(() => Buffer.from(memory, 5), { code: "ERR_BUFFER_OUT_OF_BOUNDS" });
    assert.throws(() => Buffer.from(5), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => Buffer.from(null), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const allocating = {
  test() {
    assert.deepStrictEqual([...Buffer.alloc(5, "ab")], [97, 98, 97, 98, 97]);
    assert.deepStrictEqual([...Buffer.alloc(2)], [0, 0]);
    assert.strictEqual(Buffer.allocUnsafe(3).length, 3);
    assert.throws(() => Buffer.alloc("5"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => Buffer.alloc(2 ** 32), { name: "RangeError", code: "ERR_OUT_OF_RANGE" });
    assert.strictEqual(kMaxLength, 2147483647);
    assert.strictEqual(constants.MAX_LENGTH, kMaxLength);
  },
};

export const joiningAndComparing = {
  test() {
    assert.strictEqual(Buffer.concat([Buffer.from("a"), bytes(98)]).toString(), "ab");
    assert.strictEqual(Buffer.concat([Buffer.from("abc")], 2).toString(), "ab");
    assert.strictEqual(Buffer.concat([Buffer.from("a")], 3).length, 3);
    assert.strictEqual(Buffer.compare(Buffer.from("a"), Buffer.from("b")), -1);
    assert.ok(Buffer.from("a").equals(bytes(97)));
    assert.strictEqual(Buffer.byteLength("h\u00e9\u{1f600}"), 7);
    assert.strictEqual(Buffer.byteLength("YQ==", "base64"), 1);
  },
};

export const slicesShareMemory = {
  test() {
    const whole = Buffer.from("hello");
    whole.slice(1, 3)[0] = 0x45;
    assert.strictEqual(whole.toString(), "hEllo");
    assert.strictEqual(whole.subarray(-2).toString(), "lo");
    assert.ok(Buffer.isBuffer(whole.subarray(0)));
  },
};

export const searching = {
  test() {
    const text = Buffer.from("hello world");
    assert.strictEqual(text.indexOf("o"), 4);
    assert.strictEqual(text.indexOf("o", 5), 7);
    assert.strictEqual(text.lastIndexOf("o"), 7);
    assert.strictEqual(text.indexOf(0x6f), 4);
    assert.strictEqual(text.indexOf(Buffer.from("wor")), 6);
    assert.strictEqual(text.indexOf("6c6f", 0, "hex"), 3);
    assert.ok(text.includes("wor"));
    assert.strictEqual(text.indexOf("zz"), -1);
    assert.throws(() => text.indexOf({}), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const writingAndFilling = {
  test() {
    const target = Buffer.alloc(6);
    assert.strictEqual(target.write("abc", 1), 3);
    assert.strictEqual(target.fill("xy", 4).toString("latin1"), "\0abcxy");
    assert.throws(() => target.write("a", 20), { code: "ERR_OUT_OF_RANGE" });
    const copy = Buffer.alloc(2);
    assert.strictEqual(target.copy(copy, 0, 1), 2);
    assert.strictEqual(copy.toString(), "ab");
  },
};

export const numbers = {
  test() {
    for (
      const [kind, value] of [
        ["UInt8", 200],
        ["Int16LE", -500],
        ["UInt16BE", 500],
        ["Int32BE", -70000],
        ["UInt32LE", 70000],
        ["FloatBE", 1.5],
        ["DoubleLE", -2.25],
        ["BigInt64LE", -5n],
        ["BigUInt64BE", 5n],
      ]
    ) {
      const target = Buffer.alloc(10);
      target[`write${kind}`](value, 1);
      assert.strictEqual(target[`read${kind}`](1), value);
      assert.throws(() => target[`read${kind}`](10), { name: "RangeError" });
      assert.throws(() => Buffer.alloc(0)[`read${kind}`](), { code: "ERR_BUFFER_OUT_OF_BOUNDS" });
    }
    const wide = Buffer.alloc(8);
    wide.writeIntBE(-5, 1, 6);
    assert.strictEqual(wide.readIntBE(1, 6), -5);
    assert.throws(() => Buffer.alloc(2).writeUInt16LE(65536), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const swapping = {
  test() {
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4]).swap16()], [2, 1, 4, 3]);
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4]).swap32()], [4, 3, 2, 1]);
    assert.throws(() => Buffer.alloc(3).swap16(), {
      name: "RangeError",
      code: "ERR_INVALID_BUFFER_SIZE",
      message: "Buffer size must be a multiple of 16-bits",
    });
  },
};

export const jsonAndText = {
  test() {
    assert.strictEqual(JSON.stringify(Buffer.from("a")), '{"type":"Buffer","data":[97]}');
    assert.strictEqual(`${Buffer.from("a")}`, "a");
    assert.strictEqual(Buffer.from("hello").toString("utf8", 1, 3), "el");
  },
};

export const checksAndTranscoding = {
  test() {
    assert.ok(isUtf8(Buffer.from("\u00e9")));
    assert.ok(!isUtf8(bytes(0xff)));
    assert.ok(isAscii(Buffer.from("a")));
    assert.ok(!isAscii(Buffer.from("\u00e9")));
    assert.deepStrictEqual([...transcode(Buffer.from("a"), "utf8", "utf16le")], [97, 0]);
    assert.strictEqual(buffer.atob("YQ=="), "a");
    assert.strictEqual(buffer.btoa("a"), "YQ==");
    assert.strictEqual(buffer.Blob, Blob);
    assert.strictEqual(buffer.File, File);
  },
};
