// Bodies: what they are made of, the types that they imply, and how often they can be read.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";
const throws = (fn, message) => assert.throws(fn, { name: "TypeError", message });
const rejects = (promise, message, name = "TypeError") => assert.rejects(promise, { name, message });
const typeOf = (body) => new Response(body).headers.get("content-type");
const textOf = (body) => new Response(body).text();
const encode = (text) => new TextEncoder().encode(text);

export const impliedTypes = {
  test() {
    assert.strictEqual(typeOf("x"), "text/plain;charset=UTF-8");
    assert.strictEqual(typeOf({}), "text/plain;charset=UTF-8");
    assert.strictEqual(typeOf(encode("x")), null);
    assert.strictEqual(typeOf(new Blob(["x"], { type: "A/B" })), "a/b");
    assert.strictEqual(typeOf(new Blob(["x"])), null);
    assert.strictEqual(typeOf(new URLSearchParams("a=b")), "application/x-www-form-urlencoded;charset=UTF-8");
    assert.match(typeOf(new FormData()), /^multipart\/form-data; boundary=[0-9a-f]{32}$/);
  },
};

export const aGivenTypeStays = {
  test() {
    const response = new Response("x", { headers: { "Content-Type": "x/y" } });
    assert.strictEqual(response.headers.get("content-type"), "x/y");
  },
};

export const whatIsNoBodyIsAText = {
  async test() {
    assert.strictEqual(await textOf({}), "[object Object]");
    assert.strictEqual(await textOf(5), "5");
    assert.strictEqual(await textOf(false), "false");
    assert.strictEqual(await textOf(new SharedArrayBuffer(3)), "[object SharedArrayBuffer]");
    throws(() => new Response(Symbol("s")), "Cannot convert a Symbol value to a string");
  },
};

export const nothingIsNoBody = {
  async test() {
    for (const body of [null, undefined]) {
      const response = new Response(body);
      assert.strictEqual(response.body, null);
      assert.strictEqual(await response.text(), "");
      assert.strictEqual(await response.text(), "");
      assert.strictEqual(response.bodyUsed, false);
    }
  },
};

export const buffersAreCopied = {
  async test() {
    const bytes = encode("ab");
    const response = new Response(bytes);
    bytes[0] = 0x7a;
    assert.strictEqual(await response.text(), "ab");
  },
};

export const viewsAreRespected = {
  async test() {
    const { buffer } = encode("abcdef");
    assert.strictEqual(await textOf(new Uint8Array(buffer, 1, 2)), "bc");
    assert.strictEqual(await textOf(new DataView(buffer, 4)), "ef");
    assert.strictEqual(await textOf(buffer), "abcdef");
  },
};

export const readsOnce = {
  async test() {
    for (const method of ["arrayBuffer", "blob", "bytes", "json", "text"]) {
      const response = new Response("1");
      await response[method]();
      assert.strictEqual(response.bodyUsed, true);
      await rejects(response[method](), USED);
    }
  },
};

export const aLockedBody = {
  async test() {
    const response = new Response("x");
    response.body.getReader();
    assert.strictEqual(response.bodyUsed, false);
    await rejects(response.text(), "This ReadableStream is currently locked to a reader.");
    throws(() => response.clone(), "This ReadableStream is currently locked to a reader,");
  },
};

export const aCanceledBody = {
  async test() {
    const response = new Response("x");
    await response.body.cancel();
    await rejects(response.text(), USED);
  },
};

export const theBodyIsOneObject = {
  test() {
    const response = new Response("x");
    assert.strictEqual(response.body, response.body);
    const { readable } = new IdentityTransformStream();
    assert.strictEqual(new Response(readable).body, readable);
  },
};

export const aDisturbedStream = {
  async test() {
    const { body } = new Response("x");
    const reader = body.getReader();
    await reader.read();
    reader.releaseLock();
    throws(() => new Response(body), "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.");
  },
};

export const aLockedStreamIsABody = {
  test() {
    const { body } = new Response("x");
    body.getReader();
    assert.strictEqual(new Response(body).body, body);
  },
};

export const byteOrderMarks = {
  async test() {
    const stripped = flags.strip_bom_in_read_all_text ? "" : "\ufeff";
    assert.strictEqual(await textOf("\ufeffx"), `${stripped}x`);
    assert.strictEqual(await textOf(encode("\ufeff\ufeffx")), `${stripped}\ufeffx`);
  },
};

export const malformedText = {
  async test() {
    assert.strictEqual(await textOf(new Uint8Array([0xff, 0x41, 0xe4, 0xbd])), "\ufffdA\ufffd");
    assert.strictEqual(await textOf("\ud800"), "\ufffd\ufffd\ufffd");
  },
};

export const json = {
  async test() {
    assert.deepStrictEqual(await new Response('{"a":[1]}').json(), { a: [1] });
    await rejects(new Response("").json(), "Unexpected end of JSON input", "SyntaxError");
    await rejects(new Response().json(), "Unexpected end of JSON input", "SyntaxError");
    await assert.rejects(new Response("{x").json(), { name: "SyntaxError" });
  },
};

export const bytes = {
  async test() {
    const found = await new Response("ab").bytes();
    assert.strictEqual(found instanceof Uint8Array, true);
    assert.deepStrictEqual([...found], [0x61, 0x62]);
    assert.strictEqual((await new Response().bytes()).length, 0);
    assert.strictEqual((await new Response("abc").arrayBuffer()).byteLength, 3);
  },
};

export const blobs = {
  async test() {
    const blob = await new Response("ab").blob();
    assert.deepStrictEqual([blob.size, blob.type, await blob.text()], [2, "text/plain;charset=UTF-8", "ab"]);
    assert.strictEqual((await new Response(encode("x")).blob()).type, "");
    const empty = await new Response(null, { headers: { "content-type": "a/b" } }).blob();
    assert.deepStrictEqual([empty.size, empty.type], [0, "a/b"]);
  },
};

export const typesOfBlobs = {
  async test() {
    const typed = async (type) => (await new Response("x", { headers: { "content-type": type } }).blob()).type;
    const standard = flags.blob_standard_mime_type;
    const given = 'TEXT/Html; Charset="a b"; q=1';
    assert.strictEqual(await typed(given), standard ? 'text/html;charset="a b";q=1' : given);
    assert.strictEqual(await typed("nope"), standard ? "" : "nope");
  },
};

export const iterables = {
  async test() {
    function* pieces() {
      yield encode("a");
      yield encode("b");
    }
    if (!flags.fetch_iterable_type_support) {
      assert.strictEqual(await textOf(pieces()), "[object Generator]");
      assert.strictEqual(typeOf(pieces()), "text/plain;charset=UTF-8");
      return;
    }
    assert.strictEqual(await textOf(pieces()), "ab");
    assert.strictEqual(await textOf([encode("q")]), "q");
    assert.strictEqual(typeOf(pieces()), null);
  },
};

export const asyncIterables = {
  async test() {
    async function* pieces() {
      yield encode("a");
      yield encode("b");
    }
    assert.strictEqual(await textOf(pieces()), flags.fetch_iterable_type_support ? "ab" : "[object AsyncGenerator]");
  },
};

export const iterablesOfNoBytes = {
  async test() {
    if (!flags.fetch_iterable_type_support) {
      assert.strictEqual(await textOf([1, 2]), "1,2");
      return;
    }
    for (const body of [[1], new Set(["a"]), (async function* () { yield "a"; })()]) {
      await rejects(textOf(body), "This ReadableStream did not return bytes.");
    }
  },
};

export const textsOfTheirOwn = {
  async test() {
    assert.strictEqual(await textOf(new String("abc")), "abc");
    const own = { *[Symbol.iterator]() { yield 1; }, toString: () => "own" };
    assert.strictEqual(await textOf(own), "own");
  },
};

export const iterablesThatThrow = {
  async test() {
    if (!flags.fetch_iterable_type_support) return;
    const broken = { async *[Symbol.asyncIterator]() { throw new RangeError("broken"); } };
    await rejects(textOf(broken), "broken", "RangeError");
    throws(() => new Response({ get [Symbol.iterator]() { throw new TypeError("getter"); } }), "getter");
  },
};

export const methodsNeedABody = {
  async test() {
    await assert.rejects(async () => await Request.prototype.text.call({}), /^TypeError: Illegal invocation/);
    assert.strictEqual(await Response.prototype.text.call(new Request("http://a/")), "");
  },
};
