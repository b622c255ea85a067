// `process.stdin`, `stdout` and `stderr`: what is written becomes lines of the console, and there is nothing to read.
(function () {
const { core, primordials } = __bootstrap;
const { StringPrototypeEndsWith, StringPrototypeSlice, queueMicrotask } = primordials;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_INVALID_ARG_TYPE } = core.loadExtScript("ext:deno_node/internal/errors.ts");

/** @param {1 | 2} fd */
function output(fd) {
  const stream = new EventEmitter();
  let over = false;
  const done = (callback) => {
    if (typeof callback === "function") queueMicrotask(() => callback());
  };
  return Object.assign(stream, {
    fd,
    readable: false,
    writable: true,
    _type: "fs",
    _isStdio: true,
    write(chunk, encoding = undefined, callback = undefined) {
      if (typeof encoding === "function") {
        callback = encoding;
        encoding = undefined;
      }
      let text = chunk;
      if (typeof chunk !== "string") {
        if (!ArrayBuffer.isView(chunk)) {
          throw new ERR_INVALID_ARG_TYPE("chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk);
        }
        text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
      }
      if (StringPrototypeEndsWith(text, "\n")) text = StringPrototypeSlice(text, 0, -1);
      globalThis.console[fd === 1 ? "log" : "error"]("%s", text);
      done(callback);
      return true;
    },
    end(chunk = undefined, encoding = undefined, callback = undefined) {
      if (typeof chunk === "function") return this.end(undefined, undefined, chunk);
      if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
      if (!over) queueMicrotask(() => stream.emit("finish"));
      over = true;
      done(callback);
      return this;
    },
    cork() {},
    uncork() {},
    destroy() {
      return this;
    },
  });
}

function stdin() {
  const stream = new EventEmitter();
  const itself = (name) => ({ [name]: () => stream })[name];
  return Object.assign(stream, {
    fd: 0,
    readable: false,
    read: () => null,
    resume: itself("resume"),
    pause: itself("pause"),
    setEncoding: itself("setEncoding"),
  });
}

return { output, stdin };
})();
