// Service bindings: what `env.SERVICE` and `ctx.exports.Name` are in a worker.
//
// A Fetcher holds a native service, which finds its target anew at each call. Its `fetch` is the global one with
// another destination: redirects, subrequests, spans, bodies and aborts are treated alike.
(function () {
const { core, primordials } = __bootstrap;
const {
  DateNow,
  Error,
  FunctionPrototypeBind,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  Proxy,
  ReflectHas,
  SafeWeakMap,
  SymbolToStringTag,
  TypeError,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const { op_get_constructor_name, op_service_of, op_service_outcome, op_service_own, op_service_scheduled } = core.ops;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { fetchThrough } = core.loadExtScript("ext:lopata/fetch/fetch.js");
const { badField, badParameter, int, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const request_ = core.loadExtScript("ext:lopata/fetch/request.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const { connectService } = core.loadExtScript("ext:lopata/sockets/sockets.js");
const stubs = core.loadExtScript("ext:lopata/rpc/stubs.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");
const { unavailable } = core.loadExtScript("ext:lopata/unavailable/unavailable.js");

const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

/**
 * What a Fetcher stands for, by the object that user code holds.
 * @type {WeakMap<object, import("../rpc/stubs.js").ServiceRoot>} `handle` is the native service, `name` the binding's
 */
const routes = new SafeWeakMap();

/** Given to constructors by this script only. */
const construct = {};

/** @param {unknown} fetcher @returns {{ handle: object, name: string }} */
function routeOf(fetcher) {
  const route = typeof fetcher === "object" || typeof fetcher === "function"
    ? WeakMapPrototypeGet(routes, fetcher)
    : undefined;
  if (route === undefined) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
  return route;
}

/** @param {unknown} value */
const isFetcher = (value) => (typeof value === "object" || typeof value === "function") && WeakMapPrototypeGet(routes, value) !== undefined;

class Fetcher {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  /**
   * @param {RequestInfo} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  fetch(input, init = undefined) {
    const route = routeOf(this);
    return fetchThrough(route.handle === null ? null : route, arguments.length, input, init);
  }

  /**
   * @param {string | { hostname: string, port: number }} address
   * @param {object} [options]
   */
  connect(address, options = undefined) {
    return connectService(routeOf(this).handle, address, options);
  }
}

/** An entrypoint of the worker itself. Called, it gives a Fetcher whose target sees the given props. */
class LoopbackServiceStub extends Fetcher {}

// Whatever a Fetcher has no method for is a method or a property of its target.
ObjectSetPrototypeOf(
  Fetcher.prototype,
  new Proxy({}, {
    __proto__: null,
    // Whether there is such a name is known only to the target; `then` is never there.
    has: (target, key) => ReflectHas(target, key) || (typeof key === "string" && key !== "then"),
    get(target, key, receiver) {
      if (typeof key === "symbol" || ReflectHas(target, key) || names.NEVER_OF_SERVICES[key] === true) {
        return target[key];
      }
      const route = typeof receiver === "object" || typeof receiver === "function"
        ? WeakMapPrototypeGet(routes, receiver)
        : undefined;
      return route === undefined ? undefined : stubs.serviceProperty(route, key);
    },
  }),
);
values.register({
  tag: "s:service",
  prototype: Fetcher.prototype,
  take(stub, encoder) {
    // What is more than a way to a service does not cross.
    if (ObjectGetPrototypeOf(stub) !== Fetcher.prototype) throw values.notSerializable(op_get_constructor_name(stub));
    const route = routeOf(stub);
    if (route.refusal !== undefined) throw new DOMException(route.refusal, "DataCloneError");
    return ["s:service", encoder.capability(values.CAP.worker, route.handle), route.name];
  },
  make: (entry, arrival) => fetcher(arrival.things[entry[1]], entry[2]),
});

for (const [prototype, name] of [[Fetcher.prototype, "Fetcher"], [LoopbackServiceStub.prototype, "LoopbackServiceStub"]]) {
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
  // What structured clone calls for an object with this property.
  ObjectDefineProperty(prototype, core.hostObjectBrand, {
    __proto__: null,
    value() {
      throw new DOMException(
        // Source: production's text.
        "ServiceStub cannot be serialized in this context.",
        "DataCloneError",
      );
    },
  });
}

/**
 * A Fetcher for a native service.
 * @param {object} handle
 * @param {string} name of the binding, for spans
 */
function fetcher(handle, name) {
  const object = new Fetcher(construct);
  WeakMapPrototypeSet(routes, object, new stubs.ServiceRoot(handle, name));
  return object;
}

/** A Fetcher for a root. @param {import("../rpc/stubs.js").ServiceRoot} root */
function fetcherAt(root) {
  const object = new Fetcher(construct);
  WeakMapPrototypeSet(routes, object, root);
  return object;
}

/**
 * Makes a Fetcher of another class lead somewhere.
 * @param {Fetcher} object
 * @param {object} handle
 * @param {string} name of the binding, for spans
 */
function route(object, handle, name) {
  WeakMapPrototypeSet(routes, object, new stubs.ServiceRoot(handle, name));
}

/**
 * What `fetch` is given to reach a service.
 * @param {number} id
 * @param {string} name
 */
function routeTo(id, name) {
  return new stubs.ServiceRoot(op_service_of(id), name);
}

/**
 * The service behind an env entry.
 * @param {number} id
 * @param {string} name
 */
function binding(id, name) {
  const handle = op_service_of(id);
  if (handle === null) return unavailable(`The service binding ${name} leads to no worker.`);
  return fetcher(handle, name);
}

/** The Fetcher that an incoming request has: what it is sent to goes to the network. */
function outbound() {
  const object = new Fetcher(construct);
  WeakMapPrototypeSet(routes, object, new stubs.ServiceRoot(null, "fetcher"));
  return object;
}

request_.setFetchers({
  isFetcher,
  outbound,
  routeOf(fetcher) {
    const route = routeOf(fetcher);
    return route.handle === null ? null : route;
  },
});

/**
 * The stub of one of the worker's own entrypoints.
 * @param {string} entrypoint
 */
function loopback(entrypoint) {
  // Bound, so that it shows none of this source; and its properties are the entrypoint's, not those of a function.
  const stub = FunctionPrototypeBind(specialize, undefined, entrypoint);
  delete stub.name;
  delete stub.length;
  ObjectSetPrototypeOf(stub, LoopbackServiceStub.prototype);
  WeakMapPrototypeSet(routes, stub, new stubs.ServiceRoot(op_service_own(entrypoint, undefined), entrypoint));
  return stub;
}

/**
 * The entrypoint with props.
 * @param {string} entrypoint
 * @param {{ props?: object }} options
 */
function specialize(entrypoint, ...args) {
  return fetcher(op_service_own(entrypoint, propsOf("LoopbackServiceStub", args)), entrypoint);
}

/**
 * The props that a loopback stub is called with.
 * @param {string} owner its class
 * @param {[{ props?: object }?]} args
 * @returns {Uint8Array | undefined}
 */
function propsOf(owner, args) {
  const options = args[0];
  if (args.length === 0 || (options !== undefined && options !== null && !isObject(options))) {
    throw badParameter("(called as function)", owner, 1, "Options");
  }
  const props = options?.props;
  return props === undefined ? undefined : cloneProps(props);
}

/** @param {unknown} props @returns {Uint8Array} */
function cloneProps(props) {
  if (!isObject(props)) throw badField("props", "Options", "JsObject");
  return core.serialize(props, undefined, (message) => {
    throw new DOMException(message, "DataCloneError");
  });
}

// Source of the texts: workerd's Fetcher.
const TYPE_TEXT = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';

async function answer(fetcher, method, url, init) {
  const response = await fetcher.fetch(url, { ...init, method });
  if (!response.ok && !(method === "GET" && (response.status === 404 || response.status === 410))) {
    throw new Error(`HTTP ${method} request failed: ${response.status} ${response.statusText}`);
  }
  return response;
}

/** What service bindings had before they had RPC: a method for each of these methods of HTTP. */
function addHttpMethods() {
  const methods = {
    async get(url, type = undefined) {
      if (arguments.length === 0) throw badParameter("get", "Fetcher", 1, "string");
      routeOf(this);
      const response = await answer(this, "GET", text(url));
      if (!response.ok) return null;
      switch (type === undefined ? "text" : text(type)) {
        case "stream":
          return response.body;
        case "text":
          return await response.text();
        case "arrayBuffer":
          return await response.arrayBuffer();
        case "json":
          return await response.json();
        default:
          throw new TypeError(TYPE_TEXT);
      }
    },
    async put(url, body, options = undefined) {
      routeOf(this);
      const target = new URL(text(url));
      const { expiration, expirationTtl } = options ?? {};
      if (expiration !== undefined) target.searchParams.append("expiration", int(expiration));
      if (expirationTtl !== undefined) target.searchParams.append("expiration_ttl", int(expirationTtl));
      await answer(this, "PUT", target.href, { body });
    },
    async delete(url) {
      if (arguments.length === 0) throw badParameter("delete", "Fetcher", 1, "string");
      routeOf(this);
      await answer(this, "DELETE", text(url));
    },
  };
  for (const name in methods) defineMethod(name, methods[name]);
}

function defineMethod(name, value) {
  ObjectDefineProperty(Fetcher.prototype, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** What a caller may have a Worker's other handlers do. */
function addExtraHandlers() {
  const methods = {
    /** @param {{ scheduledTime?: Date, cron?: string }} options */
    async scheduled(options = undefined) {
      const { handle } = routeOf(this);
      const context = io.required();
      const { scheduledTime, cron } = options ?? {};
      const time = scheduledTime === undefined ? DateNow() : +scheduledTime;
      io.takeSubrequest(context);
      const call = op_service_scheduled(handle, context.event, 0, cron === undefined ? "" : text(cron), time);
      const { 0: outcome, 1: noRetry } = await op_service_outcome(call);
      return { outcome, noRetry };
    },
  };
  for (const name in methods) defineMethod(name, methods[name]);
}

return {
  addExtraHandlers,
  addHttpMethods,
  binding,
  construct,
  Fetcher,
  fetcher,
  fetcherAt,
  isFetcher,
  loopback,
  LoopbackServiceStub,
  propsOf,
  route,
  routeOf,
  routeTo,
};
})();
