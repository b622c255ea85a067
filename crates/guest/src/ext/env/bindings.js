// Entries of `env` that few workers have: clients of services, keys, what is made of other entries.
//
// Loaded only by a worker that has one. Some are there later than the others: `make` gives them a place, `settle`
// fills it, in order, once the modules that they need have run.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  FunctionPrototypeCall,
  JSONParse,
  ObjectDefineProperty,
  SafeArrayIterator,
  TypeError,
} = primordials;
const service = core.loadExtScript("ext:lopata/service/service.js");

/** The modules that lopata has itself. */
const INTERNAL = {
  __proto__: null,
  "cloudflare-internal:d1-api": "ext:lopata/d1/d1.js",
};

/** What is to be done before the worker's own modules run. @type {((modules: object) => Promise<void>)[]} */
const pending = [];

/**
 * The value of an entry; `undefined` for one that is settled later.
 * @param {string} name
 * @param {string} kind
 * @param {any} value
 * @param {(value: unknown) => void} define puts the value into its place
 * @param {(name: string, kind: string, value: unknown) => unknown} plain makes all other kinds
 */
function make(name, kind, value, define, plain) {
  switch (kind) {
    case "kvClient":
      return core.loadExtScript("ext:lopata/kv/kv.js").KVNamespace(service.routeTo(value, name), name);
    case "r2":
      return core.loadExtScript("ext:lopata/r2/r2.js").bucket({ service: value.service, bucket: value.bucket, name });
    case "d1":
      return core.loadExtScript("ext:lopata/d1/d1.js").database(value);
    case "r2Client":
      return core.loadExtScript("ext:lopata/r2/r2.js").bucket(service.routeTo(value, name));
    case "queueClient":
      return core.loadExtScript("ext:lopata/queue/queue.js").queue(service.routeTo(value, name));
    case "analyticsEngine": {
      const { dataset } = core.loadExtScript("ext:lopata/analytics_engine/analytics_engine.js");
      return dataset(service.routeTo(value.service, name), value.dataset);
    }
    case "hyperdrive": {
      const { hyperdrive } = core.loadExtScript("ext:lopata/hyperdrive/hyperdrive.js");
      return hyperdrive(service.binding(value.service, name), value.settings, name);
    }
    case "objects":
      return core.loadExtScript("ext:lopata/object_namespace/object_namespace.js").namespace(value, name);
    case "objectClass": {
      const { classWith } = core.loadExtScript("ext:lopata/object_namespace/object_namespace.js");
      return classWith(value.class, core.serialize(JSONParse(value.props)));
    }
    case "unsafeEval":
      return core.loadExtScript("ext:lopata/unsafe_eval/unsafe_eval.js").unsafeEval;
    case "memoryCache":
      return core.loadExtScript("ext:lopata/memory_cache/memory_cache.js").memoryCache(value);
    case "cryptoKey":
      ArrayPrototypePush(pending, async () => define(await importKey(value)));
      return undefined;
    case "wrapped":
      return wrapped(name, value, define, plain);
    default:
      throw new TypeError(`unknown kind of env entry for ${name}: ${kind}`);
  }
}

async function importKey({ format, data, algorithm, extractable, usages }) {
  const { crypto } = core.loadExtScript("ext:lopata/crypto/crypto.js");
  const key = format === "jwk" ? JSONParse(core.decode(new primordials.Uint8Array(data), false)) : data;
  return await crypto.subtle.importKey(format, key, JSONParse(algorithm), extractable, usages);
}

/** What a function of a module makes of the inner entries. */
function wrapped(name, { module, entrypoint, inner }, define, plain) {
  const env = {};
  for (const entry of new SafeArrayIterator(inner)) {
    const place = (value) => {
      ObjectDefineProperty(env, entry.name, {
        __proto__: null,
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    };
    place(plain(entry.name, entry.kind, entry.value, place));
  }
  const call = (namespace) => {
    const wrap = namespace[entrypoint];
    if (typeof wrap !== "function") {
      throw new TypeError(`The module "${module}" of the binding "${name}" exports no function "${entrypoint}".`);
    }
    return FunctionPrototypeCall(wrap, undefined, env);
  };
  const own = INTERNAL[module];
  if (own === undefined && primordials.StringPrototypeStartsWith(module, "cloudflare-internal:")) {
    const { unavailable } = core.loadExtScript("ext:lopata/unavailable/unavailable.js");
    return unavailable(`The binding "${name}" needs ${module}, which is not available in this version of lopata.`);
  }
  // Inner entries that come later come before it.
  ArrayPrototypePush(pending, async (modules) => {
    define(call(own === undefined ? modules[module] : core.loadExtScript(own)));
  });
  return undefined;
}

/** @param {object} modules the namespaces of the modules that wrapped bindings need, by name */
async function settle(modules) {
  for (const step of new SafeArrayIterator(pending)) await step(modules);
  pending.length = 0;
}

return { make, settle };
})();
