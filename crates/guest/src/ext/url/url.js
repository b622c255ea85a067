// URL, URLSearchParams and URLPattern with production's texts and its few departures from the standard.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeCall,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ReflectApply,
  ReflectConstruct,
  ReflectOwnKeys,
  SafeArrayIterator,
  StringPrototypeStartsWith,
  SymbolIterator,
  TypeError,
} = primordials;
const engine = core.loadExtScript("ext:deno_web/00_url.js");
const pattern = core.loadExtScript("ext:deno_web/01_urlpattern.js");
const { replaceConstructor } = core.loadExtScript("ext:lopata/webidl/replace.js");

/** Replaces a method; what it was is given to the new one. */
function override(target, name, make) {
  const property = ObjectGetOwnPropertyDescriptor(target, name);
  property.__proto__ = null;
  const original = property.value;
  property.value = { [name]: make(original) }[name];
  ObjectDefineProperty(property.value, "name", { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(target, name, property);
}

/** Source: production's text for what is no URL. */
function invalidUrl(error, text) {
  return StringPrototypeStartsWith(`${error?.message}`, "Invalid URL") ? new TypeError(text) : error;
}

const URL = replaceConstructor(engine.URL, (args, newTarget) => {
  try {
    return ReflectConstruct(engine.URL, args, newTarget);
  } catch (error) {
    throw invalidUrl(error, "Invalid URL string.");
  }
});

const href = ObjectGetOwnPropertyDescriptor(URL.prototype, "href");
ObjectDefineProperty(URL.prototype, "href", {
  __proto__: null,
  set: ObjectGetOwnPropertyDescriptor({
    set href(value) {
      try {
        FunctionPrototypeCall(href.set, this, value);
      } catch (error) {
        throw invalidUrl(
          error,
          "Failed to set the 'href' property on 'URL': the provided value is not of type 'valid URL string'.",
        );
      }
    },
  }, "href").set,
});

for (const name of ["createObjectURL", "revokeObjectURL"]) {
  const refuse = {
    [name]() {
      throw new Error(`URL.${name}() is not implemented`);
    },
  }[name];
  const property = { __proto__: null, value: refuse, writable: true, enumerable: true, configurable: true };
  ObjectDefineProperty(URL, name, property);
}

/** An object as a list of pairs: of what it iterates over, or of its properties. */
function pairsOf(init) {
  const pairs = [];
  const iterator = init[SymbolIterator];
  if (iterator === undefined || iterator === null) {
    const keys = ReflectOwnKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key !== "string" || !ObjectGetOwnPropertyDescriptor(init, key)?.enumerable) continue;
      ArrayPrototypePush(pairs, [key, `${init[key]}`]);
    }
    return pairs;
  }
  for (const inner of init) {
    if ((typeof inner !== "object" && typeof inner !== "function") || inner === null || !(SymbolIterator in inner)) {
      throw new TypeError("Incorrect type: the provided value is not of type 'Sequence'.");
    }
    const pair = [];
    for (const part of inner) ArrayPrototypePush(pair, `${part}`);
    if (pair.length !== 2) throw new TypeError("Invalid URL search params sequence.");
    ArrayPrototypePush(pairs, pair);
  }
  return pairs;
}

const URLSearchParams = replaceConstructor(engine.URLSearchParams, (args, newTarget) => {
  const init = args[0];
  if (typeof init !== "object" || init === null) return ReflectConstruct(engine.URLSearchParams, args, newTarget);
  return ReflectConstruct(engine.URLSearchParams, [pairsOf(init)], newTarget);
});

// The engine's text names another method.
override(URLSearchParams.prototype, "delete", (original) =>
  function (name, value = undefined) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'delete' on 'URLSearchParams': parameter 1 is not of type 'USVString'.");
    }
    return FunctionPrototypeCall(original, this, name, value);
  });

const URLPattern = replaceConstructor(pattern.URLPattern, (args, newTarget) => {
  try {
    return ReflectConstruct(pattern.URLPattern, args, newTarget);
  } catch {
    throw new TypeError("Failed to construct URLPattern");
  }
});

for (const [name, text] of new SafeArrayIterator([["test", "Failed to test URLPattern"], ["exec", "Failed to exec URLPattern"]])) {
  override(URLPattern.prototype, name, (original) =>
    function () {
      // Without an input there is nothing to match but what matches nothing.
      if (arguments.length === 0) return FunctionPrototypeCall(original, this, {});
      try {
        return ReflectApply(original, this, arguments);
      } catch (error) {
        throw StringPrototypeStartsWith(`${error?.message}`, "Illegal invocation") ? error : new TypeError(text);
      }
    });
  ObjectDefineProperty(URLPattern.prototype[name], "length", { __proto__: null, value: 0, configurable: true });
}

return { URL, URLPattern, URLSearchParams };
})();
