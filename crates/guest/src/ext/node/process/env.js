// `process.env`: the worker's variables as strings, in an object that takes strings only.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeEvery,
  ArrayPrototype,
  JSONStringify,
  ObjectEntries,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  ObjectValues,
  Proxy,
  ReflectDefineProperty,
  ReflectHas,
  ReflectSet,
  SafeSet,
  TypeError,
} = primordials;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");

/** Whether a value is the same after a round trip through JSON. @param {Set<object>} seen */
function isPlain(value, seen) {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return true;
    case "object": {
      if (value === null) return true;
      if (seen.has(value)) return false;
      seen.add(value);
      const every = (values) => ArrayPrototypeEvery(values, (inner) => isPlain(inner, seen));
      const prototype = ObjectGetPrototypeOf(value);
      if (prototype === ObjectPrototype) return every(ObjectValues(value));
      return prototype === ArrayPrototype && ArrayIsArray(value) && every(value);
    }
    default:
      return false;
  }
}

/** The variables that can be shown as strings. */
function initial() {
  const env = {};
  if (!compat.has("nodejs_compat_populate_process_env")) return env;
  const entries = ObjectEntries(own.env);
  for (let i = 0; i < entries.length; i++) {
    const { 0: name, 1: value } = entries[i];
    if (typeof value === "string") {
      env[name] = value;
    } else if (isPlain(value, new SafeSet())) {
      env[name] = JSONStringify(value);
    }
  }
  return env;
}

function refuseSymbols(property, value) {
  if (typeof property === "symbol" || typeof value === "symbol") {
    throw new TypeError("Cannot convert a symbol value to a string");
  }
}

/** @param {PropertyDescriptor} descriptor @param {boolean} fine */
function demand(fine, name, descriptor, text) {
  if (fine) return;
  // Loaded when somebody has failed: most workers only read variables.
  const { ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
  throw new ERR_INVALID_ARG_VALUE(name, descriptor, text);
}

const handler = {
  __proto__: null,
  set(env, property, value) {
    refuseSymbols(property, value);
    return ReflectSet(env, property, `${value}`);
  },
  defineProperty(env, property, descriptor) {
    const accessor = ReflectHas(descriptor, "get") || ReflectHas(descriptor, "set");
    demand(!accessor, "descriptor", descriptor, "process.env value must not have getter/setter");
    for (const trait of ["configurable", "enumerable", "writable"]) {
      demand(descriptor[trait], `descriptor.${trait}`, descriptor, `process.env value must be ${trait}`);
    }
    const given = ReflectHas(descriptor, "value");
    demand(given, "descriptor.value", descriptor, "process.env value must be specified explicitly");
    refuseSymbols(property, descriptor.value);
    return ReflectDefineProperty(env, property, { __proto__: null, ...descriptor, value: `${descriptor.value}` });
  },
};

return { env: new Proxy(initial(), handler) };
})();
