// node:stream/consumers.
import assert from "node:assert";
import { Readable } from "node:stream";
import consumers, { arrayBuffer, blob, buffer, json, text } from "node:stream/consumers";

export const texts = {
  async test() {
    assert.strictEqual(await text(Readable.from(["a", "b"])), "ab");
    assert.strictEqual(await text(Readable.from([Buffer.from([0xe2]), Buffer.from([0x82, 0xac])])), "\u20ac");
    assert.strictEqual(await text(new Response("web").body), "web");
    assert.strictEqual(await text(Readable.from([Buffer.from([0xe2, 0x82])])), "\ufffd");
  },
};

export const jsons = {
  async test() {
    assert.deepStrictEqual(await json(Readable.from(['{"a":', "1}"])), { a: 1 });
    await assert.rejects(json(Readable.from(['{"a":'])), { name: "SyntaxError" });
  },
};

export const buffers = {
  async test() {
    const bytes = await buffer(Readable.from(["a", Buffer.from("b")]));
    assert.ok(Buffer.isBuffer(bytes));
    assert.strictEqual(String(bytes), "ab");
    const plain = await arrayBuffer(Readable.from([Buffer.from("abc")]));
    assert.ok(plain instanceof ArrayBuffer);
    assert.strictEqual(plain.byteLength, 3);
  },
};

export const blobs = {
  async test() {
    const made = await blob(Readable.from(["ab"]));
    assert.ok(made instanceof Blob);
    assert.strictEqual(made.size, 2);
    assert.strictEqual(made.type, "");
  },
};

export const whatCannotBeRead = {
  async test() {
    await assert.rejects(text(5), { name: "TypeError" });
    await assert.rejects(text(Readable.from([1])), { name: "TypeError" });
    const failing = new Readable({
      read() {
        this.destroy(new Error("mine"));
      },
    });
    await assert.rejects(buffer(failing), { message: "mine" });
  },
};

export const itsNames = {
  test() {
    assert.deepStrictEqual(Object.keys(consumers).sort(), ["arrayBuffer", "blob", "buffer", "json", "text"]);
  },
};
