// Which flag brings which module: without it, the module is not there.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const MODULES = {
  enable_nodejs_child_process_module: ["child_process"],
  enable_nodejs_cluster_module: ["cluster"],
  enable_nodejs_console_module: ["console"],
  enable_nodejs_dgram_module: ["dgram"],
  enable_nodejs_domain_module: ["domain"],
  enable_nodejs_http2_module: ["http2"],
  enable_nodejs_http_modules: [
    "_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "http", "https",
  ],
  enable_nodejs_http_server_modules: ["_http_server"],
  enable_nodejs_inspector_module: ["inspector", "inspector/promises"],
  enable_nodejs_os_module: ["os"],
  enable_nodejs_perf_hooks_module: ["perf_hooks"],
  enable_nodejs_punycode_module: ["punycode"],
  enable_nodejs_readline_module: ["readline", "readline/promises"],
  enable_nodejs_repl_module: ["repl"],
  enable_nodejs_sqlite_module: ["sqlite"],
  enable_nodejs_trace_events_module: ["trace_events"],
  enable_nodejs_tty_module: ["tty"],
  enable_nodejs_v8_module: ["v8"],
  enable_nodejs_vm_module: ["vm"],
  enable_nodejs_wasi_module: ["wasi"],
  enable_nodejs_worker_threads_module: ["worker_threads"],
};

export const imports = {
  async test() {
    for (const [flag, names] of Object.entries(MODULES)) {
      for (const name of names) {
        const specifier = `node:${name}`;
        if (flags[flag]) {
          assert.ok((await import(specifier)).default, specifier);
        } else {
          await assert.rejects(import(specifier), { message: `No such module "${specifier}".` }, specifier);
        }
      }
    }
  },
};

export const builtins = {
  async test() {
    const { getBuiltinModule } = (await import("node:process")).default;
    for (const [flag, names] of Object.entries(MODULES)) {
      for (const name of names) {
        const wanted = flags[flag] ? (await import(`node:${name}`)).default : undefined;
        assert.strictEqual(getBuiltinModule(`node:${name}`), wanted, name);
        assert.strictEqual(getBuiltinModule(name), wanted, name);
      }
    }
  },
};

export const bareNames = {
  async test() {
    for (const [flag, names] of Object.entries(MODULES)) {
      for (const name of names) {
        if (flags[flag] && flags.nodejs_compat_v2) {
          assert.strictEqual((await import(name)).default, (await import(`node:${name}`)).default, name);
        } else {
          await assert.rejects(import(name), { message: new RegExp(`^No such module "(node:)?${name}"\\.$`) }, name);
        }
      }
    }
  },
};
