// What scripts of `deno_node` take of its event targets: keys of listeners' options, which the web's targets ignore.
(function () {
const { primordials } = __bootstrap;
const { Symbol } = primordials;

return { kResistStopPropagation: Symbol("kResistStopPropagation"), kWeakHandler: Symbol("kWeak") };
})();
