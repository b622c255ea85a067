// TextDecoder: labels, encodings, marks, streams, and what is refused.
import assert from "node:assert";

const decode = (label, ...bytes) => new TextDecoder(label).decode(new Uint8Array(bytes));

export const theDefaultIsUtf8 = {
  test() {
    const decoder = new TextDecoder();
    assert.deepStrictEqual([decoder.encoding, decoder.fatal, decoder.ignoreBOM], ["utf-8", false, false]);
    assert.strictEqual(new TextDecoder(undefined).encoding, "utf-8");
  },
};

export const labelsAreTrimmedAndOfAnyCase = {
  test() {
    for (const label of ["utf8", "UTF-8", " utf-8 ", "\tunicode-1-1-utf-8\n"]) {
      assert.strictEqual(new TextDecoder(label).encoding, "utf-8");
    }
  },
};

export const legacyLabels = {
  test() {
    const names = {
      "latin1": "windows-1252",
      "ascii": "windows-1252",
      "iso-8859-1": "windows-1252",
      "ibm866": "ibm866",
      "iso-8859-8-i": "iso-8859-8-i",
      "koi8-r": "koi8-r",
      "macintosh": "macintosh",
      "x-mac-cyrillic": "x-mac-cyrillic",
      "gb2312": "gbk",
      "big5-hkscs": "big5",
      "sjis": "shift_jis",
      "utf-16": "utf-16le",
      "ucs-2": "utf-16le",
      "utf-16be": "utf-16be",
      "x-user-defined": "x-user-defined",
    };
    for (const label in names) assert.strictEqual(new TextDecoder(label).encoding, names[label], label);
  },
};

export const labelsThatAreNone = {
  test() {
    for (const label of ["foo", "", "utf-32", "replacement", "iso-2022-kr", "hz-gb-2312", "null"]) {
      assert.throws(() => new TextDecoder(label), {
        name: "RangeError",
        message: `"${label}" is not a valid encoding.`,
      });
    }
  },
};

export const optionsAreRead = {
  test() {
    const decoder = new TextDecoder("utf-8", { fatal: "yes", ignoreBOM: 1 });
    assert.deepStrictEqual([decoder.fatal, decoder.ignoreBOM], [true, true]);
    assert.throws(() => new TextDecoder("utf-8", null), { name: "TypeError", message: /^Cannot initialize/ });
  },
};

export const decodersNeedNew = {
  test() {
    assert.throws(() => TextDecoder(), {
      name: "TypeError",
      message: "Failed to construct 'TextDecoder': Please use the 'new' operator, this object constructor cannot be " +
        "called as a function.",
    });
  },
};

export const decoderOfAllKindsOfBytes = {
  test() {
    const decoder = new TextDecoder();
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    shared[0] = 65;
    const bytes = new Uint8Array([65]);
    for (const input of [bytes, bytes.buffer, new DataView(bytes.buffer), new Int8Array([65]), shared, shared.buffer]) {
      assert.strictEqual(decoder.decode(input), "A");
    }
    assert.strictEqual(decoder.decode(), "");
    assert.strictEqual(decoder.decode(undefined), "");
    assert.strictEqual(decoder.decode(new Uint16Array([0x4241])), "AB");
  },
};

export const decoderOfWhatHasNoBytes = {
  test() {
    for (const input of [null, 5, "x", {}, []]) {
      assert.throws(() => new TextDecoder().decode(input), { name: "TypeError" });
    }
  },
};

export const brokenUtf8IsReplaced = {
  test() {
    assert.strictEqual(decode("utf-8", 0xff, 0x41, 0xe2, 0x82), "\ufffdA\ufffd");
    assert.strictEqual(decode("utf-8", 0xf0, 0x9f, 0x98, 0x80), "\u{1f600}");
    assert.strictEqual(decode("utf-8", 0xed, 0xa0, 0x80), "\ufffd\ufffd\ufffd");
  },
};

export const fatalDecodersThrow = {
  test() {
    for (const label of ["utf-8", "shift_jis", "gb18030", "euc-kr", "big5", "utf-16be", "euc-jp", "iso-2022-jp", "windows-1253"]) {
      const decoder = new TextDecoder(label, { fatal: true });
      assert.throws(() => decoder.decode(new Uint8Array([0xff, 0xff, 0x80])), {
        name: "TypeError",
        message: "Failed to decode input.",
      }, label);
    }
  },
};

export const aDecoderCanBeUsedAfterAFailure = {
  test() {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    assert.throws(() => decoder.decode(new Uint8Array([0xff])));
    assert.strictEqual(decoder.decode(new Uint8Array([65])), "A");
  },
};

export const theMarkIsTakenAway = {
  test() {
    assert.strictEqual(decode("utf-8", 0xef, 0xbb, 0xbf, 65), "A");
    assert.strictEqual(decode("utf-16le", 0xff, 0xfe, 65, 0), "A");
    assert.strictEqual(decode("utf-16be", 0xfe, 0xff, 0, 65), "A");
    assert.strictEqual(decode("utf-8", 65, 0xef, 0xbb, 0xbf), "A\ufeff");
  },
};

export const theMarkIsKeptWhenAskedFor = {
  test() {
    const keep = (label, ...bytes) => new TextDecoder(label, { ignoreBOM: true }).decode(new Uint8Array(bytes));
    assert.strictEqual(keep("utf-8", 0xef, 0xbb, 0xbf, 65), "\ufeffA");
    assert.strictEqual(keep("utf-16le", 0xff, 0xfe, 65, 0), "\ufeffA");
  },
};

export const aStreamKeepsItsState = {
  test() {
    const decoder = new TextDecoder();
    const more = { stream: true };
    assert.strictEqual(decoder.decode(new Uint8Array([0xe2, 0x82]), more), "");
    assert.strictEqual(decoder.decode(new Uint8Array([0xac]), more), "\u20ac");
    assert.strictEqual(decoder.decode(), "");
  },
};

export const aStreamThatIsCutOff = {
  test() {
    const decoder = new TextDecoder();
    assert.strictEqual(decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), "");
    assert.strictEqual(decoder.decode(), "\ufffd");
    const fatal = new TextDecoder("utf-8", { fatal: true });
    fatal.decode(new Uint8Array([0xe2, 0x82]), { stream: true });
    assert.throws(() => fatal.decode(), { name: "TypeError", message: "Failed to decode input." });
  },
};

export const aMarkInPieces = {
  test() {
    const decoder = new TextDecoder();
    assert.strictEqual(decoder.decode(new Uint8Array([0xef, 0xbb]), { stream: true }), "");
    assert.strictEqual(decoder.decode(new Uint8Array([0xbf, 65]), { stream: true }), "A");
    assert.strictEqual(decoder.decode(new Uint8Array([66])), "B");
    assert.strictEqual(decoder.decode(new Uint8Array([0xef, 0xbb, 0xbf, 67])), "C");
  },
};

export const streamsOfLegacyEncodings = {
  test() {
    const decoder = new TextDecoder("shift_jis");
    assert.strictEqual(decoder.decode(new Uint8Array([0x82]), { stream: true }), "");
    assert.strictEqual(decoder.decode(new Uint8Array([0xa0])), "\u3042");
    const wide = new TextDecoder("utf-16le");
    const text = wide.decode(new Uint8Array([0x3d]), { stream: true }) +
      wide.decode(new Uint8Array([0xd8, 0]), { stream: true }) +
      wide.decode(new Uint8Array([0xde]));
    assert.strictEqual(text, "\u{1f600}");
  },
};

export const utf16OfOddLength = {
  test() {
    assert.strictEqual(decode("utf-16le", 0x41, 0, 0x42), "A\ufffd");
    assert.strictEqual(decode("utf-16be", 0, 0x41, 0x42), "A\ufffd");
  },
};

export const loneSurrogates = {
  test() {
    const replaced = Cloudflare.compatibilityFlags.text_decoder_replace_surrogates;
    assert.strictEqual(decode("utf-16le", 0, 0xd8, 0x41, 0), replaced ? "\ufffdA" : "\ud800A");
    const fatal = new TextDecoder("utf-16le", { fatal: true });
    const lone = new Uint8Array([0, 0xd8, 0x41, 0]);
    if (replaced) {
      assert.throws(() => fatal.decode(lone), { name: "TypeError", message: "Failed to decode input." });
    } else {
      assert.strictEqual(fatal.decode(lone), "\ud800A");
    }
  },
};

export const cyrillic = {
  test() {
    assert.strictEqual(decode("windows-1251", 0xcf, 0xf0, 0xe8), "\u041f\u0440\u0438");
    assert.strictEqual(decode("koi8-r", 0xf0), "\u041f");
    assert.strictEqual(decode("ibm866", 0x8f), "\u041f");
    assert.strictEqual(decode("iso-8859-5", 0xbf), "\u041f");
    assert.strictEqual(decode("x-mac-cyrillic", 0x8f), "\u041f");
  },
};

export const singleBytes = {
  test() {
    assert.strictEqual(decode("windows-1252", 0x80, 0x81, 0xe9), "\u20ac\u0081\u00e9");
    assert.strictEqual(decode("iso-8859-15", 0xa4), "\u20ac");
    assert.strictEqual(decode("iso-8859-2", 0xb1), "\u0105");
    assert.strictEqual(decode("iso-8859-7", 0xe1), "\u03b1");
    assert.strictEqual(decode("windows-1255", 0xe0), "\u05d0");
    assert.strictEqual(decode("windows-1256", 0xc7), "\u0627");
    assert.strictEqual(decode("windows-874", 0xa1), "\u0e01");
    assert.strictEqual(decode("macintosh", 0x80), "\u00c4");
  },
};

export const userDefined = {
  test() {
    assert.strictEqual(decode("x-user-defined", 0x41, 0x80, 0xff), "A\uf780\uf7ff");
  },
};

export const chinese = {
  test() {
    assert.strictEqual(decode("gbk", 0xd6, 0xd0), "\u4e2d");
    assert.strictEqual(decode("big5", 0xa4, 0xa4), "\u4e2d");
    assert.strictEqual(decode("gb18030", 0x81, 0x30, 0x81, 0x30), "\u0080");
    if (Cloudflare.compatibilityFlags.text_decoder_cjk_decoder) {
      assert.strictEqual(decode("gbk", 0x80), "\u20ac");
    }
  },
};

export const japanese = {
  test() {
    assert.strictEqual(decode("shift_jis", 0x82, 0xa0, 0xb1), "\u3042\uff71");
    assert.strictEqual(decode("euc-jp", 0xa4, 0xa2), "\u3042");
    assert.strictEqual(decode("iso-2022-jp", 0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x41), "\u3042A");
  },
};

export const korean = {
  test() {
    assert.strictEqual(decode("euc-kr", 0xb0, 0xa1, 0x41), "\uac00A");
    assert.strictEqual(decode("ks_c_5601-1987", 0xb0, 0xa1), "\uac00");
  },
};

export const propertiesCannotBeSet = {
  test() {
    const decoder = new TextDecoder();
    assert.throws(() => {
      decoder.encoding = "x";
    }, { name: "TypeError" });
    assert.strictEqual(decoder.encoding, "utf-8");
  },
};

export const decodersAreSubclassed = {
  test() {
    class Own extends TextDecoder {
      twice(bytes) {
        return this.decode(bytes) + this.decode(bytes);
      }
    }
    const own = new Own();
    assert.strictEqual(own.twice(new Uint8Array([65])), "AA");
    assert.ok(own instanceof TextDecoder);
    assert.strictEqual(TextDecoder.prototype.constructor, TextDecoder);
  },
};
