// The module "node:dns".
(function () {
const { core } = __bootstrap;
const { codes, hints, lookup, notImplemented, questions, settings } = core.loadExtScript("ext:lopata_node/net/dns.js");
const modules = core.loadExtScript("ext:lopata_node/table.js");
const { callbackify } = modules.load("util");

const withCallbacks = {};
for (const name of Object.keys(questions)) withCallbacks[name] = callbackify(questions[name]);

class Resolver {
  cancel() {
    notImplemented();
  }

  setLocalAddress() {
    notImplemented();
  }

  getServers() {
    return settings.getServers();
  }

  setServers() {
    settings.setServers();
  }
}

for (const name of Object.keys(questions)) {
  if (name === "lookupService") continue;
  const ask = withCallbacks[name];
  const { [name]: value } = {
    [name]() {
      return Reflect.apply(ask, undefined, arguments);
    },
  };
  Object.defineProperty(Resolver.prototype, name, { __proto__: null, value, writable: true, configurable: true });
}

const dns = { ...settings, lookup, ...withCallbacks };
for (const name of Object.keys(dns)) dns[name] = dns[name].bind(dns);
/** In production the namespace of a module, whose default export has the numbers. */
const { default: own, ...named } = modules.load("dns/promises");
const promises = { __proto__: null, ...named, default: { ...own, ...hints } };
Object.defineProperty(promises, Symbol.toStringTag, { __proto__: null, value: "Module" });
Object.assign(dns, { Resolver, promises, ...hints, ...codes });

return { ...dns, default: dns };
})();
