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
Object.assign(dns, { Resolver, promises: modules.load("dns/promises"), ...hints, ...codes });

return { ...dns, default: dns };
})();
