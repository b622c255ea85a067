// Random values.
import assert from "node:assert";

export const valuesFillTheArray = {
  test() {
    const array = new Uint32Array(8);
    assert.strictEqual(crypto.getRandomValues(array), array);
    assert.ok(array.some((value) => value !== 0));
    const part = new Uint8Array(16);
    crypto.getRandomValues(part.subarray(8));
    assert.ok(part.subarray(0, 8).every((value) => value === 0));
  },
};

export const allIntegersAreTaken = {
  test() {
    for (const Class of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, BigInt64Array, BigUint64Array]) {
      crypto.getRandomValues(new Class(2));
    }
    assert.strictEqual(crypto.getRandomValues(new Uint8Array(65536)).length, 65536);
  },
};

export const otherArraysAreNot = {
  test() {
    for (const view of [new Float32Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1))]) {
      assert.throws(() => crypto.getRandomValues(view), {
        name: "TypeMismatchError",
        message: "ArrayBufferView argument to getRandomValues() must be an integer-typed view.",
      });
    }
    for (const value of [undefined, null, 5, "x", {}, [], new ArrayBuffer(4)]) {
      assert.throws(() => crypto.getRandomValues(value), {
        name: "TypeError",
        message: "Failed to execute 'getRandomValues' on 'Crypto': parameter 1 is not of type 'ArrayBufferView'.",
      });
    }
  },
};

export const thereIsALimit = {
  test() {
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)), {
      name: "QuotaExceededError",
      message: "getRandomValues() only accepts buffers of size <= 64K but provided 65537 bytes.",
    });
  },
};

export const uuids = {
  test() {
    const all = new Set();
    for (let i = 0; i < 300; i++) {
      const uuid = crypto.randomUUID();
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      all.add(uuid);
    }
    assert.strictEqual(all.size, 300);
  },
};

export const methodsNeedTheirObject = {
  test() {
    for (const name of ["randomUUID", "getRandomValues"]) {
      const method = crypto[name];
      assert.throws(() => method(new Uint8Array(1)), /Illegal invocation/);
    }
  },
};
