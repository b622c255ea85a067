//! The runtime API, one folder a concept: its ops in Rust, its classes in JavaScript beside them.
//!
//! Everything here is part of the startup snapshot, so the list of extensions (and their order) is the same
//! when the snapshot is built and when an isolate starts from it.

pub mod body;
pub mod cache;
pub mod commonjs;
pub mod compat;
pub mod crypto;
pub mod d1;
pub mod events;
pub mod fetch;
pub mod form_data;
pub mod html_rewriter;
pub mod io_context;
pub mod kv;
pub mod node;
pub mod object_namespace;
pub mod object_sockets;
pub mod object_storage;
pub mod objects;
pub mod r2;
pub mod rpc;
pub mod service;
pub mod sockets;
pub mod streams;
pub mod tracing;
pub mod unsafe_eval;
mod webidl;
pub mod websocket;

use std::rc::Rc;

use deno_core::Extension;

use crate::state::GuestState;

// Two scripts of deno_fetch ask for a TLS module that only `Deno.createHttpClient` would use.
deno_core::extension!(
    lopata_shims,
    lazy_loaded_js = [
        dir "src/ext/shims",
        "ext:deno_net/02_tls.js" = "tls.js",
    ],
);

deno_core::extension!(
    lopata,
    deps = [deno_webidl, deno_web, deno_fetch, deno_crypto, lopata_shims, lopata_node],
    ops = [
        body::op_body_abort,
        body::op_body_cancel,
        body::op_body_cancelled,
        body::op_body_finish,
        body::op_body_is_open,
        body::op_body_open,
        body::op_body_read,
        body::op_body_try_read,
        body::op_body_try_write,
        body::op_body_write,
        cache::op_cache_delete,
        cache::op_cache_match,
        cache::op_cache_put,
        commonjs::op_commonjs_compile,
        commonjs::op_commonjs_name,
        commonjs::op_commonjs_resolve,
        compat::op_compat_flags,
        compat::op_compat_has,
        events::op_abort_isolate,
        crypto::op_crypto_digest_finish,
        crypto::op_crypto_digest_now,
        crypto::op_crypto_digest_start,
        crypto::op_crypto_digest_update,
        crypto::op_crypto_ghash,
        crypto::op_crypto_hkdf_md5,
        crypto::op_crypto_hmac_md5,
        crypto::op_crypto_pbkdf2_md5,
        d1::op_d1_export,
        d1::op_d1_query,
        events::op_event_connected,
        events::op_event_ended,
        events::op_event_failed,
        events::op_event_respond,
        events::op_event_scheduled,
        events::op_event_tailed,
        events::op_event_tested,
        events::op_fault_panic,
        events::op_faults_enabled,
        events::op_is_tailed,
        events::op_log,
        events::op_log_exception,
        events::op_take_subrequest,
        events::op_wait_until_added,
        events::op_wait_until_settled,
        fetch::op_data_url,
        fetch::op_fetch_cancel,
        fetch::op_fetch_response,
        fetch::op_fetch_start,
        fetch::op_request_cf,
        fetch::op_request_headers,
        form_data::op_form_data_boundary,
        form_data::op_form_data_parse,
        html_rewriter::op_html_attribute,
        html_rewriter::op_html_attributes,
        html_rewriter::op_html_continue,
        html_rewriter::op_html_end,
        html_rewriter::op_html_get,
        html_rewriter::op_html_insert,
        html_rewriter::op_html_insert_stream,
        html_rewriter::op_html_last_in_text,
        html_rewriter::op_html_new,
        html_rewriter::op_html_on_end_tag,
        html_rewriter::op_html_output,
        html_rewriter::op_html_remove,
        html_rewriter::op_html_remove_attribute,
        html_rewriter::op_html_removed,
        html_rewriter::op_html_selector,
        html_rewriter::op_html_set,
        html_rewriter::op_html_set_attribute,
        html_rewriter::op_html_stop,
        html_rewriter::op_html_stream_write,
        html_rewriter::op_html_write,
        io_context::op_call_is_local,
        kv::op_kv_delete,
        kv::op_kv_get,
        kv::op_kv_get_many,
        kv::op_kv_list,
        kv::op_kv_put_bytes,
        kv::op_kv_put_text,
        objects::op_object_alarm_arm,
        objects::op_object_alarm_drop,
        objects::op_object_alarm_over,
        objects::op_object_break,
        objects::op_object_committed,
        objects::op_object_describe,
        objects::op_object_event_over,
        objects::op_object_gate,
        objects::op_object_is_locked,
        objects::op_object_task,
        object_namespace::op_object_door,
        object_namespace::op_object_id_named,
        object_namespace::op_object_id_of_units,
        object_namespace::op_object_id_parse,
        object_namespace::op_object_id_unique,
        object_namespace::op_objects_ephemeral,
        object_namespace::op_objects_of,
        object_storage::op_storage_alarm,
        object_storage::op_storage_begin,
        object_storage::op_storage_begin_savepoint,
        object_storage::op_storage_bookmark,
        object_storage::op_storage_commit,
        object_storage::op_storage_delete,
        object_storage::op_storage_delete_all,
        object_storage::op_storage_delete_many,
        object_storage::op_storage_get,
        object_storage::op_storage_get_many,
        object_storage::op_storage_list,
        object_storage::op_storage_list_begin,
        object_storage::op_storage_list_next,
        object_storage::op_storage_put,
        object_storage::op_storage_put_many,
        object_storage::op_storage_release_savepoint,
        object_storage::op_storage_rollback,
        object_storage::op_storage_rollback_savepoint,
        object_storage::op_storage_set_alarm,
        object_storage::op_storage_sync,
        object_storage::sql::op_sql_close,
        object_storage::sql::op_sql_columns,
        object_storage::sql::op_sql_counts,
        object_storage::sql::op_sql_exec,
        object_storage::sql::op_sql_ingest,
        object_storage::sql::op_sql_max_page_count,
        object_storage::sql::op_sql_reused,
        object_storage::sql::op_sql_rows,
        object_storage::sql::op_sql_size,
        object_sockets::op_object_auto_response,
        object_sockets::op_object_no_auto_response,
        object_sockets::op_object_set_auto_response,
        object_sockets::op_object_set_socket_timeout,
        object_sockets::op_object_socket_accept,
        object_sockets::op_object_socket_answered_at,
        object_sockets::op_object_socket_attach,
        object_sockets::op_object_socket_attachment,
        object_sockets::op_object_socket_handle,
        object_sockets::op_object_socket_is_closed,
        object_sockets::op_object_socket_list,
        object_sockets::op_object_socket_over,
        object_sockets::op_object_socket_tags,
        object_sockets::op_object_socket_timeout,
        r2::op_r2_ask,
        r2::op_r2_write,
        r2::op_r2_write_stream,
        rpc::op_rpc_cancel_calls,
        rpc::op_rpc_decode,
        rpc::op_rpc_drop_sink,
        rpc::op_rpc_end_event,
        rpc::op_rpc_failed,
        rpc::op_rpc_from_bytes,
        rpc::op_rpc_open_sink,
        rpc::op_rpc_respond,
        rpc::op_rpc_stub_dup,
        rpc::op_rpc_stub_handle,
        rpc::op_rpc_stub_release,
        rpc::op_rpc_to_bytes,
        rpc::outbound::op_rpc_answer,
        rpc::outbound::op_rpc_finish,
        rpc::outbound::op_rpc_send,
        service::op_service_fetch,
        service::op_service_of,
        service::op_service_outcome,
        service::op_service_own,
        service::op_service_scheduled,
        sockets::op_connect,
        sockets::op_connect_opened,
        sockets::op_connect_over,
        sockets::op_connect_service,
        sockets::op_connect_start_tls,
        streams::op_codec_finish,
        streams::op_codec_new,
        streams::op_codec_write,
        tracing::op_span_end,
        tracing::op_span_exception,
        tracing::op_span_is_open,
        tracing::op_span_rename,
        tracing::op_span_set_attribute,
        tracing::op_span_set_status,
        tracing::op_span_start,
        unsafe_eval::op_unsafe_wasm,
        websocket::op_socket_accept,
        websocket::op_socket_close,
        websocket::op_socket_depart,
        websocket::op_socket_drop,
        websocket::op_socket_pair,
        websocket::op_socket_send_again,
        websocket::op_socket_send_bytes,
        websocket::op_socket_send_short,
        websocket::op_socket_send_text,
    ],
    esm_entry_point = "ext:lopata/bootstrap/bootstrap.js",
    esm = [dir "src/ext", "bootstrap/bootstrap.js"],
    lazy_loaded_js = [
        dir "src/ext",
        "ext:deno_web/01_dom_exception.js" = "event/dom_exception.js",
        "ext:deno_web/02_event.js" = "event/event.js",
        "ext:deno_web/03_abort_signal.js" = "event/abort_signal.js",
        "ext:deno_web/09_file.js" = "blob/blob.js",
        "analytics_engine/analytics_engine.js",
        "body/body.js",
        "cache/cache.js",
        "cache/designated.js",
        "clone/clone.js",
        "clone/cloneable.js",
        "commonjs/commonjs.js",
        "compat/compat.js",
        "compat/switches.js",
        "console/console.js",
        "crypto/crypto.js",
        "d1/d1.js",
        "email/email.js",
        "crypto/curves.js",
        "crypto/digest_stream.js",
        "crypto/import.js",
        "crypto/keys.js",
        "crypto/params.js",
        "crypto/subtle.js",
        "encoding/encoding.js",
        "env/bindings.js",
        "errors/errors.js",
        "errors/rejections.js",
        "event/kinds.js",
        "event/message_port.js",
        "event/report.js",
        "event/shape.js",
        "events/entrypoints.js",
        "events/events.js",
        "event_source/event_source.js",
        "fetch/arguments.js",
        "fetch/body.js",
        "fetch/cf.js",
        "fetch/coding.js",
        "fetch/fetch.js",
        "fetch/headers.js",
        "fetch/inner_body.js",
        "fetch/iterators.js",
        "fetch/mime.js",
        "fetch/options.js",
        "fetch/request.js",
        "fetch/request_response.js",
        "fetch/response.js",
        "fetch/statuses.js",
        "form_data/form_data.js",
        "globals/globals.js",
        "html_rewriter/html_rewriter.js",
        "hyperdrive/hyperdrive.js",
        "io_context/io_context.js",
        "io_context/pending.js",
        "kv/designated.js",
        "kv/kv.js",
        "memory_cache/memory_cache.js",
        "objects/alarm.js",
        "object_sockets/events.js",
        "object_sockets/object_sockets.js",
        "objects/context.js",
        "objects/gate.js",
        "objects/instance.js",
        "objects/state.js",
        "object_namespace/object_namespace.js",
        "object_storage/arguments.js",
        "object_storage/kv.js",
        "object_storage/shape.js",
        "object_storage/sql.js",
        "object_storage/storage.js",
        "object_storage/values.js",
        "queue/queue.js",
        "r2/designated.js",
        "r2/native.js",
        "r2/objects.js",
        "r2/r2.js",
        "r2/request.js",
        "rpc/names.js",
        "rpc/plain.js",
        "rpc/promises.js",
        "rpc/proxies.js",
        "rpc/serve.js",
        "rpc/stubs.js",
        "rpc/transfer.js",
        "rpc/values.js",
        "service/bytes.js",
        "service/exchange.js",
        "service/service.js",
        "sockets/module.js",
        "sockets/sockets.js",
        "streams/chunks.js",
        "streams/compression.js",
        "streams/identity.js",
        "streams/internal.js",
        "streams/rendezvous.js",
        "streams/sources.js",
        "streams/standard.js",
        "streams/text.js",
        "tail/tail.js",
        "time/time.js",
        "timers/timers.js",
        "tracing/tracing.js",
        "unavailable/unavailable.js",
        "url/url.js",
        "unsafe_eval/unsafe_eval.js",
        "webidl/replace.js",
        "websocket/session.js",
        "websocket/websocket.js",
        "workers/own.js",
        "workers/workers.js",
        "workflows/workflows.js",
    ],
    synthetic_esm = [
        "cloudflare:email" = "ext:lopata/email/email.js",
        "cloudflare:sockets" = "ext:lopata/sockets/module.js",
        "cloudflare:workers" = "ext:lopata/workers/workers.js",
        "cloudflare:workflows" = "ext:lopata/workflows/workflows.js",
        "lopata:commonjs" = "ext:lopata/commonjs/commonjs.js",
    ],
    options = { guest: Option<Rc<GuestState>> },
    state = |state, options| {
        if let Some(guest) = options.guest {
            state.put(guest);
        }
    },
);

/// Scripts of `deno_web` that lopata has in a form of its own, under the same names.
const OWN_WEB_SCRIPTS: [&str; 4] = [
    "ext:deno_web/01_dom_exception.js",
    "ext:deno_web/02_event.js",
    "ext:deno_web/03_abort_signal.js",
    "ext:deno_web/09_file.js",
];

/// `deno_web` without the scripts that are replaced.
fn deno_web() -> Extension {
    let mut extension = deno_web::deno_web::init(deno_web::BlobStore::default_arc(), None, false, Default::default());
    extension.lazy_loaded_js_files.to_mut().retain(|file| !OWN_WEB_SCRIPTS.contains(&file.specifier));
    extension
}

/// All extensions of an isolate, in the order of their dependencies. Without a guest: for the snapshot.
pub fn extensions(guest: Option<Rc<GuestState>>) -> Vec<Extension> {
    let mut web = deno_web();
    if guest.is_none() {
        streams::patches::apply(&mut web);
    }
    vec![
        webidl::deno_webidl::init(),
        web,
        deno_fetch::deno_fetch::init(deno_fetch::Options::default()),
        deno_crypto::deno_crypto::init(None),
        lopata_shims::init(),
        node::lopata_node::init(),
        lopata::init(guest),
    ]
}

/// The same for the build of the snapshot, which also needs the scripts that are not our own.
pub fn snapshot_extensions() -> Vec<Extension> {
    let mut extensions = extensions(None);
    let node = extensions.iter_mut().find(|extension| extension.name == "lopata_node");
    node.expect("it is listed above").lazy_loaded_js_files.to_mut().extend(node::sources());
    extensions
}
