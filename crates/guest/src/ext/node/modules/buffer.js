// The module "node:buffer".
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const node = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { atob, btoa } = core.loadExtScript("ext:deno_web/05_base64.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");

/** There are no object URLs. */
function resolveObjectURL(_id) {
  throw new Error("resolveObjectURL is not implemented");
}

// Production does not have it.
delete node.Buffer.copyBytesFrom;

/** Source: production's limits, in bytes and in characters. */
const kMaxLength = 0x7fffffff;
const kStringMaxLength = 0x1fffffe8;

const buffer = {
  atob,
  btoa,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
  kMaxLength,
  kStringMaxLength,
  Blob,
  Buffer: node.Buffer,
  File,
  SlowBuffer: node.SlowBuffer,
  isAscii: node.isAscii,
  isUtf8: node.isUtf8,
  transcode: node.transcode,
  INSPECT_MAX_BYTES: node.INSPECT_MAX_BYTES,
  resolveObjectURL,
};

return { ...buffer, default: buffer };
})();
