//! Modules of Node: which scripts of `deno_node` are part of the guest, the few ops they need, and ours.
//!
//! [`lopata_protocol::node`] says which worker has which module; here is what serves them. A module is a script
//! that is loaded when it is first imported and returns its exports, in production's shape: our own where production
//! has its own (async_hooks, process, timers), otherwise a wrapper around pure scripts of `deno_node`.
//!
//! Invariant: no op here touches files, environment, processes or network. `deno_node`'s own list of ops is never
//! registered; the ones below are named one by one, and where a script asks for something of the host, a shim of
//! ours stands in its place under its name.

mod net;
mod sources;

use std::rc::Rc;

use deno_core::{OpState, op2};
use lopata_protocol::node::{Found, SCHEME, Served, bare, lookup};

use crate::state::GuestState;

pub use sources::{patch, sources};

/// What platform the scripts believe to run on: production's.
#[op2]
#[string]
fn op_node_build_os() -> &'static str {
    "linux"
}

/// Whether the caller is an installed package, for warnings about deprecation: there is no way to know in a bundle.
#[op2(fast)]
fn op_node_call_is_from_dependency() -> bool {
    false
}

/// The name of the module that `specifier` means to this worker; empty if it has none that can be loaded.
#[op2]
#[string]
fn op_node_module(state: &mut OpState, #[string] specifier: &str) -> &'static str {
    let guest = state.borrow::<Rc<GuestState>>();
    let flags = guest.compat.get();
    let found = match bare(specifier) {
        // A bare name is one here whatever the flags.
        Some(module) => lookup(&format!("{SCHEME}{}", module.name), &flags),
        None => lookup(specifier, &flags),
    };
    match found {
        Found::Module(module) if module.served != Served::NotYet => module.name,
        _ => "",
    }
}

deno_core::extension!(
    lopata_node,
    deps = [deno_web],
    ops = [
        deno_node::ops::buffer::op_is_ascii,
        deno_node::ops::buffer::op_is_utf8,
        deno_node::ops::buffer::op_mark_as_untransferable,
        deno_node::ops::buffer::op_node_buffer_compare,
        deno_node::ops::buffer::op_node_buffer_compare_offset,
        deno_node::ops::buffer::op_node_encoding_slice,
        deno_node::ops::buffer::op_transcode,
        deno_node::ops::constant::op_node_fs_constants,
        deno_node::ops::idna::op_node_idna_domain_to_ascii,
        deno_node::ops::idna::op_node_idna_domain_to_unicode,
        deno_node::ops::idna::op_node_idna_punycode_decode,
        deno_node::ops::idna::op_node_idna_punycode_encode,
        deno_node::ops::idna::op_node_idna_punycode_to_ascii,
        deno_node::ops::idna::op_node_idna_punycode_to_unicode,
        deno_node::ops::idna::op_node_idna_to_ascii,
        deno_node::ops::util::op_node_get_own_non_index_properties,
        deno_node::ops::util::op_node_parse_env,
        deno_node::ops::util::op_node_view_has_buffer,
        net::op_node_resolve,
        op_node_build_os,
        op_node_call_is_from_dependency,
        op_node_module,
    ],
    lazy_loaded_js = [
        dir "src/ext/node",
        "assert/diff.js",
        "assert/error.js",
        "assert/partial.js",
        "async/context.js",
        "errors.js",
        "globals.js",
        "hidden.js",
        "http/agent.js",
        "http/client.js",
        "http/errors.js",
        "http/head.js",
        "http/https.js",
        "http/incoming.js",
        "http/outgoing.js",
        "http/ports.js",
        "http/response.js",
        "http/server.js",
        "http/tokens.js",
        "http/worker.js",
        "modules/_http_agent.js",
        "modules/_http_client.js",
        "modules/_http_common.js",
        "modules/_http_incoming.js",
        "modules/_http_outgoing.js",
        "modules/_http_server.js",
        "modules/_stream_duplex.js",
        "modules/_stream_passthrough.js",
        "modules/_stream_readable.js",
        "modules/_stream_transform.js",
        "modules/_stream_wrap.js",
        "modules/_stream_writable.js",
        "modules/_tls_common.js",
        "modules/_tls_wrap.js",
        "modules/assert.js",
        "modules/assert/strict.js",
        "modules/async_hooks.js",
        "modules/buffer.js",
        "modules/child_process.js",
        "modules/cluster.js",
        "modules/dgram.js",
        "modules/diagnostics_channel.js",
        "modules/dns.js",
        "modules/dns/promises.js",
        "modules/domain.js",
        "modules/events.js",
        "modules/http.js",
        "modules/http2.js",
        "modules/https.js",
        "modules/inspector.js",
        "modules/inspector/promises.js",
        "modules/net.js",
        "modules/path.js",
        "modules/path/posix.js",
        "modules/path/win32.js",
        "modules/process.js",
        "modules/punycode.js",
        "modules/querystring.js",
        "modules/readline.js",
        "modules/readline/promises.js",
        "modules/repl.js",
        "modules/sqlite.js",
        "modules/stream.js",
        "modules/stream/consumers.js",
        "modules/stream/promises.js",
        "modules/stream/web.js",
        "modules/string_decoder.js",
        "modules/sys.js",
        "modules/test.js",
        "modules/timers.js",
        "modules/timers/promises.js",
        "modules/tls.js",
        "modules/trace_events.js",
        "modules/url.js",
        "modules/util.js",
        "modules/util/types.js",
        "modules/v8.js",
        "modules/vm.js",
        "modules/wasi.js",
        "modules/worker_threads.js",
        "net/addresses.js",
        "net/connecting.js",
        "net/context.js",
        "net/dns.js",
        "net/errors.js",
        "net/identity.js",
        "net/lists.js",
        "net/names.js",
        "net/reading.js",
        "net/silence.js",
        "net/socket.js",
        "net/tls_socket.js",
        "net/wrapped.js",
        "path/base.js",
        "process/config.js",
        "process/env.js",
        "process/exit.js",
        "process/stdio.js",
        "process/v2.js",
        "readline/interface.js",
        "stream/stream.js",
        "stubs/http2_constants.js",
        "stubs/inspector.js",
        "table.js",
        "timers/base.js",
        "ext:deno_io/12_io.js" = "shims/io.js",
        "ext:deno_node/_next_tick.ts" = "shims/next_tick.js",
        "ext:deno_node/_process/process.ts" = "shims/next_tick.js",
        "ext:deno_node/assert.ts" = "shims/assert.js",
        "ext:deno_node/internal/event_target.mjs" = "shims/event_target.js",
        "ext:deno_node/internal/options.ts" = "shims/options.js",
        "ext:deno_node/internal_binding/_libuv_winerror.ts" = "shims/empty.js",
    ],
    synthetic_esm = [
        "cloudflare:node" = "ext:lopata_node/http/worker.js",
        "node:_http_agent" = "ext:lopata_node/modules/_http_agent.js",
        "node:_http_client" = "ext:lopata_node/modules/_http_client.js",
        "node:_http_common" = "ext:lopata_node/modules/_http_common.js",
        "node:_http_incoming" = "ext:lopata_node/modules/_http_incoming.js",
        "node:_http_outgoing" = "ext:lopata_node/modules/_http_outgoing.js",
        "node:_http_server" = "ext:lopata_node/modules/_http_server.js",
        "node:_stream_duplex" = "ext:lopata_node/modules/_stream_duplex.js",
        "node:_stream_passthrough" = "ext:lopata_node/modules/_stream_passthrough.js",
        "node:_stream_readable" = "ext:lopata_node/modules/_stream_readable.js",
        "node:_stream_transform" = "ext:lopata_node/modules/_stream_transform.js",
        "node:_stream_wrap" = "ext:lopata_node/modules/_stream_wrap.js",
        "node:_stream_writable" = "ext:lopata_node/modules/_stream_writable.js",
        "node:_tls_common" = "ext:lopata_node/modules/_tls_common.js",
        "node:_tls_wrap" = "ext:lopata_node/modules/_tls_wrap.js",
        "node:assert" = "ext:lopata_node/modules/assert.js",
        "node:assert/strict" = "ext:lopata_node/modules/assert/strict.js",
        "node:async_hooks" = "ext:lopata_node/modules/async_hooks.js",
        "node:buffer" = "ext:lopata_node/modules/buffer.js",
        "node:child_process" = "ext:lopata_node/modules/child_process.js",
        "node:cluster" = "ext:lopata_node/modules/cluster.js",
        "node:dgram" = "ext:lopata_node/modules/dgram.js",
        "node:diagnostics_channel" = "ext:lopata_node/modules/diagnostics_channel.js",
        "node:dns" = "ext:lopata_node/modules/dns.js",
        "node:dns/promises" = "ext:lopata_node/modules/dns/promises.js",
        "node:domain" = "ext:lopata_node/modules/domain.js",
        "node:events" = "ext:lopata_node/modules/events.js",
        "node:http" = "ext:lopata_node/modules/http.js",
        "node:http2" = "ext:lopata_node/modules/http2.js",
        "node:https" = "ext:lopata_node/modules/https.js",
        "node:inspector" = "ext:lopata_node/modules/inspector.js",
        "node:inspector/promises" = "ext:lopata_node/modules/inspector/promises.js",
        "node:net" = "ext:lopata_node/modules/net.js",
        "node:path" = "ext:lopata_node/modules/path.js",
        "node:path/posix" = "ext:lopata_node/modules/path/posix.js",
        "node:path/win32" = "ext:lopata_node/modules/path/win32.js",
        "node:process" = "ext:lopata_node/modules/process.js",
        "node:punycode" = "ext:lopata_node/modules/punycode.js",
        "node:querystring" = "ext:lopata_node/modules/querystring.js",
        "node:readline" = "ext:lopata_node/modules/readline.js",
        "node:readline/promises" = "ext:lopata_node/modules/readline/promises.js",
        "node:repl" = "ext:lopata_node/modules/repl.js",
        "node:sqlite" = "ext:lopata_node/modules/sqlite.js",
        "node:stream" = "ext:lopata_node/modules/stream.js",
        "node:stream/consumers" = "ext:lopata_node/modules/stream/consumers.js",
        "node:stream/promises" = "ext:lopata_node/modules/stream/promises.js",
        "node:stream/web" = "ext:lopata_node/modules/stream/web.js",
        "node:string_decoder" = "ext:lopata_node/modules/string_decoder.js",
        "node:sys" = "ext:lopata_node/modules/sys.js",
        "node:test" = "ext:lopata_node/modules/test.js",
        "node:timers" = "ext:lopata_node/modules/timers.js",
        "node:timers/promises" = "ext:lopata_node/modules/timers/promises.js",
        "node:tls" = "ext:lopata_node/modules/tls.js",
        "node:trace_events" = "ext:lopata_node/modules/trace_events.js",
        "node:url" = "ext:lopata_node/modules/url.js",
        "node:util" = "ext:lopata_node/modules/util.js",
        "node:util/types" = "ext:lopata_node/modules/util/types.js",
        "node:v8" = "ext:lopata_node/modules/v8.js",
        "node:vm" = "ext:lopata_node/modules/vm.js",
        "node:wasi" = "ext:lopata_node/modules/wasi.js",
        "node:worker_threads" = "ext:lopata_node/modules/worker_threads.js",
    ],
);
