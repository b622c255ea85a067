// Compatibility flags as the runtime's own scripts ask for them, and as the worker sees them.
//
// A flag may be asked for once the worker is known, that is, in code that runs for the worker. The answer never
// changes then, so it is kept.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, ObjectFreeze, ObjectSetPrototypeOf, SymbolToStringTag, TypeError } = primordials;
const { op_compat_flags, op_compat_has } = core.ops;

/** Flag to whether it is enabled, as far as anybody has asked. */
const known = { __proto__: null };

/**
 * @param {string} name the enabling name of a flag that the table calls a switch
 * @returns {boolean}
 */
function has(name) {
  return known[name] ??= op_compat_has(name);
}

let shown;

class CloudflareClass {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
ObjectDefineProperty(CloudflareClass, "name", { __proto__: null, value: "Cloudflare" });
ObjectDefineProperty(CloudflareClass.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "Cloudflare",
  writable: true,
  configurable: true,
});

/** The global `Cloudflare`. */
const Cloudflare = ObjectSetPrototypeOf({
  get compatibilityFlags() {
    if (shown === undefined) {
      shown = { __proto__: null };
      const flags = op_compat_flags();
      for (let i = 0; i < flags.length; i++) {
        ObjectDefineProperty(shown, flags[i][0], { __proto__: null, value: flags[i][1], enumerable: true });
      }
      ObjectFreeze(shown);
    }
    return shown;
  },
}, CloudflareClass.prototype);

return { Cloudflare, has };
})();
