// How the classes of the platform cross isolates: streams, requests and responses, headers, blobs, abort signals.
//
// A readable stream that arrived here and is passed on untouched is spliced, as a body is; any other is pumped. A
// writable stream stays where it is, and what the other side writes is pumped into it. Each pump keeps its event open.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypeError,
  Uint8Array,
} = primordials;
const {
  op_body_abort,
  op_body_cancel,
  op_body_cancelled,
  op_body_finish,
  op_body_open,
  op_body_try_write,
  op_body_write,
  op_rpc_drop_sink,
  op_rpc_from_bytes,
  op_rpc_open_sink,
  op_rpc_to_bytes,
} = core.ops;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { AbortController, AbortSignalPrototype } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const blobs = core.loadExtScript("ext:deno_web/09_file.js");
const { ReadableStream, WritableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const request_ = core.loadExtScript("ext:lopata/fetch/request.js");
const response_ = core.loadExtScript("ext:lopata/fetch/response.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");
const { CAP, register } = values;

/** Kinds of body, as `takeBody` numbers them. */
const BODY_INLINE = 1;
const BODY_PUMPED = 2;

/** Sends a stream on its way: the entry's part for it, `[capability, length, bytes]`. */
function takeReadable(stream, encoder) {
  // Source: production's text.
  if (stream.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
  const length = body_.streamLength(stream) ?? -1;
  const bytes = body_.takeStatic(stream);
  if (bytes !== undefined) return [-1, length, bytes];
  const native = body_.takeNative(stream);
  if (native !== undefined) {
    ArrayPrototypePush(encoder.undos, (error) => op_body_cancel(native, error));
    return [encoder.capability(CAP.spliced, native), length, undefined];
  }
  const { context } = encoder;
  context.bodyOpened();
  const pumped = body_.openPump(stream, () => context.bodyClosed());
  ArrayPrototypePush(encoder.undos, (error) => op_body_abort(pumped, error));
  return [encoder.capability(CAP.pumped, pumped), length, undefined];
}

function makeReadable(part, arrival) {
  const { 0: capability, 1: length, 2: bytes } = part;
  if (capability < 0) return body_.readableFromStatic(bytes);
  return body_.innerBodyFromNative(arrival.things[capability], length < 0 ? null : length, arrival.context).stream;
}

register({
  tag: "r",
  prototype: ReadableStream.prototype,
  take: (stream, encoder) => ["r", takeReadable(stream, encoder)],
  make: (entry, arrival) => makeReadable(entry[1], arrival),
});

/** Writes what the other side sends into `stream`; the end of `done` says that all of it is there. */
async function drain(rid, done, stream, context) {
  const writer = stream.getWriter();
  try {
    for (;;) {
      const chunk = await body_.readChunk(rid);
      if (chunk === null) break;
      await writer.write(chunk);
    }
    await writer.close();
    op_body_finish(done);
  } catch (error) {
    op_body_cancel(rid, error);
    op_body_abort(done, error);
    PromisePrototypeThen(writer.abort(error), undefined, () => {});
  } finally {
    context.bodyClosed();
  }
}

register({
  tag: "w",
  prototype: WritableStream.prototype,
  take(stream, encoder) {
    // Source: production's text.
    if (stream.locked) throw new TypeError("The WritableStream has been locked to a writer.");
    const { context } = encoder;
    const rid = op_rpc_open_sink();
    context.bodyOpened();
    context.own(rid);
    const done = op_body_open();
    drain(rid, done, stream, context);
    ArrayPrototypePush(encoder.undos, (error) => {
      op_body_cancel(rid, error);
      op_rpc_drop_sink(rid);
    });
    return ["w", encoder.capability(CAP.sink, rid), encoder.capability(CAP.pumped, done)];
  },
  make(entry, arrival) {
    const rid = arrival.things[entry[1]];
    const done = arrival.things[entry[2]];
    const { context } = arrival;
    let over = false;
    const ended = () => op_body_abort(rid, new TypeError("The event that the stream belongs to has ended."));
    const end = () => {
      over = true;
      context.offEnd(ended);
    };
    context.onEnd(ended);
    context.own(done);
    const stream = internal.createWritable({
      __proto__: null,
      write(bytes) {
        return op_body_try_write(rid, bytes) ? undefined : op_body_write(rid);
      },
      end() {
        end();
        op_body_finish(rid);
        return body_.readChunk(done);
      },
      abort(reason) {
        if (over) return;
        end();
        op_body_abort(rid, reason);
        op_body_cancel(done, reason);
      },
    });
    PromisePrototypeThen(op_body_cancelled(rid), (reason) => {
      if (over) return;
      end();
      internal.writableController(stream).drain(
        new TypeError(reason === "" ? "The stream was canceled by its reader." : reason),
      );
    });
    return stream;
  },
});

/** @param {object | null} inner an InnerBody */
function takeInnerBody(inner, encoder) {
  if (inner === null) return null;
  const { context } = encoder;
  const sent = rr.takeBody(inner, () => context.bodyClosed());
  if (sent.kind === 0) return null;
  // A copy: what is cloned of a view is all that is behind it.
  if (sent.kind === BODY_INLINE) {
    return [-1, -1, typeof sent.value === "string" ? core.encode(sent.value) : TypedArrayPrototypeSlice(sent.value)];
  }
  const rid = sent.value;
  const pumped = sent.kind === BODY_PUMPED;
  if (pumped) context.bodyOpened();
  ArrayPrototypePush(encoder.undos, (error) => pumped ? op_body_abort(rid, error) : op_body_cancel(rid, error));
  return [encoder.capability(pumped ? CAP.pumped : CAP.spliced, rid), sent.length, undefined];
}

function makeInnerBody(part, arrival) {
  if (part === null) return null;
  const { 0: capability, 1: length, 2: bytes } = part;
  const body = capability < 0
    ? body_.innerBodyFromBytes(bytes)
    : body_.innerBodyFromNative(arrival.things[capability], length < 0 ? null : length, arrival.context);
  // It belongs to a session, which may have several events.
  body.owner = undefined;
  return body;
}

register({
  tag: "h",
  prototype: rr.Headers.prototype,
  take: (headers) => ["h", headers_.copy(headers)],
  make: (entry) => headers_.headersOf(entry[1], false),
});

register({
  tag: "q",
  prototype: rr.Request.prototype,
  take(request, encoder) {
    const { body, signal } = rr.toInnerRequest(request);
    const sent = takeInnerBody(body, encoder);
    return ["q", request_.pack(request), sent, signal === null ? null : takeSignal(signal, encoder)];
  },
  make(entry, arrival) {
    const signal = entry[3] === null ? null : makeSignal(entry[3], arrival);
    return request_.unpack(entry[1], makeInnerBody(entry[2], arrival), signal);
  },
});

register({
  tag: "p",
  prototype: rr.Response.prototype,
  take(response, encoder) {
    const inner = rr.toInnerResponse(response);
    if (inner.webSocket !== null) throw values.unserializable(inner.webSocket);
    return ["p", response_.pack(response), takeInnerBody(inner.body, encoder)];
  },
  make: (entry, arrival) => response_.unpack(entry[1], makeInnerBody(entry[2], arrival)),
});

/** The bytes of a Blob alone: one that was sliced off another shares them with it. */
const bytesOf = (blob) => TypedArrayPrototypeSlice(blobs.dataOf(blob));

register({
  tag: "f",
  prototype: blobs.File.prototype,
  take: (file) => ["f", bytesOf(file), file.name, blobs.typeOf(file), file.lastModified],
  make: (entry) => blobs.fileOf(entry[1], entry[2], entry[3], entry[4]),
});
register({
  tag: "b",
  prototype: blobs.Blob.prototype,
  take: (blob) => ["b", bytesOf(blob), blobs.typeOf(blob)],
  make: (entry) => blobs.blobOf(entry[1], entry[2]),
});

/** What an abort says, once it is known. @returns {Uint8Array} */
function reasonBytes(reason) {
  if (values.isPlain(reason)) return op_rpc_to_bytes([reason], undefined);
  const encoder = new values.Encoder(undefined, values.MODE.thrown);
  try {
    return op_rpc_to_bytes(encoder.encode(reason), encoder.special);
  } catch {
    return op_rpc_to_bytes([undefined], undefined);
  }
}

function readReason(bytes) {
  const { 0: special, 1: value } = op_rpc_from_bytes(bytes);
  return special ? values.decode(value, undefined, []) : value[0];
}

/** Waits for what an abort says; undefined when the signal is let go without one. */
async function readAll(rid) {
  let bytes = new Uint8Array(0);
  for (;;) {
    const chunk = await body_.readChunk(rid);
    if (chunk === null) return TypedArrayPrototypeGetByteLength(bytes) === 0 ? undefined : bytes;
    const joined = new Uint8Array(TypedArrayPrototypeGetByteLength(bytes) + TypedArrayPrototypeGetByteLength(chunk));
    TypedArrayPrototypeSet(joined, bytes);
    TypedArrayPrototypeSet(joined, chunk, TypedArrayPrototypeGetByteLength(bytes));
    bytes = joined;
  }
}

/** Sends a signal on its way. @param {AbortSignal} signal */
function takeSignal(signal, encoder) {
  if (signal.aborted) return ["a", reasonBytes(signal.reason), -1];
  const rid = op_body_open();
  const { context } = encoder;
  const over = () => {
    context.offEnd(over);
    signal.removeEventListener("abort", aborted);
    op_body_finish(rid);
  };
  const aborted = () => {
    context.offEnd(over);
    signal.removeEventListener("abort", aborted);
    const bytes = reasonBytes(signal.reason);
    if (op_body_try_write(rid, bytes)) {
      op_body_finish(rid);
    } else {
      PromisePrototypeThen(op_body_write(rid), () => op_body_finish(rid));
    }
  };
  signal.addEventListener("abort", aborted);
  // The other side may lose interest before; then there is nobody to tell.
  PromisePrototypeThen(op_body_cancelled(rid), over);
  context.onEnd(over);
  ArrayPrototypePush(encoder.undos, over);
  return ["a", undefined, encoder.capability(CAP.pumped, rid)];
}

/** The signal that arrived, which aborts when the other does. */
function makeSignal(entry, arrival) {
  const controller = new AbortController();
  if (entry[2] < 0) {
    controller.abort(readReason(entry[1]));
    return controller.signal;
  }
  const rid = arrival.things[entry[2]];
  const { context } = arrival;
  context.own(rid);
  PromisePrototypeThen(readAll(rid), (bytes) => {
    if (bytes !== undefined && !context.ended) io.run(context, () => controller.abort(readReason(bytes)));
  }, () => {});
  return controller.signal;
}

register({
  tag: "a",
  prototype: AbortSignalPrototype,
  take(signal, encoder) {
    // Source: workerd's text.
    if (!compat.has("enable_abortsignal_rpc")) {
      throw new DOMException("AbortSignal serialization is not enabled.", "DataCloneError");
    }
    return takeSignal(signal, encoder);
  },
  make: makeSignal,
});

return {};
})();
