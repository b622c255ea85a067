// Hibernating WebSockets: the methods of `ctx`.
//
// Tags, attachments and the rest that outlives an instance are on Rust's side, which also gives automatic responses. An
// instance sees one WebSocket object for each socket, made when it first asks for it or hears of it. What sockets say
// are events of the object (`events.js`).
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  Date,
  Error,
  MapPrototypeGet,
  MapPrototypeSet,
  MathTrunc,
  NumberIsFinite,
  ObjectDefineProperty,
  ObjectKeys,
  RangeError,
  SafeMap,
  SafeSet,
  SetPrototypeAdd,
  SetPrototypeGetSize,
  SetPrototypeHas,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const {
  op_object_auto_response,
  op_object_no_auto_response,
  op_object_set_auto_response,
  op_object_set_socket_timeout,
  op_object_socket_accept,
  op_object_socket_answered_at,
  op_object_socket_is_closed,
  op_object_socket_list,
  op_object_socket_tags,
  op_object_socket_timeout,
} = core.ops;
const { badParameter, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { PHASE } = core.loadExtScript("ext:lopata/websocket/session.js");
const { hibernated, isWebSocket, pairOf, stateOf, WebSocketRequestResponsePair } = core.loadExtScript(
  "ext:lopata/websocket/websocket.js",
);

// Source: production's limits.
const SOCKETS_MAX = 32 * 1024;
const TAGS_MAX = 10;
const TAG_BYTES_MAX = 256;
const AUTO_RESPONSE_BYTES_MAX = 2048;
const TIMEOUT_MS_MAX = 604_800_000;

const CLASS = "DurableObjectState";

// Source of the texts below: workerd's.
const ACCEPTED_TEXT = "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`";
const PAIR_TEXT = "Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted or " +
  "used in a Response.";
const STATE_TEXT = "Tried to make an api::WebSocket hibernatable when it was in an incompatible state.";
const NOT_ACCEPTED_TEXT = "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.";
const NO_TAGS_TEXT = "only hibernatable websockets can have tags.";

/** @param {string} value @returns {number} its bytes in UTF-8 */
const byteLength = (value) => TypedArrayPrototypeGetByteLength(core.encode(value));

/** The WebSocket objects of an instance, by the number of their native end. */
function socketsOf(record) {
  return record.sockets ??= new SafeMap();
}

function socketOf(record, id) {
  const sockets = socketsOf(record);
  let socket = MapPrototypeGet(sockets, id);
  if (socket === undefined) {
    socket = hibernated(id, record, op_object_socket_is_closed(record.number, id));
    MapPrototypeSet(sockets, id, socket);
  }
  return socket;
}

/** @param {unknown} socket @param {string} method */
function checked(socket, method) {
  if (!isWebSocket(socket)) throw badParameter(method, CLASS, 1, "WebSocket");
  return stateOf(socket);
}

/** @param {string[]} tags @returns {string[]} each of them once */
function distinct(tags) {
  const seen = new SafeSet();
  const list = [];
  for (let i = 0; i < tags.length; i++) {
    const tag = tags[i];
    if (SetPrototypeGetSize(seen) >= TAGS_MAX) throw new Error(`a Hibernatable WebSocket cannot have more than ${TAGS_MAX} tags`);
    if (byteLength(tag) > TAG_BYTES_MAX) {
      throw new Error(`"${tag}" is longer than the max tag length (${TAG_BYTES_MAX} characters).`);
    }
    if (SetPrototypeHas(seen, tag)) continue;
    SetPrototypeAdd(seen, tag);
    ArrayPrototypePush(list, tag);
  }
  return list;
}

/** @param {unknown} value @returns {number} as production takes an unsigned integer of 32 bits */
function unsigned(value) {
  const number = +value;
  if (!NumberIsFinite(number)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (number < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  }
  if (number > 4294967295) throw new TypeError("Value out of range. Must be less than or equal to 4294967295.");
  return MathTrunc(number);
}

/** Makes an op's tags the socket's own copy. */
function tagsOf(state) {
  return state.tags ??= op_object_socket_tags(state.object.number, state.id);
}

/**
 * Gives `ctx` its methods.
 * @param {object} prototype
 * @param {(ctx: unknown) => object} recordOf gives the object's record, or throws what production does for anything else
 */
function install(prototype, recordOf) {
  const methods = {
    __proto__: null,

    acceptWebSocket(socket = undefined, tags = undefined) {
      const record = recordOf(this);
      const state = checked(socket, "acceptWebSocket");
      if (tags !== undefined && !ArrayIsArray(tags)) throw badParameter("acceptWebSocket", CLASS, 2, "Array");
      const given = [];
      for (let i = 0; tags !== undefined && i < tags.length; i++) ArrayPrototypePush(given, text(tags[i]));
      io.mine(state.context, "Native");
      if (state.phase === PHASE.accepted) throw new Error(ACCEPTED_TEXT);
      if (state.mate === null || state.mate.phase !== PHASE.waiting) throw new Error(PAIR_TEXT);
      const own = distinct(given);
      if (state.phase !== PHASE.waiting) throw new TypeError(STATE_TEXT);
      if (!op_object_socket_accept(record.number, state.id, own, state.attachment)) {
        throw new Error(`only ${SOCKETS_MAX} websockets can be accepted on a single Durable Object instance`);
      }
      state.context.sockets?.delete(state);
      state.context = record.context;
      state.phase = PHASE.accepted;
      state.object = record;
      state.tags = own;
      state.attachment = undefined;
      MapPrototypeSet(socketsOf(record), state.id, socket);
    },

    getWebSockets(tag = undefined) {
      const record = recordOf(this);
      const ids = op_object_socket_list(record.number, tag === undefined ? null : text(tag));
      const found = [];
      for (let i = 0; i < ids.length; i++) ArrayPrototypePush(found, socketOf(record, ids[i]));
      return found;
    },

    setWebSocketAutoResponse(pair = undefined) {
      const record = recordOf(this);
      if (pair === undefined) {
        op_object_no_auto_response(record.number);
        return;
      }
      const given = pairOf(pair);
      if (given === undefined) throw badParameter("setWebSocketAutoResponse", CLASS, 1, "WebSocketRequestResponsePair");
      const limited = (name, value) => {
        const bytes = byteLength(value);
        if (bytes <= AUTO_RESPONSE_BYTES_MAX) return;
        throw new RangeError(
          `${name} cannot be larger than ${AUTO_RESPONSE_BYTES_MAX} bytes. ` +
            `A ${name === "Request" ? "request" : "response"} of size ${bytes} was provided.`,
        );
      };
      limited("Request", given.request);
      limited("Response", given.response);
      op_object_set_auto_response(record.number, given.request, given.response);
    },

    getWebSocketAutoResponse() {
      const pair = op_object_auto_response(recordOf(this).number);
      return pair === null ? null : new WebSocketRequestResponsePair(pair[0], pair[1]);
    },

    getWebSocketAutoResponseTimestamp(socket = undefined) {
      recordOf(this);
      const state = checked(socket, "getWebSocketAutoResponseTimestamp");
      const { object } = state;
      const at = object === null ? state.answeredAt : op_object_socket_answered_at(object.number, state.id);
      return at < 0 ? null : new Date(at);
    },

    setHibernatableWebSocketEventTimeout(timeout = undefined) {
      const record = recordOf(this);
      const ms = timeout === undefined ? 0 : unsigned(timeout);
      if (ms > TIMEOUT_MS_MAX) throw new Error(`Event timeout should not exceed ${TIMEOUT_MS_MAX} ms.`);
      op_object_set_socket_timeout(record.number, ms);
    },

    getHibernatableWebSocketEventTimeout() {
      const ms = op_object_socket_timeout(recordOf(this).number);
      return ms === 0 ? null : ms;
    },

    getTags(socket = undefined) {
      recordOf(this);
      const state = checked(socket, "getTags");
      if (state.tags !== null) return ArrayPrototypeSlice(tagsOf(state));
      throw new Error(state.phase === PHASE.accepted ? NO_TAGS_TEXT : NOT_ACCEPTED_TEXT);
    },
  };
  for (const name of ObjectKeys(methods)) {
    ObjectDefineProperty(prototype, name, {
      __proto__: null,
      value: methods[name],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

return { install, socketOf, tagsOf };
})();
