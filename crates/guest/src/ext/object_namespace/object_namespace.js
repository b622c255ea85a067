// Durable Object namespaces: what `env.OBJECTS` is in a worker, the ids it makes, and the stubs it gives.
//
// A stub is a Fetcher whose way leads to one object. Nothing is sent before it is used, and the object need not exist:
// whatever id is asked for is an object.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  FunctionPrototypeBind,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  ObjectSetPrototypeOf,
  RangeError,
  SafeWeakMap,
  SymbolToStringTag,
  TypeError,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const {
  op_object_door,
  op_object_id_named,
  op_object_id_of_units,
  op_object_id_parse,
  op_object_id_unique,
  op_objects_ephemeral,
  op_objects_of,
} = core.ops;
const { badField, badParameter, illegal, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const service = core.loadExtScript("ext:lopata/service/service.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");
const { notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");
const { unavailable } = core.loadExtScript("ext:lopata/unavailable/unavailable.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

// Source of the texts: workerd's namespaces and ids.
const BAD_ID_TEXT = "Invalid Durable Object ID: must be 64 hex digits";
const FOREIGN_ID_TEXT = "Durable Object ID is not valid for this namespace.";
const JURISDICTION_TEXT = "Jurisdiction restrictions are not implemented in workerd.";

const NAMESPACE = "DurableObjectNamespace";

/** Given to constructors by this script only. */
const construct = {};

/** @param {object} object @param {string} name @param {unknown} value */
function readOnly(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, writable: false, enumerable: true, configurable: true });
}

/** Which object is meant. */
class DurableObjectId {
  /** 64 hex digits. */
  #hex;
  /** What it was made of; undefined when that is not known. */
  #name;

  constructor(token, hex, name) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#hex = hex;
    this.#name = name;
    readOnly(this, "jurisdiction", undefined);
    readOnly(this, "name", name);
  }

  /** @param {unknown} value */
  static is(value) {
    return typeof value === "object" && value !== null && #hex in value;
  }

  /** @param {DurableObjectId} id */
  static parts(id) {
    return { hex: id.#hex, name: id.#name };
  }

  toString() {
    if (!isId(this)) throw illegal();
    return this.#hex;
  }

  /** @param {DurableObjectId} other */
  equals(other) {
    if (!isId(this)) throw illegal();
    if (!isId(other)) throw badParameter("equals", "DurableObjectId", 1, "DurableObjectId");
    return this.#hex === other.#hex;
  }
}
const { is: isId, parts: partsOf } = DurableObjectId;
delete DurableObjectId.is;
delete DurableObjectId.parts;

/** A way to an object. */
class DurableObject extends service.Fetcher {
  constructor(token, name, id) {
    super(token === construct ? service.construct : undefined);
    readOnly(this, "name", name);
    readOnly(this, "id", id);
  }
}

/** What a namespace stands for: the native one, and what it is called in spans. */
const namespaces = new SafeWeakMap();

/** @param {unknown} namespace @returns {{ native: object, name: string }} */
function stateOf(namespace) {
  const state = isObject(namespace) ? WeakMapPrototypeGet(namespaces, namespace) : undefined;
  if (state === undefined) throw illegal();
  return state;
}

class DurableObjectNamespace {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  /** @param {{ jurisdiction?: string }} [options] */
  newUniqueId(options = undefined) {
    const { native } = stateOf(this);
    const given = dictionary(options, () => badParameter("newUniqueId", NAMESPACE, 1, "NewUniqueIdOptions"));
    unrestricted(given?.jurisdiction);
    return new DurableObjectId(construct, op_object_id_unique(native), undefined);
  }

  /** @param {string} name */
  idFromName(name) {
    const { native } = stateOf(this);
    if (arguments.length === 0) throw badParameter("idFromName", NAMESPACE, 1, "string");
    return idOf(native, name);
  }

  /** @param {string} id */
  idFromString(id) {
    const { native } = stateOf(this);
    if (arguments.length === 0) throw badParameter("idFromString", NAMESPACE, 1, "string");
    const hex = op_object_id_parse(native, text(id));
    if (hex === null || hex === undefined) throw new TypeError(BAD_ID_TEXT);
    if (hex === "") throw new TypeError(FOREIGN_ID_TEXT);
    return new DurableObjectId(construct, hex, undefined);
  }

  /** @param {DurableObjectId} id @param {object} [options] */
  get(id, options = undefined) {
    const state = stateOf(this);
    if (!isId(id)) throw badParameter("get", NAMESPACE, 1, "DurableObjectId");
    return stub(state, id, readOptions("get", options), false);
  }

  /** @param {string} name @param {object} [options] */
  getByName(name, options = undefined) {
    const state = stateOf(this);
    if (arguments.length === 0) throw badParameter("getByName", NAMESPACE, 1, "string");
    const id = idOf(state.native, name);
    return stub(state, id, readOptions("getByName", options), false);
  }

  /** @param {string | null} [jurisdiction] */
  jurisdiction(jurisdiction = undefined) {
    const { native, name } = stateOf(this);
    unrestricted(jurisdiction);
    return namespaceOf(native, name);
  }
}

/** Objects that have no ids: any text is one. */
class ColoLocalActorNamespace {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  /** @param {string} id */
  get(id) {
    const { native, name } = stateOf(this);
    if (arguments.length === 0) throw badParameter("get", "ColoLocalActorNamespace", 1, "string");
    const given = text(id);
    const bytes = core.byteLength(given);
    if (bytes < 1 || bytes > EPHEMERAL_ID_BYTES_MAX) {
      throw new TypeError(`Actor ID length must be in the range [1, ${EPHEMERAL_ID_BYTES_MAX}].`);
    }
    io.required();
    return service.fetcher(op_object_door(native, op_object_id_named(native, given), given, true, false), name);
  }
}
const EPHEMERAL_ID_BYTES_MAX = 2048;

/** Whether only objects that exist are wanted is not known here: production's local runtime refuses at the first call. */
function addGetExisting() {
  const method = {
    getExisting(id, options = undefined) {
      const state = stateOf(this);
      if (!isId(id)) throw badParameter("getExisting", NAMESPACE, 1, "DurableObjectId");
      return stub(state, id, readOptions("getExisting", options), true);
    },
  };
  ObjectDefineProperty(DurableObjectNamespace.prototype, "getExisting", {
    __proto__: null,
    value: method.getExisting,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** @param {object} native @param {unknown} name */
function idOf(native, name) {
  const shown = text(name);
  // A name counts as it was given, also where it shows something else.
  const hex = typeof name === "string" && shown !== name
    ? op_object_id_of_units(native, name)
    : op_object_id_named(native, shown);
  return new DurableObjectId(construct, hex, shown);
}

/**
 * @param {{ native: object, name: string }} state
 * @param {DurableObjectId} id
 * @param {{ routingMode: string | undefined }} options
 * @param {boolean} existing
 */
function stub(state, id, { routingMode }, existing) {
  if (routingMode !== undefined && routingMode !== "primary-only") {
    throw new RangeError(`unknown routingMode: ${routingMode}`);
  }
  io.required();
  const { hex, name } = partsOf(id);
  const object = new DurableObject(construct, name, id);
  const handle = op_object_door(state.native, hex, name ?? "", name !== undefined, existing);
  service.route(object, handle, state.name);
  return object;
}

/** @param {unknown} value @param {() => Error} refusal @returns {object | undefined} undefined for an empty one */
function dictionary(value, refusal) {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw refusal();
  return value;
}

/** Converts the options of `get`. What they ask for says where an object is to be; there is one place here. */
function readOptions(method, options) {
  const given = dictionary(options, () => badParameter(method, NAMESPACE, 2, "GetDurableObjectOptions"));
  if (given === undefined) return NO_OPTIONS;
  const { locationHint } = given;
  if (locationHint !== undefined) text(locationHint);
  const { routingMode } = given;
  const mode = routingMode === undefined ? undefined : text(routingMode);
  const version = dictionary(given.version, () => badField("version", "GetDurableObjectOptions", "VersionOptions"));
  const cohort = version?.cohort;
  if (cohort !== undefined) text(cohort);
  return { routingMode: mode };
}
const NO_OPTIONS = { routingMode: undefined };

/** @param {unknown} jurisdiction */
function unrestricted(jurisdiction) {
  if (jurisdiction === undefined || jurisdiction === null) return;
  text(jurisdiction);
  throw new Error(JURISDICTION_TEXT);
}

/** @param {object} native @param {string} name */
function namespaceOf(native, name) {
  const namespace = new DurableObjectNamespace(construct);
  WeakMapPrototypeSet(namespaces, namespace, { native, name });
  return namespace;
}

/**
 * The namespace behind an env entry.
 * @param {number} id of its service
 * @param {string} name of the binding
 */
function namespace(id, name) {
  const native = op_objects_of(id);
  if (native === null) return unavailable(`The Durable Object namespace ${name} leads to no class.`);
  if (!op_objects_ephemeral(native)) return namespaceOf(native, name);
  const local = new ColoLocalActorNamespace(construct);
  WeakMapPrototypeSet(namespaces, local, { native, name });
  return local;
}

/**
 * The id that an object sees as its own.
 * @param {string} hex
 * @param {string | undefined} name
 */
function objectId(hex, name) {
  return new DurableObjectId(construct, hex, name);
}

/** A class of objects, for whoever may run one as a part of its own. */
class DurableObjectClass {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }
}

/** A class of the worker itself. Called, it gives one whose objects see the given props. */
class LoopbackDurableObjectClass extends DurableObjectClass {}

/** A class of the worker itself that has a namespace. */
class LoopbackDurableObjectNamespace extends DurableObjectNamespace {}

/** The same without ids. */
class LoopbackColoLocalActorNamespace extends ColoLocalActorNamespace {}

/**
 * What a class stands for.
 * @type {WeakMap<object, { export: string, props: Uint8Array | undefined }>}
 */
const classes = new SafeWeakMap();

/** @param {unknown} value @returns {{ export: string, props: Uint8Array | undefined } | undefined} */
function classOf(value) {
  return isObject(value) ? WeakMapPrototypeGet(classes, value) : undefined;
}

/** @param {string} name @param {Uint8Array | undefined} props */
function classWith(name, props) {
  const made = new DurableObjectClass(construct);
  WeakMapPrototypeSet(classes, made, { export: name, props });
  return made;
}

/** An object that can be called, for a class with props. */
function callable(prototype, owner, name) {
  const made = FunctionPrototypeBind(specialize, undefined, owner, name);
  delete made.name;
  delete made.length;
  ObjectSetPrototypeOf(made, prototype);
  WeakMapPrototypeSet(classes, made, { export: name, props: undefined });
  return made;
}

function specialize(owner, name, ...args) {
  return classWith(name, service.propsOf(owner, args));
}

/** Classes whose objects each have a container. */
const contained = { __proto__: null };

/** `ctx.container` of an object. @param {string} name of its class */
function container(name) {
  if (contained[name] !== true) return undefined;
  return unavailable(`The container of ${name} is not available: this version of lopata runs no containers.`);
}

/**
 * What `ctx.exports` has for a class.
 * @param {string} name
 * @param {[number, boolean] | undefined} known of the class that has one: the namespace's service, and whether its
 *   objects have containers
 */
function loopback(name, known) {
  const native = known === undefined ? null : op_objects_of(known[0]);
  if (known?.[1] === true) contained[name] = true;
  if (native === null) return callable(LoopbackDurableObjectClass.prototype, "LoopbackDurableObjectClass", name);
  const [prototype, owner] = op_objects_ephemeral(native)
    ? [LoopbackColoLocalActorNamespace.prototype, "LoopbackColoLocalActorNamespace"]
    : [LoopbackDurableObjectNamespace.prototype, "LoopbackDurableObjectNamespace"];
  const made = callable(prototype, owner, name);
  WeakMapPrototypeSet(namespaces, made, { native, name });
  return made;
}

/** What a script finds as the constructor: it makes nothing, with `new` or without. */
function refusing(name, prototype) {
  const shown = function () {
    throw new TypeError("Illegal constructor");
  };
  ObjectDefineProperty(shown, "name", { __proto__: null, value: name, configurable: true });
  shown.prototype = prototype;
  return shown;
}

for (
  const Class of [
    DurableObjectId,
    DurableObject,
    DurableObjectNamespace,
    ColoLocalActorNamespace,
    DurableObjectClass,
    LoopbackDurableObjectClass,
    LoopbackDurableObjectNamespace,
    LoopbackColoLocalActorNamespace,
  ]
) {
  const { name, prototype } = Class;
  for (const key of primordials.ReflectOwnKeys(prototype)) {
    if (key === "constructor") continue;
    ObjectDefineProperty(prototype, key, { __proto__: null, enumerable: true });
    ObjectDefineProperty(prototype[key], "length", { __proto__: null, value: 0, configurable: true });
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(prototype, "constructor", { __proto__: null, value: refusing(name, prototype) });
  if (Class !== DurableObjectClass) notSerializable(prototype, name);
}

ObjectDefineProperty(DurableObjectClass.prototype, core.hostObjectBrand, {
  __proto__: null,
  value() {
    throw new DOMException("DurableObjectClass cannot be serialized in this context.", "DataCloneError");
  },
  writable: true,
  configurable: true,
});
values.register({
  tag: "o:class",
  prototype: DurableObjectClass.prototype,
  take(value) {
    const { name } = value.constructor;
    throw name === "DurableObjectClass"
      // Source: production's text.
      ? new DOMException("DurableObjectClass serialization requires the 'experimental' compat flag.", "DataCloneError")
      : values.notSerializable(name);
  },
  make: undefined,
});

if (compat.has("durable_object_get_existing")) addGetExisting();
if (!compat.has("durable_object_fetch_requires_full_url")) {
  ObjectDefineProperty(DurableObject.prototype, "fetch", {
    __proto__: null,
    value: {
      fetch(input, ...rest) {
        const known = typeof input !== "string" || URL.parse(input) !== null;
        return primordials.ReflectApply(service.Fetcher.prototype.fetch, this, arguments.length === 0 ? [] : [
          known ? input : new URL(input, "http://fake-host/").href,
          ...rest,
        ]);
      },
    }.fetch,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

for (const Class of [LoopbackDurableObjectNamespace, LoopbackColoLocalActorNamespace]) {
  const { name, prototype } = Class;
  values.register({
    tag: `o:${name}`,
    prototype,
    take() {
      throw values.notSerializable(name);
    },
    make: undefined,
  });
}

/** @param {unknown} value */
const isLoopback = (value) =>
  ObjectPrototypeIsPrototypeOf(LoopbackDurableObjectNamespace.prototype, value) ||
  ObjectPrototypeIsPrototypeOf(LoopbackDurableObjectClass.prototype, value);

return { classOf, classWith, container, DurableObjectClass, DurableObjectId, isId, isLoopback, loopback, namespace, objectId, partsOf };
})();
