// The module "node:readline".
(function () {
const { core } = __bootstrap;
const { Interface } = core.loadExtScript("ext:lopata_node/readline/interface.js");
const promises = core.loadExtScript("ext:lopata_node/modules/readline/promises.js");

/** There is no terminal to change: nothing is written, and whoever waits is not called. */
function clearLine() {
  return false;
}

function clearScreenDown() {
  return false;
}

function cursorTo() {
  return false;
}

function moveCursor() {
  return false;
}

function emitKeypressEvents() {}

function createInterface() {
  return new Interface();
}

const readline = {
  clearLine,
  clearScreenDown,
  createInterface,
  cursorTo,
  emitKeypressEvents,
  moveCursor,
  Interface,
  promises,
};

return { ...readline, default: readline };
})();
