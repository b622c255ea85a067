// The module "node:fs": files that are memory.
(function () {
const { core } = __bootstrap;
const callbacks = core.loadExtScript("ext:lopata_node/fs/callbacks.js");
const constants = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { Dir, Dirent, Stats } = core.loadExtScript("ext:lopata_node/fs/nodes.js");
const streams = core.loadExtScript("ext:lopata_node/fs/streams.js");
const { calls: sync } = core.loadExtScript("ext:lopata_node/fs/sync.js");
const { default: promises } = core.loadExtScript("ext:lopata_node/modules/fs/promises.js");
const { F_OK, R_OK, W_OK, X_OK } = constants;
const { ReadStream, WriteStream } = streams;

const fs = {
  ...callbacks,
  ...sync,
  ...streams,
  constants,
  Dir,
  Dirent,
  F_OK,
  FileReadStream: ReadStream,
  FileWriteStream: WriteStream,
  promises,
  R_OK,
  Stats,
  W_OK,
  X_OK,
};

return { ...fs, default: fs };
})();
