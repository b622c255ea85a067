// Facets: objects that are a part of another one, with a class and a database of their own.
//
//   named --(a stub is used: the callback says which class)--> starting --> runs --(abort, delete)--> over
//                                                                  '--(it threw)--> failed --(the same)--'
//
// A facet runs in its parent's isolate, as an object like any other that nobody else can call. It ends with its
// parent. A stub that has reached a facet leads to that life of it only.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectDefineProperty,
  Promise,
  PromisePrototypeThen,
  SafeMap,
  SymbolToStringTag,
  TypeError,
} = primordials;
const {
  op_facet_break,
  op_facet_delete,
  op_facet_door,
  op_facet_has_sockets,
  op_facet_let_go,
  op_facet_new,
  op_facet_parent_rests,
  op_facet_place,
  op_facet_refuse,
  op_facet_start,
} = core.ops;
const { badField, badParameter, illegal, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const namespaces = core.loadExtScript("ext:lopata/object_namespace/object_namespace.js");
const service = core.loadExtScript("ext:lopata/service/service.js");
const state = core.loadExtScript("ext:lopata/objects/state.js");
const stubs = core.loadExtScript("ext:lopata/rpc/stubs.js");
const { notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");

/** Source: production's limits. */
const NAME_BYTES_MAX = 256;
const DEPTH_MAX = 4;

// Source of the texts: workerd's facets.
const TOO_LONG_TEXT = `Facet name is too long (max ${NAME_BYTES_MAX} characters).`;
const TOO_DEEP_TEXT = "Facet nesting depth limit exceeded. The maximum depth including the root Durable Object is " +
  `${DEPTH_MAX}.`;
// Source: the text of production for a call whose other side is gone.
const LOST_TEXT = "Network connection lost.";
const DELETED_TEXT = "Facet was deleted.";
const OPTIONS_TEXT = "Cannot initialize N7workerd3api19DurableObjectFacets14StartupOptionsE with required members from " +
  "an undefined or null value.";
const CLASS_TYPE = "DurableObjectClass or LoopbackDurableObjectNamespace or LoopbackColoLocalActorNamespace";

const FACETS = "DurableObjectFacets";

/** Given to the constructor by this script only. */
const construct = {};

/** The facets that are held, by the number that Rust knows them by. */
const facets = new SafeMap();
let lastToken = 0;

/** A life of a facet. */
class Facet {
  /** @param {object} parent its record @param {string} name */
  constructor(parent, name) {
    const root = parent.facet === undefined ? parent : parent.facet.root;
    this.parent = parent;
    this.root = root;
    this.name = name;
    this.depth = depthOf(parent) + 1;
    this.place = op_facet_place(root.number, parent.facet?.place ?? "", name);
    this.token = ++lastToken;
    this.native = op_facet_new(root.number, this.token, this.place);
    if (this.native === null) throw new Error("Network connection lost.");
    /** Its record, once an event has come to it. */
    this.record = undefined;
    /** What it sees as `ctx.id`. */
    this.id = undefined;
    this.props = undefined;
    this.starting = true;
    this.started = false;
    this.over = false;
    this.error = undefined;
    MapPrototypeSet(facets, this.token, this);
  }

  /** Asks which class it is to be. @param {() => object | Promise<object>} callback */
  start(callback) {
    const asked = new Promise((resolve) => resolve(primordials.FunctionPrototypeCall(callback, undefined)));
    PromisePrototypeThen(
      PromisePrototypeThen(asked, (options) => this.#run(options)),
      undefined,
      (error) => this.#fail(error),
    );
  }

  /** It could not start, and does not try again until it is aborted. */
  #fail(error) {
    if (this.over) return;
    this.starting = false;
    op_facet_refuse(this.native, error, false);
  }

  #run(options) {
    if (this.over) return;
    const { found, id } = readOptions(options);
    this.id = id ?? state.parts.id(this.parent);
    this.props = found.props === undefined ? {} : core.deserialize(found.props);
    this.starting = false;
    this.started = true;
    op_facet_start(this.native, found.export);
  }

  /** It is over: what runs in it or waits for it fails with `error`. `reset` says that it broke by itself. */
  end(error, reset = false) {
    if (this.over) return;
    this.over = true;
    this.error = error;
    this.forget();
    const { record } = this;
    this.record = undefined;
    if (record !== undefined) this.refuse(record);
    // An event may be on its way that finds it over.
    else if (this.started) MapPrototypeSet(facets, this.token, this);
    op_facet_refuse(this.native, error, reset);
  }

  /** Its record is over as well. */
  refuse(record) {
    const { error } = this;
    record.end(error, () => op_facet_break(record.number, error));
  }

  /** It has left the memory, and comes back with the next event. */
  left() {
    this.record = undefined;
    // Which may be what its parent has waited for.
    if (!this.over) op_facet_parent_rests(this.parent.number);
  }

  /** It leaves the memory with its parent. */
  go() {
    if (this.over) return;
    this.over = true;
    this.forget();
    const { record } = this;
    if (record === undefined) {
      // An event may be on its way that finds it over.
      this.error = new Error(LOST_TEXT);
      if (this.started) MapPrototypeSet(facets, this.token, this);
      op_facet_refuse(this.native, this.error, false);
      return;
    }
    record.go();
    op_facet_let_go(record.number);
  }

  forget() {
    MapPrototypeDelete(facets, this.token);
    const { parent, name } = this;
    if (parent.facets !== undefined && MapPrototypeGet(parent.facets, name) === this) {
      MapPrototypeDelete(parent.facets, name);
    }
  }
}

/** @param {object} record */
function depthOf(record) {
  return record.facet === undefined ? 0 : record.facet.depth;
}

/** What the callback says. */
function readOptions(options) {
  if (options === undefined || options === null) throw new TypeError(OPTIONS_TEXT);
  const given = isObject(options) ? options.class : undefined;
  const found = namespaces.classOf(given);
  if (found === undefined) {
    // A binding to a class of another Worker says itself that there is none.
    if (core.isProxy(given)) given.class;
    throw badField("class", "StartupOptions", CLASS_TYPE);
  }
  const { id } = options;
  if (id === undefined || namespaces.isId(id)) return { found, id };
  return { found, id: text(id) };
}

/** The root of a stub: the facet is asked for when the stub is used. */
class FacetRoot extends stubs.ServiceRoot {
  /** Source: workerd's text. */
  refusal = "Stubs pointing to Durable Object facets are not serializable.";
  #parent;
  #callback;
  #door = null;

  constructor(parent, name, callback) {
    super(null, name);
    this.#parent = parent;
    this.#callback = callback;
  }

  get handle() {
    if (this.#door === null) {
      const parent = this.#parent;
      parent.facets ??= new SafeMap();
      let facet = MapPrototypeGet(parent.facets, this.name);
      if (facet === undefined) {
        facet = new Facet(parent, this.name);
        MapPrototypeSet(parent.facets, this.name, facet);
        facet.start(this.#callback);
      }
      this.#door = op_facet_door(facet.native);
      this.#parent = this.#callback = undefined;
    }
    return this.#door;
  }

  set handle(_handle) {}
}

/** `ctx.facets`. */
class DurableObjectFacets {
  #record;

  constructor(token, record) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  static #of(facets) {
    if (typeof facets !== "object" || facets === null || !(#record in facets)) throw illegal();
    return facets.#record;
  }

  /**
   * @param {string} name
   * @param {() => { class: object, id?: string | object } | Promise<object>} callback
   */
  get(name, callback) {
    const record = DurableObjectFacets.#of(this);
    const given = nameOf("get", arguments.length, name);
    if (typeof callback !== "function") throw badParameter("get", FACETS, 2, "function");
    checkName(given);
    if (depthOf(record) + 1 >= DEPTH_MAX) throw new Error(TOO_DEEP_TEXT);
    io.required();
    record.check();
    return service.fetcherAt(new FacetRoot(record, given, callback));
  }

  /** @param {string} name @param {unknown} reason */
  abort(name, reason) {
    const record = DurableObjectFacets.#of(this);
    const given = nameOf("abort", arguments.length, name);
    if (arguments.length < 2) throw badParameter("abort", FACETS, 2, "JsValue");
    checkName(given);
    facetOf(record, given)?.end(errorOf(reason));
  }

  /** @param {string} name */
  delete(name) {
    const record = DurableObjectFacets.#of(this);
    const given = nameOf("delete", arguments.length, name);
    checkName(given);
    facetOf(record, given)?.end(new Error(DELETED_TEXT));
    const root = record.facet === undefined ? record : record.facet.root;
    if (given !== "") op_facet_delete(root.number, op_facet_place(root.number, record.facet?.place ?? "", given));
  }
}
for (const name of ["get", "abort", "delete"]) {
  ObjectDefineProperty(DurableObjectFacets.prototype, name, { __proto__: null, enumerable: true });
  ObjectDefineProperty(DurableObjectFacets.prototype[name], "length", { __proto__: null, value: 0, configurable: true });
}
ObjectDefineProperty(DurableObjectFacets.prototype, SymbolToStringTag, {
  __proto__: null,
  value: FACETS,
  configurable: true,
});
notSerializable(DurableObjectFacets.prototype, FACETS);

function nameOf(method, given, name) {
  if (given === 0) throw badParameter(method, FACETS, 1, "string");
  return text(name);
}

/** @param {string} name */
function checkName(name) {
  if (core.byteLength(name) > NAME_BYTES_MAX) throw new TypeError(TOO_LONG_TEXT);
}

function facetOf(record, name) {
  return record.facets === undefined ? undefined : MapPrototypeGet(record.facets, name);
}

/** What a facet was aborted with, as whoever asks it sees it: always an error. */
function errorOf(reason) {
  return core.isNativeError(reason) ? reason : new Error(typeof reason === "symbol" ? "" : `${reason}`);
}

/** All facets of an object are over. */
function endAll(record, error) {
  MapPrototypeForEach(record.facets, (facet) => facet.end(error));
}

/** All facets of an object leave the memory with it. */
function goAll(record) {
  MapPrototypeForEach(record.facets, (facet) => facet.go());
}

/** Whether `is` holds for a facet of an object, or one is about to run. */
function any(record, is) {
  let found = false;
  MapPrototypeForEach(record.facets, (facet) => {
    found ||= facet.starting || (facet.record !== undefined && is(facet.record));
  });
  return found;
}

/** The facet that a record is of. @param {number} token @param {object} record */
function held(token, record) {
  const facet = MapPrototypeGet(facets, token);
  if (facet === undefined) throw new Error("Network connection lost.");
  if (facet.over) MapPrototypeDelete(facets, token);
  else facet.record = record;
  return facet;
}

/** @param {object} record */
const hasSockets = (record) => op_facet_has_sockets(record.number);

return { any, endAll, goAll, hasSockets, held, make: (record) => new DurableObjectFacets(construct, record) };
})();
