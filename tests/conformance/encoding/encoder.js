// TextEncoder: whole strings, and strings into an array.
import assert from "node:assert";

const encoder = new TextEncoder();

export const textBecomesUtf8 = {
  test() {
    assert.strictEqual(encoder.encoding, "utf-8");
    assert.deepStrictEqual([...encoder.encode("a\u20ac\u{1f600}")], [0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
  },
};

export const loneSurrogatesAreReplaced = {
  test() {
    assert.deepStrictEqual([...encoder.encode("\ud800")], [0xef, 0xbf, 0xbd]);
    assert.deepStrictEqual([...encoder.encode("\udc00a")], [0xef, 0xbf, 0xbd, 0x61]);
  },
};

export const nothingIsNothing = {
  test() {
    assert.strictEqual(encoder.encode().length, 0);
    assert.strictEqual(encoder.encode(undefined).length, 0);
    assert.strictEqual(encoder.encode("").length, 0);
  },
};

export const otherValuesBecomeText = {
  test() {
    const text = (value) => new TextDecoder().decode(encoder.encode(value));
    assert.deepStrictEqual([text(null), text(5), text({}), text([1, 2])], ["null", "5", "[object Object]", "1,2"]);
    assert.throws(() => encoder.encode(Symbol()), { name: "TypeError" });
  },
};

export const theResultIsAUint8Array = {
  test() {
    const bytes = encoder.encode("abc");
    assert.ok(bytes instanceof Uint8Array);
    assert.strictEqual(bytes.byteOffset, 0);
  },
};

export const intoAnArray = {
  test() {
    const array = new Uint8Array(5);
    const { read, written } = encoder.encodeInto("a\u20ac\u{1f600}", array);
    assert.deepStrictEqual([read, written], [2, 4]);
    assert.deepStrictEqual([...array], [0x61, 0xe2, 0x82, 0xac, 0]);
  },
};

export const intoAnArrayThatIsTooSmall = {
  test() {
    const array = new Uint8Array(3);
    const { read, written } = encoder.encodeInto("a\u20ac", array);
    assert.deepStrictEqual([read, written, [...array]], [1, 1, [0x61, 0, 0]]);
    const none = encoder.encodeInto("a", new Uint8Array(0));
    assert.deepStrictEqual([none.read, none.written], [0, 0]);
  },
};

export const intoPartOfAnArray = {
  test() {
    const array = new Uint8Array(4);
    encoder.encodeInto("xy", array.subarray(1, 3));
    assert.deepStrictEqual([...array], [0, 0x78, 0x79, 0]);
  },
};

export const surrogatesIntoAnArray = {
  test() {
    const array = new Uint8Array(8);
    const pair = encoder.encodeInto("\u{1f600}", array);
    assert.deepStrictEqual([pair.read, pair.written], [2, 4]);
    const lone = encoder.encodeInto("\ud800a", array);
    assert.deepStrictEqual([lone.read, lone.written], [2, 4]);
  },
};

export const intoWhatIsNoUint8Array = {
  test() {
    for (const destination of [undefined, new Uint16Array(2), new ArrayBuffer(2), []]) {
      assert.throws(() => encoder.encodeInto("a", destination), {
        name: "TypeError",
        message: "Failed to execute 'encodeInto' on 'TextEncoder': parameter 2 is not of type 'Uint8Array'.",
      });
    }
  },
};

export const encodersNeedNew = {
  test() {
    assert.throws(() => TextEncoder(), {
      name: "TypeError",
      message: "Failed to construct 'TextEncoder': Please use the 'new' operator, this object constructor cannot be " +
        "called as a function.",
    });
  },
};

export const thereAndBackAgain = {
  test() {
    const text = "h\u00e9llo \u4e16\u754c \u{1f30d} \0 \u2028";
    assert.strictEqual(new TextDecoder().decode(encoder.encode(text)), text);
    const long = text.repeat(5000);
    assert.strictEqual(new TextDecoder().decode(encoder.encode(long)), long);
  },
};

export const methodsNeedTheirObject = {
  test() {
    const { encode } = encoder;
    assert.throws(() => encode("a"), /Illegal invocation/);
  },
};
