// The module "node:_stream_readable".
(function () {
const { core } = __bootstrap;
const { Readable } = core.loadExtScript("ext:lopata_node/stream/stream.js");

return {
  default: Readable,
  from: Readable.from,
  fromWeb: Readable.fromWeb,
  Readable,
  ReadableState: Readable.ReadableState,
  toWeb: Readable.toWeb,
  wrap: Readable.wrap,
};
})();
