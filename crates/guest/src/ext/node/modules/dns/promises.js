// The module "node:dns/promises".
(function () {
const { core } = __bootstrap;
const { codes, hints, lookup: find, notImplemented, questions, settings } = core.loadExtScript(
  "ext:lopata_node/net/dns.js",
);

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

  resolve(name, rrtype) {
    return questions.resolve(name, rrtype);
  }

  resolve4(name, options) {
    return questions.resolve4(name, options);
  }

  resolve6(name, options) {
    return questions.resolve6(name, options);
  }

  resolveAny() {
    return questions.resolveAny();
  }

  resolveCaa(name) {
    return questions.resolveCaa(name);
  }

  resolveCname(name) {
    return questions.resolveCname(name);
  }

  resolveMx(name) {
    return questions.resolveMx(name);
  }

  resolveNaptr(name) {
    return questions.resolveNaptr(name);
  }

  resolveNs(name) {
    return questions.resolveNs(name);
  }

  resolvePtr(name) {
    return questions.resolvePtr(name);
  }

  resolveSoa(name) {
    return questions.resolveSoa(name);
  }

  resolveSrv(name) {
    return questions.resolveSrv(name);
  }

  resolveTxt(name) {
    return questions.resolveTxt(name);
  }

  reverse(name) {
    return questions.reverse(name);
  }

  setServers() {
    settings.setServers();
  }
}

function lookup(hostname, options) {
  return new Promise((resolve, reject) => {
    find(hostname, options, (error, address, family) => {
      if (error) {
        reject(error);
      } else {
        resolve(Array.isArray(address) ? address : { address, family });
      }
    });
  });
}

const promises = { ...questions, ...settings, lookup, Resolver, ...codes };

// Production's default export lacks the numbers.
return { ...promises, ...hints, default: promises };
})();
