// node:buffer: text in all its encodings.
import assert from "node:assert";
import buffer, { Buffer, isAscii, isUtf8 } from "node:buffer";

export const textInEveryEncoding = {
  test() {
    const cases = [
      ["utf8", "\u20ac", "e282ac"], ["hex", "61ff", "61ff"], ["base64", "Yf8=", "61ff"], ["base64url", "Yf8", "61ff"],
      ["latin1", "a\xff", "61ff"], ["ascii", "a", "61"], ["ucs2", "a\u20ac", "6100ac20"], ["utf16le", "a", "6100"],
    ];
    for (const [encoding, text, hex] of cases) {
      assert.strictEqual(Buffer.from(text, encoding).toString("hex"), hex, encoding);
      assert.strictEqual(Buffer.from(hex, "hex").toString(encoding), text, encoding);
      assert.strictEqual(Buffer.byteLength(text, encoding), hex.length / 2, encoding);
    }
  },
};

export const namesOfEncodings = {
  test() {
    for (const name of ["UTF8", "utf-8", "UCS-2", "utf-16le", "BINARY", "Base64URL"]) {
      assert.strictEqual(Buffer.isEncoding(name), true, name);
    }
    for (const name of ["", "nope", 5, undefined, null]) assert.strictEqual(Buffer.isEncoding(name), false);
    assert.throws(() => Buffer.from("a", "nope"), {
      name: "TypeError",
      code: "ERR_UNKNOWN_ENCODING",
      message: "Unknown encoding: nope",
    });
    assert.strictEqual(Buffer.from("abc").toString(""), "abc");
  },
};

export const base64IsForgiving = {
  test() {
    for (const text of ["YWJj", "YW Jj\n", "YWJj====", "YWJj"]) assert.strictEqual(Buffer.from(text, "base64").toString(), "abc");
    assert.deepStrictEqual([...Buffer.from("_-8", "base64")], [0xff, 0xef]);
    assert.deepStrictEqual([...Buffer.from("abc", "hex")], [0xab]);
    assert.deepStrictEqual([...Buffer.from("zz", "hex")], []);
  },
};

export const writes = {
  test() {
    const bytes = Buffer.alloc(8);
    assert.strictEqual(bytes.write("ab"), 2);
    assert.strictEqual(bytes.write("cd", 2), 2);
    assert.strictEqual(bytes.write("6566", 4, "hex"), 2);
    assert.strictEqual(bytes.write("ghi", 6, 1), 1);
    assert.strictEqual(bytes.toString("latin1"), "abcdefg\0");
    assert.strictEqual(bytes.write("x", 0, 0), 0);
    assert.strictEqual(bytes.write("abc", 1, 3, "ucs2"), 2);
    assert.throws(() => bytes.write("a", 9), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "offset" is out of range. It must be >= 0 && <= 8. Received 9',
    });
  },
};

export const wholeCharactersOnly = {
  test() {
    const bytes = Buffer.alloc(4);
    assert.strictEqual(bytes.write("\u20ac\u20ac"), 3);
    assert.strictEqual(bytes.toString("hex"), "e282ac00");
    assert.strictEqual(Buffer.from("\ud83d").toString("hex"), "efbfbd");
  },
};

export const fills = {
  test() {
    assert.strictEqual(Buffer.alloc(5).fill("ab").toString(), "ababa");
    assert.strictEqual(Buffer.alloc(5, "6162", "hex").toString(), "ababa");
    assert.strictEqual(Buffer.alloc(4, "x").fill("6162", 1, 3, "hex").toString(), "xabx");
    assert.deepStrictEqual([...Buffer.alloc(2, 257)], [1, 1]);
    assert.deepStrictEqual([...Buffer.alloc(3, Buffer.from("xy"))], [120, 121, 120]);
    assert.deepStrictEqual([...Buffer.alloc(2, 1).fill("")], [0, 0]);
  },
};

export const searches = {
  test() {
    const bytes = Buffer.from("xx6162ab6162");
    assert.strictEqual(bytes.indexOf("6162"), 2);
    assert.strictEqual(bytes.indexOf("6162", 3), 8);
    assert.strictEqual(bytes.indexOf("6162", 0, "hex"), 6);
    assert.strictEqual(bytes.lastIndexOf("6162"), 8);
    assert.strictEqual(bytes.includes(0x62), true);
    assert.strictEqual(bytes.indexOf(Buffer.from("ab")), 6);
    assert.strictEqual(bytes.indexOf(""), 0);
    assert.strictEqual(bytes.indexOf("6162", -4), 8);
    assert.strictEqual(bytes.indexOf("6162", 3, ""), 8);
    assert.throws(() => bytes.indexOf({}), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const slicesByMethods = {
  test() {
    const bytes = Buffer.from("abc");
    assert.strictEqual(bytes.asciiSlice(0, 2), "ab");
    assert.strictEqual(bytes.hexSlice(1, 3), "6263");
    assert.strictEqual(bytes.base64Slice(0, 3), "YWJj");
    assert.strictEqual(bytes.utf8Slice(1, 2), "b");
    assert.strictEqual(bytes.latin1Write("z", 0, 1), 1);
    assert.strictEqual(bytes.toString(), "zbc");
  },
};

export const asOtherThings = {
  test() {
    assert.strictEqual(JSON.stringify(Buffer.from("ab")), '{"type":"Buffer","data":[97,98]}');
    assert.deepStrictEqual([...Buffer.from("ab").entries()], [[0, 97], [1, 98]]);
    assert.strictEqual(Buffer.from("abc").toLocaleString("hex"), "616263");
    assert.strictEqual(String(Buffer.from("abc")), "abc");
  },
};

export const kindsOfText = {
  test() {
    assert.strictEqual(isUtf8(Buffer.from("\u20ac")), true);
    assert.strictEqual(isUtf8(Buffer.from([0xff])), false);
    assert.strictEqual(isAscii(Buffer.from("a")), true);
    assert.strictEqual(isAscii(Buffer.from("\xe9")), false);
    assert.throws(() => isUtf8(5), { name: "TypeError" });
  },
};

export const base64OfBinaryStrings = {
  test() {
    assert.strictEqual(buffer.atob(" YW\nI= "), "ab");
    assert.strictEqual(buffer.btoa("\xff"), "/w==");
    assert.throws(() => buffer.atob("a"), {
      name: "InvalidCharacterError",
      message:
        "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, and up to two " +
        "terminal '=' signs when the input data length is divisible by 4 are allowed.)",
    });
    assert.throws(() => buffer.btoa("\u0100"), { name: "InvalidCharacterError" });
  },
};

export const classesOfTheWeb = {
  async test() {
    assert.strictEqual(buffer.Blob, Blob);
    assert.strictEqual(buffer.File, File);
    assert.strictEqual(await new buffer.Blob([Buffer.from("a"), "b"]).text(), "ab");
    assert.throws(() => buffer.resolveObjectURL("blob:x"), { name: "Error" });
  },
};
