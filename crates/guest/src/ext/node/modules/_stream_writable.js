// The module "node:_stream_writable".
(function () {
const { core } = __bootstrap;
const { Writable } = core.loadExtScript("ext:lopata_node/stream/stream.js");

return {
  default: Writable,
  fromWeb: Writable.fromWeb,
  toWeb: Writable.toWeb,
  Writable,
  WritableState: Writable.WritableState,
};
})();
