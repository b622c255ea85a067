// Digests: at once, and as a stream.
import assert from "node:assert";

const { subtle } = crypto;
const text = new TextEncoder().encode("hello");

/** `run` fails, at once or later, with an error of this name and exactly this message. */
async function fails(name, message, run) {
  await assert.rejects(async () => await run(), { name, message });
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The digest of `chunks` and the number of bytes. */
async function stream(algorithm, ...chunks) {
  const digest = new crypto.DigestStream(algorithm);
  const writer = digest.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  return [hex(await digest.digest), digest.bytesWritten];
}

export const digestsOfAllNames = {
  async test() {
    const expected = {
      "MD5": "5d41402abc4b2a76b9719d911017c592",
      "sha-1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
      "SHA-256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    };
    for (const name in expected) assert.strictEqual(hex(await subtle.digest({ name }, text)), expected[name]);
    assert.strictEqual((await subtle.digest("SHA-384", text)).byteLength, 48);
    assert.strictEqual((await subtle.digest("SHA-512", text)).byteLength, 64);
  },
};

export const digestsOfAllKindsOfBytes = {
  async test() {
    const expected = hex(await subtle.digest("SHA-1", text));
    const within = new Uint8Array([0, ...text, 0]).buffer;
    for (const bytes of [text.buffer.slice(0, 5), new DataView(within, 1, 5), new Uint8Array(within, 1, 5), new Int8Array(text)]) {
      assert.strictEqual(hex(await subtle.digest("SHA-1", bytes)), expected);
    }
    assert.strictEqual(hex(await subtle.digest("SHA-1", new Uint8Array(0))), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  },
};

export const unknownDigests = {
  async test() {
    for (const name of ["SHA-224", "SHA3-256", "", 5, {}, []]) {
      await fails("NotSupportedError", "Unrecognized or unimplemented digest algorithm requested.", () => subtle.digest(name, text));
    }
  },
};

export const digestsOfNoBytes = {
  async test() {
    for (const data of [undefined, null, 5, "x", {}, [], new SharedArrayBuffer(2)]) {
      await fails("TypeError", "Failed to execute 'digest' on 'SubtleCrypto': parameter 2 is not of type 'BufferSource'.", () =>
        subtle.digest("SHA-1", data));
    }
    await fails(
      "TypeError",
      "Failed to execute 'digest' on 'SubtleCrypto': parameter 1 is not of type 'string or HashAlgorithm'.",
      () => subtle.digest(),
    );
  },
};

export const aStreamDigestsWhatIsWritten = {
  async test() {
    assert.deepStrictEqual(await stream("MD5", text), ["5d41402abc4b2a76b9719d911017c592", 5n]);
    assert.deepStrictEqual(await stream("sha-1", "hel", new Uint8Array([0x6c]).buffer, new DataView(new Uint8Array([0x6f]).buffer)), [
      "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
      5n,
    ]);
    assert.deepStrictEqual(await stream({ name: "MD5" }), ["d41d8cd98f00b204e9800998ecf8427e", 0n]);
  },
};

export const checksumsAreStreamsOnly = {
  async test() {
    assert.deepStrictEqual(await stream("crc32", "123456789"), ["cbf43926", 9n]);
    assert.deepStrictEqual(await stream("crc32c", "1234", "56789"), ["e3069283", 9n]);
    assert.deepStrictEqual(await stream("crc64nvme", "123456789"), ["ae8b14860a799888", 9n]);
    await fails("NotSupportedError", "Unrecognized or unimplemented digest algorithm requested.", () =>
      subtle.digest("crc32", text));
  },
};

export const aStreamIsAWritableStream = {
  test() {
    const digest = new crypto.DigestStream("SHA-256");
    assert.ok(digest instanceof WritableStream);
    assert.ok(digest.digest instanceof Promise);
    assert.strictEqual(digest.digest, digest.digest);
    assert.strictEqual(globalThis.DigestStream, undefined);
  },
};

export const bodiesArePipedIntoAStream = {
  async test() {
    const digest = new crypto.DigestStream("SHA-256");
    await new Response("hello").body.pipeTo(digest);
    assert.strictEqual(hex(await digest.digest), hex(await subtle.digest("SHA-256", text)));
  },
};

export const aStreamTakesBytesAndText = {
  async test() {
    for (const chunk of [5, {}, null]) {
      const digest = new crypto.DigestStream("MD5");
      await fails(
        "TypeError",
        "DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its writable side.",
        () => digest.getWriter().write(chunk),
      );
    }
  },
};

export const anAbortedStreamHasNoDigest = {
  async test() {
    const digest = new crypto.DigestStream("MD5");
    await digest.abort(new Error("enough"));
    await assert.rejects(digest.digest, { message: "enough" });
  },
};

export const aDisposedStreamHasNoDigest = {
  async test() {
    const digest = new crypto.DigestStream("MD5");
    const writer = digest.getWriter();
    digest[Symbol.dispose]();
    await fails("TypeError", "The DigestStream was disposed.", () => digest.digest);
    await fails("TypeError", "The DigestStream was disposed.", () => writer.write(text));
  },
};

export const aStreamOfAnUnknownDigest = {
  test() {
    assert.throws(() => {
      const digest = new crypto.DigestStream("foo");
      return digest.digest;
    }, { name: "NotSupportedError", message: "Unrecognized or unimplemented digest algorithm requested." });
  },
};
