// `process.stdin`, `stdout` and `stderr`: what is written becomes lines of the worker's log, and there is nothing to read.
//
// All three are streams of Node. A worker that only asks for `process` shall not load those, so each is an object that
// gets its class when somebody looks for what it has not got yet.
(function () {
const { core, primordials } = __bootstrap;
const {
  ObjectSetPrototypeOf,
  Proxy,
  ReflectApply,
  ReflectGet,
  ReflectHas,
  ReflectSet,
} = primordials;

/**
 * An object that becomes an instance of a class at first sight.
 * @param {object} own what it has before
 * @param {() => { prototype: object, construct: (self: object) => void }} kind
 */
function lazily(own, kind) {
  const self = { __proto__: null, ...own };
  let prototype;
  const wake = () => {
    if (prototype === undefined) {
      const { construct, prototype: wanted } = kind();
      prototype = wanted;
      ObjectSetPrototypeOf(self, wanted);
      construct(self);
    }
    return prototype;
  };
  const asleep = new Proxy({ __proto__: null }, {
    __proto__: null,
    get(_target, key, receiver) {
      wake();
      return ReflectGet(self, key, receiver);
    },
    getPrototypeOf: () => wake(),
    has(_target, key) {
      wake();
      return ReflectHas(self, key);
    },
    set(_target, key, value, receiver) {
      wake();
      return ReflectSet(self, key, value, receiver);
    },
  });
  ObjectSetPrototypeOf(self, asleep);
  return self;
}

/** The two that can be written to. @param {1 | 2} fd */
function output(fd) {
  const kind = () => {
    const { Writable } = core.loadExtScript("ext:lopata_node/stream/stream.js");
    const { write } = core.loadExtScript("ext:lopata_node/fs/stdio.js");
    function SyncWriteStream() {}
    ObjectSetPrototypeOf(SyncWriteStream, Writable);
    ObjectSetPrototypeOf(SyncWriteStream.prototype, Writable.prototype);
    SyncWriteStream.prototype._write = function (chunk, _encoding, callback) {
      write(fd, chunk);
      callback();
    };
    return { prototype: SyncWriteStream.prototype, construct: (self) => ReflectApply(Writable, self, []) };
  };
  return lazily({
    fd,
    readable: false,
    _type: "fs",
    _isStdio: true,
    allowHalfOpen: false,
    bufferSize: 0,
    bytesRead: 0,
    bytesWritten: 0,
    connecting: false,
    pending: false,
    readableAborted: false,
    readableDidRead: false,
    readableEnded: false,
    readableHighWaterMark: 16384,
    readableLength: 0,
    readableObjectMode: false,
    readyState: "open",
  }, kind);
}

/** What can be read from, which is over before it begins. */
function stdin() {
  const kind = () => {
    const { Readable } = core.loadExtScript("ext:lopata_node/stream/stream.js");
    function ReadStream() {}
    ObjectSetPrototypeOf(ReadStream, Readable);
    ObjectSetPrototypeOf(ReadStream.prototype, Readable.prototype);
    ReadStream.prototype._read = function (_size) {
      this.push(null);
    };
    return { prototype: ReadStream.prototype, construct: (self) => ReflectApply(Readable, self, []) };
  };
  return lazily({
    fd: 0,
    start: 0,
    end: Infinity,
    pos: 0,
    bytesRead: 0,
    allowHalfOpen: false,
    bufferSize: 0,
    connecting: false,
    readyState: "open",
  }, kind);
}

return { output, stdin };
})();
