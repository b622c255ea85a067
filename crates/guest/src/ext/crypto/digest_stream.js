// DigestStream: a WritableStream that keeps nothing of what is written but its digest.
(function () {
const { core, primordials } = __bootstrap;
const {
  BigInt,
  ObjectDefineProperties,
  ObjectDefineProperty,
  Promise,
  PromisePrototypeThen,
  StringPrototypeToLowerCase,
  SymbolFor,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const { op_crypto_digest_finish, op_crypto_digest_start, op_crypto_digest_update } = core.ops;
const { WritableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const params = core.loadExtScript("ext:lopata/crypto/params.js");

/** Checksums, which only streams know. */
const CHECKSUMS = { __proto__: null, crc32: true, crc32c: true, crc64nvme: true };

/** @param {{ name: string }} algorithm @returns {object} the native digest */
function start(algorithm) {
  const name = StringPrototypeToLowerCase(algorithm.name);
  if (CHECKSUMS[name] === true) return op_crypto_digest_start(name);
  return op_crypto_digest_start(StringPrototypeToLowerCase(params.digest(name).name));
}

class DigestStream extends WritableStream {
  #promise;
  #resolve;
  #reject;
  #native;
  /** undefined while bytes may come, then what later writes fail with, or null after the end. */
  #over = undefined;
  #written = 0n;

  constructor(algorithm) {
    if (arguments.length === 0) {
      throw new TypeError(
        "Failed to construct 'DigestStream': constructor parameter 1 is not of type 'string or HashAlgorithm'.",
      );
    }
    const native = start(params.algorithm(algorithm, "HashAlgorithm"));
    let self;
    super({
      write: (chunk) => self.#write(chunk),
      close: () => self.#close(),
      abort: (reason) => self.#fail(reason),
    });
    self = this;
    this.#native = native;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever wants no digest need not handle its failure.
    PromisePrototypeThen(this.#promise, undefined, () => {});
  }

  #write(chunk) {
    if (this.#over !== undefined) {
      if (this.#over === null) return;
      throw this.#over.error;
    }
    const bytes = typeof chunk === "string" ? core.encode(chunk) : params.viewOf(chunk);
    if (bytes === undefined) {
      throw new TypeError(
        "DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its " +
          "writable side.",
      );
    }
    op_crypto_digest_update(this.#native, bytes);
    this.#written += BigInt(TypedArrayPrototypeGetByteLength(bytes));
  }

  #close() {
    if (this.#over === undefined) {
      this.#over = null;
      this.#resolve(TypedArrayPrototypeGetBuffer(op_crypto_digest_finish(this.#native)));
    } else if (this.#over !== null) {
      throw this.#over.error;
    }
  }

  #fail(error) {
    if (this.#over !== undefined) return;
    this.#over = { error };
    this.#reject(error);
  }

  get digest() {
    return this.#promise;
  }

  get bytesWritten() {
    return this.#written;
  }

  [SymbolFor("lopata.dispose")]() {
    this.#fail(new TypeError("The DigestStream was disposed."));
  }
}

const dispose = DigestStream.prototype[SymbolFor("lopata.dispose")];
delete DigestStream.prototype[SymbolFor("lopata.dispose")];
ObjectDefineProperty(DigestStream, "length", { __proto__: null, value: 0, configurable: true });
const enumerable = { __proto__: null, enumerable: true };
ObjectDefineProperties(DigestStream.prototype, {
  digest: enumerable,
  bytesWritten: enumerable,
  [primordials.SymbolDispose]: { __proto__: null, value: dispose, writable: true, configurable: true },
  [SymbolToStringTag]: { __proto__: null, value: "DigestStream", configurable: true },
});

return { DigestStream };
})();
