// The connection below a socket of Node, and the loop that reads it.
//
// One loop at a time reads a connection: it begins when somebody wants bytes and ends when nobody does. What has been
// read and could not be given away stays with the connection.
(function () {
const { core } = __bootstrap;
const { Buffer } = core.loadExtScript("ext:lopata_node/table.js").load("buffer");

const kBuffer = Symbol("kBuffer");
const kBufferCb = Symbol("kBufferCb");
const kBufferGen = Symbol("kBufferGen");

/**
 * The connection below a socket. Streams that are wrapped have one of the same form.
 * @typedef {object} Handle
 * @property {object} socket as `connect()` gives it
 * @property {{ write(bytes: Uint8Array): Promise<void>, close(): Promise<void>, releaseLock(): void }} writer
 * @property {{ read(): Promise<{ done: boolean, value?: Uint8Array }>, releaseLock(): void }} reader
 * @property {number} bytesRead
 * @property {number} bytesWritten
 * @property {boolean} reading whether a loop reads
 * @property {{ host: string, port: number, addressType: number }} options
 */

/** @returns {Handle} */
function handleOf(socket, options) {
  return {
    socket,
    writer: socket.writable.getWriter(),
    reader: socket.readable.getReader(),
    bytesRead: 0,
    bytesWritten: 0,
    reading: false,
    options,
  };
}

/**
 * What the read loop of a handle does: whether it runs, whether it waits for bytes, what it has read and could not give
 * away, and whether its streams have been let go of. @type {WeakMap<Handle, object>}
 */
const reads = new WeakMap();

function readsOf(handle) {
  let state = reads.get(handle);
  if (state === undefined) reads.set(handle, state = { runs: false, waits: false, rest: null, released: false });
  return state;
}

/** Takes the streams of a handle away from it, for a connection that goes on as another. @param {Handle} handle */
function release(handle) {
  const state = readsOf(handle);
  // Source: production's stream, whose readers are not let go of while they read.
  if (state.waits) throw new TypeError("Cannot call releaseLock() on a reader with outstanding read promises.");
  state.released = true;
  handle.writer.releaseLock();
  handle.reader.releaseLock();
}

/** Who takes what is read, if not the stream. */
function takeOnread(socket, onread) {
  socket[kBuffer] = true;
  socket[kBufferCb] = undefined;
  if (onread === null || typeof onread !== "object" || typeof onread.callback !== "function") return;
  const { buffer, callback } = onread;
  if (typeof buffer === "function") {
    socket[kBufferGen] = buffer;
  } else if (buffer instanceof Uint8Array) {
    socket[kBuffer] = buffer;
    socket[kBufferGen] = () => buffer;
  } else {
    return;
  }
  socket[kBufferCb] = callback;
}

function wakes(socket) {
  return socket[kBuffer] && !socket.connecting && socket._handle !== null && !socket._handle.reading;
}

/** @param {Socket} socket */
function startReading(socket) {
  const handle = socket._handle;
  if (handle === null) return;
  handle.reading = true;
  const state = readsOf(handle);
  // A loop that was told to stop, and has not noticed, goes on.
  if (state.runs || state.released) return;
  state.runs = true;
  readLoop(socket, handle, state);
}

async function readLoop(socket, handle, state) {
  const isOver = () => socket.destroyed || socket._handle !== handle || state.released;
  try {
    while (handle.reading) {
      if (state.rest === null) {
        state.waits = true;
        // A connection that breaks ends.
        const { done, value } = await handle.reader.read().catch(() => ({ done: true, value: undefined }));
        state.waits = false;
        if (isOver()) return;
        socket._unrefTimer();
        if (done) {
          socket.push(null);
          if (socket[kBufferCb] !== undefined) socket.read(0);
          return;
        }
        state.rest = value;
        // Told to stop while the bytes were on their way: a stream keeps them, others get them later.
        if (!handle.reading && socket[kBufferCb] !== undefined) return;
      }
      if (!deliver(socket, handle, state) || isOver()) return;
    }
  } catch (error) {
    socket.destroy(error);
  } finally {
    handle.reading = false;
    state.runs = false;
  }
}

/** Gives away what has been read. @returns {boolean} whether more is wanted */
function deliver(socket, handle, state) {
  const bytes = state.rest;
  if (bytes.byteLength === 0) {
    state.rest = null;
    return true;
  }
  if (socket[kBufferCb] === undefined) {
    state.rest = null;
    handle.bytesRead += bytes.byteLength;
    return socket.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  const target = socket[kBufferGen]();
  if (!(target instanceof Uint8Array) || target.byteLength === 0) return false;
  const count = Math.min(target.byteLength, bytes.byteLength);
  target.set(bytes.subarray(0, count));
  state.rest = count === bytes.byteLength ? null : bytes.subarray(count);
  handle.bytesRead += count;
  return socket[kBufferCb](count, Buffer.from(target.buffer, target.byteOffset, count)) !== false;
}

return { handleOf, kBuffer, kBufferCb, kBufferGen, release, startReading, takeOnread, wakes };
})();
