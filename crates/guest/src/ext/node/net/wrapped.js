// A Socket around any Duplex, for `tls.connect({ socket })`: its bytes go through as they are, as in production.
(function () {
const { core } = __bootstrap;
const { Duplex } = core.loadExtScript("ext:lopata_node/table.js").load("stream");
const { Socket } = core.loadExtScript("ext:lopata_node/net/socket.js");
const { ERR_INVALID_ARG_TYPE, ERR_STREAM_WRAP } = core.loadExtScript("ext:lopata_node/net/errors.js");

/** What is read of a stream: pieces in order, each waited for once. */
class Pieces {
  #pieces = [];
  #waiting = [];
  #ended = false;

  add(piece) {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      this.#pieces.push(piece);
    } else {
      waiter({ done: false, value: piece });
    }
  }

  end() {
    this.#ended = true;
    for (const waiter of this.#waiting.splice(0)) waiter({ done: true, value: undefined });
  }

  read() {
    const value = this.#pieces.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** @param {import("node:stream").Duplex} stream @param {Pieces} pieces */
function handleOf(stream, pieces) {
  const over = Promise.withResolvers();
  return {
    socket: {
      startTls() {
        throw new Error("startTls() should not be called for a duplex stream");
      },
      upgraded: false,
      secureTransport: "off",
      opened: Promise.resolve({}),
      closed: over.promise,
      close() {
        over.resolve();
        return over.promise;
      },
    },
    writer: {
      write: (bytes) =>
        new Promise((resolve, reject) => stream.write(bytes, (error) => error ? reject(error) : resolve())),
      close: () => new Promise((resolve) => stream.end(resolve)),
      releaseLock() {},
    },
    reader: { read: () => pieces.read(), releaseLock() {} },
    bytesRead: 0,
    bytesWritten: 0,
    reading: false,
    options: { host: "0.0.0.0", port: 0, addressType: 4 },
  };
}

class JSStreamSocket extends Socket {
  constructor(stream) {
    if (!(stream instanceof Duplex)) throw new ERR_INVALID_ARG_TYPE("duplex", "stream.Duplex", stream);
    const pieces = new Pieces();
    const handle = handleOf(stream, pieces);
    super({ handle });
    this.stream = stream;
    stream.pause();
    stream.on("error", (error) => this.emit("error", error));
    const onData = (chunk) => {
      if (typeof chunk !== "string" && !stream.readableObjectMode) {
        pieces.add(chunk);
        return;
      }
      stream.pause();
      stream.removeListener("data", onData);
      this.emit("error", new ERR_STREAM_WRAP());
    };
    stream.on("data", onData);
    stream.once("end", () => pieces.end());
    stream.once("close", () => this.destroy());
    handle.socket.closed.then(() => this.doClose());
  }

  isClosing() {
    return !this.readable || !this.writable;
  }

  readStart() {
    this.stream.resume();
    return 0;
  }

  readStop() {
    this.stream.pause();
    return 0;
  }

  doShutdown(_request) {
    queueMicrotask(() => this.stream.end());
    return 0;
  }

  doClose() {
    this.stream.destroy();
  }
}

return { JSStreamSocket };
})();
