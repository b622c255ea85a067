// The module "node:readline/promises".
(function () {
const { core } = __bootstrap;
const { PromisesInterface: Interface } = core.loadExtScript("ext:lopata_node/readline/interface.js");

/** Changes to a terminal that is not there: they can be collected, and come to nothing. */
class Readline {
  clearLine(_direction) {
    return this;
  }

  clearScreenDown() {
    return this;
  }

  commit() {
    return Promise.resolve();
  }

  cursorTo(_x, _y) {
    return this;
  }

  moveCursor(_dx, _dy) {
    return this;
  }

  rollback() {
    return this;
  }
}

function createInterface() {
  return new Interface();
}

const promises = { Interface, Readline, createInterface };

return { ...promises, default: promises };
})();
