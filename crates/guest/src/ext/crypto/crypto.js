// Web Crypto with the rules of Workers: no random values at module scope, and timingSafeEqual.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayBufferIsView, ObjectDefineProperties, TypeError, Uint8Array } = primordials;
const deno = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const { getRandomValues, randomUUID } = deno.Crypto.prototype;

ObjectDefineProperties(deno.Crypto.prototype, {
  getRandomValues: {
    __proto__: null,
    value: function (array) {
      io.required();
      return getRandomValues.call(this, array);
    },
    writable: true,
    enumerable: true,
    configurable: true,
  },
  randomUUID: {
    __proto__: null,
    value: function () {
      io.required();
      return randomUUID.call(this);
    },
    writable: true,
    enumerable: true,
    configurable: true,
  },
});

/** @param {BufferSource} value */
function bytesOf(value) {
  if (ArrayBufferIsView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (core.isAnyArrayBuffer(value)) return new Uint8Array(value);
  throw new TypeError("Failed to execute 'timingSafeEqual' on 'SubtleCrypto': parameter is not of type 'ArrayBuffer or ArrayBufferView'.");
}

ObjectDefineProperties(deno.SubtleCrypto.prototype, {
  timingSafeEqual: {
    __proto__: null,
    value: function timingSafeEqual(a, b) {
      const left = bytesOf(a);
      const right = bytesOf(b);
      if (left.length !== right.length) throw new TypeError("Input buffers must have the same byte length.");
      let difference = 0;
      for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
      return difference === 0;
    },
    writable: true,
    enumerable: true,
    configurable: true,
  },
});

return deno;
})();
