// FileHandle: what `open` of node:fs/promises gives.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  FinalizationRegistry,
  FinalizationRegistryPrototypeRegister,
  FinalizationRegistryPrototypeUnregister,
  Error,
  PromiseReject,
  PromiseResolve,
  SymbolAsyncDispose,
  Symbol,
  TypeError,
  Uint8Array,
} = primordials;
const { op_vfs_close } = core.ops;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { validateBoolean, validateObject, validateUint32 } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const checks = core.loadExtScript("ext:lopata_node/fs/checks.js");
const { ERR_EBADF } = core.loadExtScript("ext:lopata_node/fs/errors.js");
const { calls: sync } = core.loadExtScript("ext:lopata_node/fs/sync.js");

/** Who has it may make a `FileHandle`. */
const kOwn = Symbol("kOwn");
const kFileHandle = Symbol("kFileHandle");

/** Closes what nobody has closed and nobody can close any more. */
const forgotten = new FinalizationRegistry((fd) => op_vfs_close(fd));

/** What a call comes to, as a promise. */
function promised(call) {
  try {
    return PromiseResolve(call());
  } catch (error) {
    return PromiseReject(error);
  }
}

class FileHandle extends EventEmitter {
  #fd;
  [kFileHandle] = true;

  constructor(own, fd) {
    if (own !== kOwn) throw new TypeError("Illegal constructor");
    super();
    this.#fd = fd;
    FinalizationRegistryPrototypeRegister(forgotten, this, fd, this);
  }

  /** The descriptor; undefined once it is closed. */
  get fd() {
    return this.#fd;
  }

  /** The descriptor, or the error of one that is closed. */
  #open() {
    if (this.#fd === undefined) throw new ERR_EBADF("stat");
    return this.#fd;
  }

  async appendFile(data, options = {}) {
    sync.appendFileSync(this.#open(), data, options);
  }

  async chmod(mode) {
    sync.fchmodSync(this.#open(), mode);
  }

  async chown(uid, gid) {
    sync.fchownSync(this.#open(), uid, gid);
  }

  async datasync() {
    sync.fdatasyncSync(this.#open());
  }

  async sync() {
    sync.fsyncSync(this.#open());
  }

  read(bufferOrOptions = {}, offsetOrOptions = {}, length, position = null) {
    return promised(() => {
      const fd = this.#open();
      let options = bufferOrOptions;
      if (ArrayBufferIsView(bufferOrOptions)) {
        const buffer = bufferOrOptions;
        options = typeof offsetOrOptions === "number"
          ? { buffer, offset: offsetOrOptions, length: length ?? undefined, position: position ?? null }
          : { buffer, ...offsetOrOptions };
      }
      const { buffer = Buffer.alloc(16384), offset = 0 } = options;
      const { length: count = buffer.byteLength - offset, position: at = null } = options;
      validateUint32(offset, "offset");
      validateUint32(count, "length");
      checks.position(at);
      return { bytesRead: sync.readSync(fd, buffer, offset, count, at), buffer };
    });
  }

  readv(buffers, position = null) {
    return promised(() => ({ bytesRead: sync.readvSync(this.#open(), buffers, position), buffers }));
  }

  async readFile(options = {}) {
    return sync.readFileSync(this.#open(), options);
  }

  readLines(_options = {}) {
    this.#open();
    // Source: production's text.
    throw new Error("not implemented");
  }

  async stat(options = {}) {
    return sync.fstatSync(this.#open(), options);
  }

  async truncate(len = 0) {
    sync.ftruncateSync(this.#open(), len);
  }

  async utimes(atime, mtime) {
    sync.futimesSync(this.#open(), atime, mtime);
  }

  write(buffer, offsetPositionOrOptions = null, lengthOrEncoding, position = null) {
    return promised(() => {
      const fd = this.#open();
      if (typeof buffer === "string") buffer = Buffer.from(buffer, lengthOrEncoding);
      const bytesWritten = sync.writeSync(fd, buffer, offsetPositionOrOptions, lengthOrEncoding, position);
      return { bytesWritten, buffer };
    });
  }

  writev(buffers, position = null) {
    return promised(() => ({ bytesWritten: sync.writevSync(this.#open(), buffers, position), buffers }));
  }

  writeFile(data, options = {}) {
    return promised(() => {
      const bytesWritten = sync.writeFileSync(this.#open(), data, options);
      return { bytesWritten, buffer: ArrayBufferIsView(data) ? data : Buffer.from(data, options) };
    });
  }

  close() {
    return promised(() => {
      const fd = this.#fd;
      this.#fd = undefined;
      if (fd !== undefined) {
        FinalizationRegistryPrototypeUnregister(forgotten, this);
        op_vfs_close(fd);
      }
      this.emit("close");
    });
  }

  async [SymbolAsyncDispose]() {
    await this.close();
  }

  readableWebStream(options = {}) {
    this.#open();
    validateObject(options, "options");
    const { autoClose = true } = options;
    validateBoolean(autoClose, "options.autoClose");
    return webStream(this, autoClose);
  }

  createReadStream(options = {}) {
    return core.loadExtScript("ext:lopata_node/fs/streams.js").createReadStream("", { ...options, fd: this });
  }

  createWriteStream(_options = {}) {
    return core.loadExtScript("ext:lopata_node/fs/streams.js").createWriteStream("", { ..._options, fd: this });
  }
}

/** A stream of the handle's bytes from where it is. @param {FileHandle} handle @param {boolean} autoClose */
function webStream(handle, autoClose) {
  const read = handle.read;
  let over = false;
  let controller;
  const done = async () => {
    if (autoClose) await handle.close();
  };
  const stream = new globalThis.ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 16384,
    start(own) {
      controller = own;
    },
    async pull(own) {
      const request = own.byobRequest;
      const { bytesRead } = await read.call(
        handle,
        new Uint8Array(request.view.buffer, request.view.byteOffset, request.view.byteLength),
      );
      if (bytesRead === 0) {
        over = true;
        own.close();
        await done();
      }
      request.respond(bytesRead);
    },
    async cancel() {
      over = true;
      await done();
    },
  });
  handle.once("close", () => {
    if (!over) controller.close();
  });
  return stream;
}

return { FileHandle, kFileHandle, kOwn };
})();
