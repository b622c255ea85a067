// The module "node:process", and the global `process`.
//
// Production has two: a small one for workers of old dates, and one that has a place for everything that Node's has.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectFreeze } = primordials;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { nextTick } = core.loadExtScript("ext:deno_node/_next_tick.ts");
const modules = core.loadExtScript("ext:lopata_node/table.js");
const { exit } = core.loadExtScript("ext:lopata_node/process/exit.js");
const { env } = core.loadExtScript("ext:lopata_node/process/env.js");

/** @param {string} id */
function getBuiltinModule(id) {
  return modules.builtin(id);
}

const platform = "linux";

const features = ObjectFreeze({
  cached_builtins: true,
  debug: false,
  inspector: false,
  ipv6: true,
  openssl_is_boringssl: true,
  require_module: false,
  tls: true,
  tls_alpn: true,
  tls_ocsp: true,
  tls_sni: true,
  typescript: false,
  uv: true,
});

/** The small one, which the other has too. */
const small = { nextTick, env, exit, getBuiltinModule, platform, features };

const process = compat.has("enable_nodejs_process_v2")
  ? core.loadExtScript("ext:lopata_node/process/v2.js").make(small)
  : small;

return { ...process, default: process };
})();
