// What the two modules of the inspector share: a console that says nothing, and events of the network that throw.
(function () {
const { core } = __bootstrap;
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const METHODS =
  "debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count countReset " +
  "assert profile profileEnd time timeLog timeStamp";

const noop = () => {};
const console = {};
for (const name of METHODS.split(" ")) console[name] = noop;

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

return { console, network };
})();
