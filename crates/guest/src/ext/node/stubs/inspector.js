// What the two modules of the inspector share: a console that says nothing, sessions and events of the network that throw.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const METHODS =
  "debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count countReset " +
  "assert profile profileEnd time timeLog timeStamp";

const noop = () => {};
const console = {};
for (const name of METHODS.split(" ")) console[name] = noop;

/** A class of sessions; each module has its own. */
function sessionClass() {
  return class Session extends EventEmitter {
    constructor() {
      super();
      throw new ERR_METHOD_NOT_IMPLEMENTED("Session");
    }

    connect() {
      throw new ERR_METHOD_NOT_IMPLEMENTED("Session.connect");
    }

    connectToMainThread() {
      throw new ERR_METHOD_NOT_IMPLEMENTED("Session.connectToMainThread");
    }

    disconnect() {
      throw new ERR_METHOD_NOT_IMPLEMENTED("Session.disconnect");
    }

    post(_method, _params, _callback) {
      throw new ERR_METHOD_NOT_IMPLEMENTED("Session.post");
    }
  };
}

/** @param {string[]} names in production's order */
function network(names) {
  const made = {};
  for (const name of names) {
    made[name] = {
      [name](_params) {
        throw new ERR_METHOD_NOT_IMPLEMENTED(`Network.${name}`);
      },
    }[name];
  }
  return made;
}

return { console, network, sessionClass };
})();
