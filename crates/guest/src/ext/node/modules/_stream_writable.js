// The module "node:_stream_writable".
(function () {
const { core } = __bootstrap;
const { Writable } = core.loadExtScript("ext:deno_node/internal/streams/writable.js");

return {
  default: Writable,
  fromWeb: Writable.fromWeb,
  toWeb: Writable.toWeb,
  Writable,
  WritableState: Writable.WritableState,
};
})();
