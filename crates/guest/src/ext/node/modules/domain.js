// The module "node:domain": domains that catch nothing, as in production.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");

class Domain extends EventEmitter {
  members = undefined;

  _errorHandler(error) {
    throw error;
  }

  enter() {}

  exit() {}

  add(_emitter) {}

  remove(_emitter) {}

  run(callback, ...args) {
    this.enter();
    const result = Reflect.apply(callback, this, args);
    this.exit();
    return result;
  }

  intercept(callback) {
    return callback;
  }

  bind(callback) {
    return callback;
  }
}

function createDomain() {
  return new Domain();
}

const active = null;
/** In production this is a domain, not what makes one. */
const create = createDomain();

return { Domain, active, create, createDomain, default: { Domain, active, createDomain, create } };
})();
