// node:string_decoder.
import assert from "node:assert";
import { StringDecoder } from "node:string_decoder";

export const charactersInPieces = {
  test() {
    const decoder = new StringDecoder("utf8");
    assert.strictEqual(decoder.write(Buffer.from([0xe2])), "");
    assert.strictEqual(decoder.write(Buffer.from([0x82])), "");
    assert.strictEqual(decoder.write(Buffer.from([0xac, 0x61])), "\u20aca");
    assert.strictEqual(decoder.end(), "");
  },
};

export const endOfHalfACharacter = {
  test() {
    const decoder = new StringDecoder();
    assert.strictEqual(decoder.write(Buffer.from([0xe2, 0x82])), "");
    assert.strictEqual(decoder.lastNeed, 1);
    assert.strictEqual(decoder.lastTotal, 3);
    assert.strictEqual(decoder.end(), "\ufffd");
    assert.strictEqual(decoder.end(Buffer.from("a")), "a");
  },
};

export const bytesThatAreNoCharacters = {
  test() {
    const decoder = new StringDecoder("utf8");
    assert.strictEqual(decoder.write(Buffer.from([0xe2, 0x41])), "\ufffdA");
    assert.strictEqual(decoder.write(Buffer.from([0xff, 0xf0, 0x9f])), "\ufffd");
    assert.strictEqual(decoder.write(Buffer.from([0x98, 0x80])), "\u{1f600}");
  },
};

export const base64InPieces = {
  test() {
    const decoder = new StringDecoder("base64");
    assert.strictEqual(decoder.write(Buffer.from("a")), "");
    assert.strictEqual(decoder.write(Buffer.from("bc")), "YWJj");
    assert.strictEqual(decoder.write(Buffer.from("de")), "");
    assert.strictEqual(decoder.end(), "ZGU=");
    const url = new StringDecoder("base64url");
    assert.strictEqual(url.write(Buffer.from([0xff, 0xfe, 0xfd, 0x64])) + url.end(), "__79ZA");
  },
};

export const utf16InPieces = {
  test() {
    const decoder = new StringDecoder("utf16le");
    assert.strictEqual(decoder.write(Buffer.from([0x61])), "");
    assert.strictEqual(decoder.write(Buffer.from([0x00, 0x3d, 0xd8])), "a");
    assert.strictEqual(decoder.write(Buffer.from([0x4d, 0xdc])), "\ud83d\udc4d");
    assert.strictEqual(decoder.end(), "");
  },
};

export const encodingsOfOneByte = {
  test() {
    for (const [encoding, expected] of [["hex", "e961"], ["latin1", "\xe9a"], ["binary", "\xe9a"]]) {
      assert.strictEqual(new StringDecoder(encoding).write(Buffer.from([0xe9, 0x61])), expected);
    }
  },
};

export const namesOfEncodings = {
  test() {
    const names = [[undefined, "utf8"], ["UTF8", "utf8"], ["ucs-2", "utf16le"], ["BINARY", "latin1"], ["HEX", "hex"]];
    for (const [given, encoding] of names) assert.strictEqual(new StringDecoder(given).encoding, encoding);
    for (const given of ["nope", 5]) {
      assert.throws(() => new StringDecoder(given), {
        name: "TypeError",
        code: "ERR_UNKNOWN_ENCODING",
        message: `Unknown encoding: ${given}`,
      });
    }
  },
};

export const whatCanBeDecoded = {
  test() {
    const decoder = new StringDecoder("utf8");
    assert.strictEqual(decoder.write("text"), "text");
    assert.strictEqual(decoder.write(new Uint8Array([97])), "a");
    assert.strictEqual(decoder.write(new DataView(new Uint8Array([97, 98]).buffer)), "ab");
    assert.throws(() => decoder.write(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "buf" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
        "Received type number (5)",
    });
  },
};
