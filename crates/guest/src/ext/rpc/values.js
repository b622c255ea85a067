// Values as they cross isolates: taken apart at one end, put together at the other.
//
// V8's structured clone does plain data, and most calls carry nothing else: `isPlain` finds that out and costs little.
// Anything else goes through an Encoder, which copies the value and puts a placeholder wherever something special is:
// a capability, a class of the platform, an error. Classes register here how they are taken apart and made again.
(function () {
const { core, primordials } = __bootstrap;
const {
  Array,
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  Error,
  EvalError,
  MapPrototypeForEach,
  Object,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototype,
  ObjectPrototypeIsPrototypeOf,
  ObjectPrototypeToString,
  RangeError,
  ReferenceError,
  ReflectOwnKeys,
  SafeMap,
  SetPrototypeForEach,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  URIError,
} = primordials;
const NativeMap = primordials.Map;
const NativeSet = primordials.Set;
const NativeAggregateError = primordials.AggregateError;
const { op_get_constructor_name, op_rpc_decode } = core.ops;
const { DENSE_LENGTH_MAX, isLeaf, isPlain } = core.loadExtScript("ext:lopata/rpc/plain.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** Marks a placeholder; its value is the index of what it stands for. */
const brand = Symbol("rpc placeholder");

/** Whose value it is. */
const MODE = {
  __proto__: null,
  /** Arguments: stubs are duplicated. */
  args: 0,
  /** A result: stubs are given away. */
  result: 1,
  /** Something thrown: what cannot cross is left out. */
  thrown: 2,
};

/** Kinds of capability, numbered as in `clone.rs`. */
const CAP = { __proto__: null, stub: 0, exported: 1, pumped: 2, spliced: 3, sink: 4, worker: 5 };

const ERRORS = {
  __proto__: null,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError: NativeAggregateError,
};

/**
 * How a class crosses. `take` gives the entry for the head, of plain data, its first element being the tag. `make`
 * gives the object for such an entry; `fill` is called once the rest is there, with what `take` has put into
 * `encoder.later(value)`.
 * @type {{ tag: string, prototype: object, take: Function, make: Function }[]}
 */
const kinds = [];
const makers = { __proto__: null };

/** @param {{ tag: string, prototype: object | null, take: Function | null, make: Function }} kind */
function register(kind) {
  makers[kind.tag] = kind.make;
  if (kind.prototype !== null) ArrayPrototypePush(kinds, kind);
}

/** What `stubs.js` and `serve.js` know: set when they are loaded. */
const parts = {
  /** The handler behind a stub, promise or property; undefined for any other function. */
  handlerOf: undefined,
  /** What is known of an object that stubs lead to. */
  newTarget: undefined,
  /** A way to it that is given away. */
  newExport: undefined,
  /** `RpcTarget.prototype`. */
  targetPrototype: undefined,
};

/** @param {object} object */
function unserializable(object) {
  let name;
  try {
    name = op_get_constructor_name(object);
  } catch {
    name = "Object";
  }
  if (isOpaque(object)) return new DOMException(`#<${name}> could not be cloned.`, "DataCloneError");
  if (core.isGeneratorObject(object)) {
    return new DOMException(`${ObjectPrototypeToString(object)} could not be cloned.`, "DataCloneError");
  }
  return notSerializable(name);
}

/** @param {string} name of a class */
function notSerializable(name) {
  // Source: production's text.
  return new DOMException(
    `Could not serialize object of type "${name}". This type does not support serialization.`,
    "DataCloneError",
  );
}

/** What V8 has words of its own for. @param {object} object */
function isOpaque(object) {
  return core.isPromise(object) || core.isWeakMap(object) || core.isWeakSet(object) || core.isMapIterator(object) ||
    core.isSetIterator(object);
}

/** True for an object of a class that is the user's own. @param {object} object */
function isInstance(object) {
  if (isOpaque(object) || core.isGeneratorObject(object)) return false;
  for (let i = 0; i < kinds.length; i++) {
    if (ObjectPrototypeIsPrototypeOf(kinds[i].prototype, object)) return false;
  }
  return true;
}

/** An error of V8's serializer, as a DOMException; anything else as it is. @param {unknown} error */
function cloneError(error) {
  return isCloneError(error) ? new DOMException(error.message, "DataCloneError") : error;
}

/** @param {unknown} error */
function isCloneError(error) {
  return core.isNativeError(error) && ObjectHasOwn(error, "name") && error.name === "DataCloneError" &&
    !ObjectPrototypeIsPrototypeOf(DOMException.prototype, error);
}

/** Errors within errors that are kept of what was thrown: a chain may have no end. */
const CAUSE_DEPTH_MAX = 64;

/** Copies a value for V8, with placeholders. One per message. */
class Encoder {
  /**
   * @param {import("../io_context/io_context.js").IoContext | undefined} context what is given away belongs to it
   * @param {number} mode
   * @param {boolean} holds whether what is given away keeps the context open
   */
  constructor(context, mode, holds = false) {
    this.context = context;
    this.mode = mode;
    this.holds = holds;
    /** Entries of special things, by index. */
    this.head = [];
    /** Kind and thing of each capability. */
    this.capabilities = [];
    /** What belongs to entries but may hold special things itself: index of the entry, and value. */
    this.extras = [];
    /** Copies and placeholders, by what they stand for. */
    this.copies = new SafeMap();
    /** Records of what is given away. */
    this.exports = [];
    /** Stubs that the value holds: a result gives them away. */
    this.stubs = [];
    /** How many errors are around what is encoded now. */
    this.depth = 0;
    /** What is to be taken back if the message is not sent. */
    this.undos = [];
  }

  /** @param {unknown} value @returns {unknown} what V8 can write */
  encode(value) {
    const copy = this.value(value);
    return this.extras.length === 0 ? [copy] : [copy, this.extras];
  }

  /** What the ops take beside the copy. */
  get special() {
    return [this.head, this.capabilities, brand];
  }

  /** True when the value carries something that can be called or that has to be let go. */
  get carries() {
    return this.capabilities.length > 0;
  }

  /** The message was not sent: whatever was prepared is taken back. */
  undo(error) {
    for (let i = 0; i < this.exports.length; i++) this.exports[i].release();
    for (let i = 0; i < this.undos.length; i++) this.undos[i](error);
  }

  /** @returns {number} the index by which an entry names the capability */
  capability(kind, thing) {
    ArrayPrototypePush(this.capabilities, kind);
    ArrayPrototypePush(this.capabilities, thing);
    return this.capabilities.length / 2 - 1;
  }

  /** @param {unknown[]} entry @returns {object} a placeholder */
  placeholder(entry) {
    ArrayPrototypePush(this.head, entry);
    return { __proto__: null, [brand]: this.head.length - 1 };
  }

  value(value) {
    if (typeof value === "function") return this.special_(value);
    if (typeof value !== "object" || value === null) return value;
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    if (core.isProxy(value)) return this.special_(value);
    if (ArrayIsArray(value)) return this.array(value);
    const prototype = ObjectGetPrototypeOf(value);
    if (core.isNativeError(value)) return this.error(value);
    if (prototype === ObjectPrototype) return this.object(value);
    if (ArrayBufferIsView(value) || isLeaf(value)) return value;
    if (core.isMap(value)) {
      const copy = new NativeMap();
      this.copies.set(value, copy);
      MapPrototypeForEach(value, (item, key) => {
        const copiedKey = this.value(key);
        primordials.MapPrototypeSet(copy, copiedKey, this.value(item));
      });
      return copy;
    }
    if (core.isSet(value)) {
      const copy = new NativeSet();
      this.copies.set(value, copy);
      SetPrototypeForEach(value, (item) => primordials.SetPrototypeAdd(copy, this.value(item)));
      return copy;
    }
    // What an instance has of its own is all that is kept of one that is thrown.
    return this.mode === MODE.thrown && isInstance(value) ? this.object(value) : this.special_(value);
  }

  object(object) {
    const copy = {};
    this.copies.set(object, copy);
    const keys = ObjectKeys(object);
    for (let i = 0; i < keys.length; i++) define(copy, keys[i], this.value(object[keys[i]]), true);
    return copy;
  }

  array(array) {
    const copy = [];
    this.copies.set(array, copy);
    copy.length = array.length;
    if (array.length > DENSE_LENGTH_MAX) {
      const keys = ObjectKeys(array);
      for (let i = 0; i < keys.length; i++) define(copy, keys[i], this.value(array[keys[i]]), true);
      return copy;
    }
    for (let i = 0; i < array.length; i++) {
      if (ObjectHasOwn(array, i)) define(copy, i, this.value(array[i]), true);
    }
    return copy;
  }

  /** A function or an object that V8 cannot clone. */
  special_(value) {
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    const placeholder = this.placeholder(this.entryOf(value));
    this.copies.set(value, placeholder);
    return placeholder;
  }

  entryOf(value) {
    // Nothing rides along with an error; what would be prepared here for the way, nobody would ever let go.
    if (this.mode === MODE.thrown) throw unserializable(value);
    if (core.isProxy(value)) {
      const handler = parts.handlerOf(value);
      if (handler !== undefined) return this.stub(handler);
      return this.proxy(value);
    }
    for (let i = 0; i < kinds.length; i++) {
      if (ObjectPrototypeIsPrototypeOf(kinds[i].prototype, value)) return kinds[i].take(value, this);
    }
    if (ObjectPrototypeIsPrototypeOf(parts.targetPrototype, value)) return this.give(value, false);
    if (typeof value === "function") return this.give(value, true);
    throw unserializable(value);
  }

  stub(handler) {
    if (handler.id === undefined) throw notSerializable(handler.prototype.constructor.name);
    handler.check();
    ArrayPrototypePush(this.stubs, handler);
    if (handler.id === 0) return this.giveRecord(handler.record);
    return ["s", this.capability(CAP.stub, handler.id)];
  }

  proxy(proxy) {
    const prototype = ObjectGetPrototypeOf(proxy);
    if (prototype === ObjectPrototype) return this.give(proxy, true);
    if (ObjectPrototypeIsPrototypeOf(parts.targetPrototype, proxy)) return this.give(proxy, false);
    if (typeof proxy === "function") return this.give(proxy, true);
    // Source: production's text.
    throw new DOMException(
      "Proxy could not be serialized because it is not a valid RPC receiver type. The Proxy must emulate either a " +
        "plain object or an RpcTarget, as indicated by the Proxy's prototype chain.",
      "DataCloneError",
    );
  }

  /** Gives the way to an object of this isolate. @param {boolean} own whether its own properties can be asked for */
  give(target, own) {
    return this.giveRecord(parts.newTarget(target, own));
  }

  giveRecord(record) {
    const exported = parts.newExport(this.context, record, this.holds);
    ArrayPrototypePush(this.exports, exported);
    return ["s", this.capability(CAP.exported, exported)];
  }

  /** Errors keep name, message, stack, cause and own properties, each of which may be anything. */
  error(error) {
    const name = text(error, "name");
    const known = ObjectPrototypeIsPrototypeOf(DOMException.prototype, error)
      ? ["d", text(error, "message"), name]
      : ["e", ERRORS[name] === undefined ? "Error" : name];
    const placeholder = this.placeholder(known);
    this.copies.set(error, placeholder);
    const index = this.head.length - 1;
    const keys = [];
    const values = [];
    const shown = [];
    if (++this.depth > CAUSE_DEPTH_MAX && this.mode === MODE.thrown) {
      ArrayPrototypePush(this.extras, [index, [[], [], []]]);
      this.depth--;
      return placeholder;
    }
    const keep = (key, read, enumerable) => {
      let copy;
      try {
        copy = this.value(read());
      } catch (failure) {
        if (this.mode !== MODE.thrown) throw failure;
        return;
      }
      ArrayPrototypePush(keys, key);
      ArrayPrototypePush(values, copy);
      ArrayPrototypePush(shown, enumerable);
    };
    if (known[0] === "e") {
      if (known[1] !== name) keep("name", () => name, false);
      keep("message", () => text(error, "message"), false);
    }
    const own = ReflectOwnKeys(error);
    for (let i = 0; i < own.length; i++) {
      const key = own[i];
      if (typeof key !== "string" || key === "name" || key === "message") continue;
      const described = ObjectGetOwnPropertyDescriptor(error, key);
      if (described === undefined) continue;
      keep(key, () => error[key], described.enumerable === true);
    }
    ArrayPrototypePush(this.extras, [index, [keys, values, shown]]);
    this.depth--;
    return placeholder;
  }

  /** Something that belongs to the entry at `index` and comes with the rest of the value. */
  later(index, value) {
    ArrayPrototypePush(this.extras, [index, this.value(value)]);
  }
}

/** A property as text, whatever it is. */
function text(object, key) {
  try {
    const value = object[key];
    return value === undefined ? "" : String(value);
  } catch {
    return "";
  }
}

function define(object, key, value, enumerable) {
  ObjectDefineProperty(object, key, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/**
 * Puts a special value together.
 * @param {[unknown[][], unknown[], Uint8Array]} message head, capabilities, body
 * @param {import("../io_context/io_context.js").IoContext | undefined} context what has arrived belongs to it
 * @param {object[]} group takes the handlers of the stubs that are in the value
 * @param {boolean} inbound whether it comes from those who called the context
 */
function decode(message, context, group, inbound = false) {
  const { 0: head, 1: things, 2: body } = message;
  const shells = new Array(head.length);
  const fills = new Array(head.length);
  const arrival = { __proto__: null, context, group, inbound, things, fill: undefined };
  for (let i = 0; i < head.length; i++) {
    const entry = head[i];
    arrival.fill = undefined;
    shells[i] = makers[entry[0]](entry, arrival);
    fills[i] = arrival.fill;
  }
  const { 0: value, 1: extras } = op_rpc_decode(body, shells);
  if (extras !== undefined) {
    for (let i = 0; i < extras.length; i++) fills[extras[i][0]](extras[i][1]);
  }
  return value;
}

function fillError(error, { 0: keys, 1: values, 2: shown }) {
  for (let i = 0; i < keys.length; i++) define(error, keys[i], values[i], shown[i]);
}

register({
  tag: "e",
  prototype: null,
  take: null,
  make(entry, arrival) {
    const Class = ERRORS[entry[1]];
    const error = Class === NativeAggregateError ? new Class([]) : new Class();
    delete error.stack;
    arrival.fill = (extra) => fillError(error, extra);
    return error;
  },
});
register({
  tag: "d",
  prototype: null,
  take: null,
  make(entry, arrival) {
    const error = new DOMException(entry[1], entry[2]);
    arrival.fill = (extra) => fillError(error, extra);
    return error;
  },
});

return { brand, CAP, cloneError, decode, Encoder, isCloneError, isPlain, MODE, notSerializable, parts, register, unserializable };
})();
