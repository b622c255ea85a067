// node:buffer: numbers in and out, and the bounds of it all.
import assert from "node:assert";
import { Buffer, constants, kMaxLength, kStringMaxLength, transcode } from "node:buffer";

export const integersInAndOut = {
  test() {
    const bytes = Buffer.alloc(8);
    const values = [
      ["Int8", -5, 1], ["UInt8", 250, 1], ["Int16BE", -300, 2], ["Int16LE", -300, 2], ["UInt16BE", 60000, 2],
      ["UInt16LE", 60000, 2], ["Int32BE", -70000, 4], ["Int32LE", -70000, 4], ["UInt32BE", 4e9, 4],
      ["UInt32LE", 4e9, 4], ["BigInt64BE", -5n, 8], ["BigInt64LE", -5n, 8], ["BigUInt64BE", 2n ** 63n, 8],
      ["BigUInt64LE", 2n ** 63n, 8], ["FloatBE", 0.5, 4], ["FloatLE", 0.5, 4], ["DoubleBE", 0.1, 8], ["DoubleLE", 0.1, 8],
    ];
    for (const [name, value, size] of values) {
      assert.strictEqual(bytes[`write${name}`](value, 0), size, name);
      assert.strictEqual(bytes[`read${name}`](0), value, name);
    }
  },
};

export const integersOfAnyLength = {
  test() {
    const bytes = Buffer.alloc(6);
    for (let length = 1; length <= 6; length++) {
      const value = 2 ** (8 * length - 1) - 2;
      for (const order of ["BE", "LE"]) {
        bytes[`writeInt${order}`](-value, 0, length);
        assert.strictEqual(bytes[`readInt${order}`](0, length), -value);
        bytes[`writeUInt${order}`](value, 0, length);
        assert.strictEqual(bytes[`readUInt${order}`](0, length), value);
      }
    }
    assert.throws(() => bytes.readIntBE(0, 7), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "byteLength" is out of range. It must be >= 1 and <= 6. Received 7',
    });
  },
};

export const readsOutside = {
  test() {
    const bytes = Buffer.alloc(9);
    for (const name of ["readInt8", "readUInt16LE", "readInt32BE", "readDoubleLE"]) {
      assert.throws(() => bytes[name](100), {
        name: "RangeError",
        code: "ERR_OUT_OF_RANGE",
        message: 'The value of "offset" is out of range. It must be >= 0 && <= 9. Received 100',
      });
      assert.throws(() => bytes[name](1.5), {
        code: "ERR_OUT_OF_RANGE",
        message: 'The value of "offset" is out of range. It must be an integer. Received 1.5',
      });
      assert.throws(() => bytes[name]("0"), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "offset" argument must be of type number. Received type string ('0')`,
      });
    }
    assert.throws(() => Buffer.alloc(1).readInt16BE(0), {
      code: "ERR_BUFFER_OUT_OF_BOUNDS",
      message: "Attempt to access memory outside buffer bounds",
    });
  },
};

export const valuesThatDoNotFit = {
  test() {
    const bytes = Buffer.alloc(8);
    assert.throws(() => bytes.writeInt16BE(2 ** 33), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "value" is out of range. It must be >= -32768 and <= 32767. Received 8_589_934_592',
    });
    assert.throws(() => bytes.writeBigUInt64BE(-1n), {
      message: 'The value of "value" is out of range. It must be >= 0n and < 2n ** 64n. Received -1n',
    });
  },
};

export const comparisonsOfParts = {
  test() {
    const a = Buffer.from("xabcx");
    const b = Buffer.from("abc");
    assert.strictEqual(a.compare(b, 0, 3, 1, 4), 0);
    assert.strictEqual(b.compare(a), -1);
    assert.throws(() => a.compare(b, 0, 9), {
      message: 'The value of "targetEnd" is out of range. It must be >= 0 && <= 3. Received 9',
    });
    assert.throws(() => a.compare(b, 0, 3, 0, 9), {
      message: 'The value of "sourceEnd" is out of range. It must be >= 0 && <= 5. Received 9',
    });
    assert.throws(() => a.equals(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const copies = {
  test() {
    const source = Buffer.from("abcd");
    const target = Buffer.alloc(4);
    assert.strictEqual(source.copy(target, 1, 2), 2);
    assert.strictEqual(target.toString("latin1"), "\0cd\0");
    assert.strictEqual(source.copy(target, 9), 0);
    assert.strictEqual(source.copy(target, 0, 9), 0);
    assert.throws(() => source.copy(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const swaps = {
  test() {
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4]).swap16()], [2, 1, 4, 3]);
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4]).swap32()], [4, 3, 2, 1]);
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64()], [8, 7, 6, 5, 4, 3, 2, 1]);
    for (const [name, bits] of [["swap16", 16], ["swap32", 32], ["swap64", 64]]) {
      assert.throws(() => Buffer.alloc(3)[name](), {
        name: "RangeError",
        code: "ERR_INVALID_BUFFER_SIZE",
        message: `Buffer size must be a multiple of ${bits}-bits`,
      });
    }
  },
};

export const slicesShare = {
  test() {
    const bytes = Buffer.from("abcd");
    for (const part of [bytes.slice(1, -1), bytes.subarray(1, 3)]) {
      assert.ok(part instanceof Buffer);
      part[0] = 0x7a;
      assert.strictEqual(bytes.toString(), "azcd");
      part[0] = 0x62;
    }
    assert.strictEqual(bytes.parent, bytes.buffer);
    assert.strictEqual(bytes.offset, bytes.byteOffset);
  },
};

export const whatBuffersAreMadeFrom = {
  test() {
    assert.deepStrictEqual([...Buffer.from([1, 300, -1, "5", "x"])], [1, 44, 255, 5, 0]);
    assert.deepStrictEqual([...Buffer.from({ type: "Buffer", data: [1, 2] })], [1, 2]);
    assert.deepStrictEqual([...Buffer.from(new Uint16Array([257, 2]))], [1, 2]);
    assert.strictEqual(Buffer.from(new String("s")).toString(), "s");
    const shared = new ArrayBuffer(4);
    const view = Buffer.from(shared, 1, 2);
    assert.strictEqual(view.length, 2);
    assert.strictEqual(view.buffer, shared);
    for (const value of [5, null, undefined, true]) assert.throws(() => Buffer.from(value), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const concat = {
  test() {
    const parts = [Buffer.from("ab"), new Uint8Array([99])];
    assert.strictEqual(Buffer.concat(parts).toString(), "abc");
    assert.strictEqual(Buffer.concat(parts, 2).toString(), "ab");
    assert.deepStrictEqual([...Buffer.concat(parts, 4)], [97, 98, 99, 0]);
    assert.throws(() => Buffer.concat(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const sizes = {
  test() {
    assert.strictEqual(kMaxLength, 0x7fffffff);
    assert.deepStrictEqual(constants, { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength });
    assert.strictEqual(Buffer.poolSize, 0);
    for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"]) {
      assert.strictEqual(Buffer[name](3).length, 3);
      assert.throws(() => Buffer[name]("5"), { code: "ERR_INVALID_ARG_TYPE" });
    }
  },
};

export const transcoding = {
  test() {
    assert.deepStrictEqual([...transcode(Buffer.from("a\xe9"), "utf8", "latin1")], [0x61, 0xe9]);
    assert.deepStrictEqual([...transcode(Buffer.from("a\xe9"), "utf8", "ucs2")], [0x61, 0, 0xe9, 0]);
    assert.deepStrictEqual([...transcode(Buffer.from([0x61, 0xe9]), "latin1", "utf8")], [0x61, 0xc3, 0xa9]);
    assert.deepStrictEqual([...transcode(Buffer.from("\u20ac"), "utf8", "latin1")], [0x80]);
    assert.throws(() => transcode(Buffer.from("a"), "utf8", "nope"), { code: "ERR_UNKNOWN_ENCODING" });
    assert.throws(() => transcode(Buffer.from("a"), "utf8", "hex"), {
      name: "Error",
      message: "Unable to transcode buffer due to unsupported encoding",
    });
    assert.throws(() => transcode("a", "utf8", "latin1"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};
