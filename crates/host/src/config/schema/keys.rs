//! The table of top-level keys.
//!
//! The columns: name, how environments see it, its shape, what lopata does with it. `docs/configuration.md` has
//! the same table for users; a test compares the two.

use super::Effect::{Ignored, Throws, Works};
use super::Place::{Inherited, NotInherited, TopLevelOnly};
use super::Shape::{Any, Bool, Custom, Map, Str, StrArray, Strings};
use super::{Effect, Key, MapSentence, Place, Shape, Source};
use super::{bindings, settings};
use crate::config::checks;

const fn key(name: &'static str, place: Place, shape: Shape, effect: Effect) -> Key {
    Key { name, place, shape, nullable: false, effect, source: Source::None, friendly: "" }
}

impl Key {
    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn gives(mut self, source: Source, friendly: &'static str) -> Self {
        self.source = source;
        self.friendly = friendly;
        self
    }
}

/// A key that holds an array of bindings and gives entries that throw.
const fn list(name: &'static str, shape: Shape, name_field: &'static str, friendly: &'static str) -> Key {
    key(name, NotInherited, shape, Throws).gives(Source::Items(name_field), friendly)
}

/// A key that holds one binding and gives an entry that throws.
const fn single(name: &'static str, shape: Shape, friendly: &'static str) -> Key {
    key(name, NotInherited, shape, Throws).gives(Source::Single, friendly)
}

/// All top-level keys.
pub static KEYS: &[Key] = &[
    // The worker and its code.
    key("$schema", TopLevelOnly, Str, Ignored),
    key("name", Inherited, Custom(checks::worker_name), Works),
    key("main", Inherited, Str, Works),
    key("compatibility_date", Inherited, Custom(checks::compatibility_date), Works),
    key("compatibility_flags", Inherited, StrArray, Works),
    key("account_id", Inherited, Str, Ignored),
    key("base_dir", Inherited, Str, Works),
    key("tsconfig", Inherited, Str, Works),
    key("jsx_factory", Inherited, Str, Works),
    key("jsx_fragment", Inherited, Str, Works),
    key("rules", Inherited, settings::RULES, Works).nullable(),
    key("find_additional_modules", Inherited, Bool, Works),
    key("preserve_file_names", Inherited, Bool, Works),
    key("no_bundle", Inherited, Bool, Works),
    key("minify", Inherited, Bool, Works),
    key("keep_names", Inherited, Bool, Works),
    key("upload_source_maps", Inherited, Bool, Ignored),
    key("alias", TopLevelOnly, Map(MapSentence::Alias), Works),
    key("define", NotInherited, Map(MapSentence::Field), Works),
    key("build", Inherited, settings::BUILD, Works).nullable(),
    key("python_modules", Inherited, settings::PYTHON_MODULES, Ignored),
    key("dependencies_instrumentation", TopLevelOnly, settings::INSTRUMENTATION, Ignored),
    // The dev server and what calls the worker.
    key("env", TopLevelOnly, Any, Works).nullable(),
    key("dev", TopLevelOnly, settings::DEV, Works).nullable(),
    key("triggers", Inherited, settings::TRIGGERS, Works).nullable(),
    key("route", Inherited, Custom(checks::route), Works),
    key("routes", Inherited, Custom(checks::routes), Works),
    key("limits", Inherited, settings::LIMITS, Works).nullable(),
    key("connect", NotInherited, settings::CONNECT, Ignored),
    key("migrations", Inherited, settings::MIGRATIONS, Works).nullable(),
    key("exports", Inherited, Custom(checks::exports), Works).nullable(),
    key("containers", NotInherited, settings::CONTAINERS, Ignored).nullable(),
    key("cloudchamber", NotInherited, settings::CLOUDCHAMBER, Ignored),
    key("tail_consumers", NotInherited, settings::TAIL_CONSUMERS, Works).nullable(),
    key("streaming_tail_consumers", NotInherited, settings::STREAMING_TAIL_CONSUMERS, Ignored).nullable(),
    key("access", Inherited, settings::ACCESS, Ignored),
    key("cache", Inherited, settings::CACHE, Ignored),
    key("observability", Inherited, settings::OBSERVABILITY, Ignored),
    key("previews", Inherited, settings::PREVIEWS, Ignored),
    // Deployment.
    key("workers_dev", Inherited, Bool, Ignored),
    key("preview_urls", Inherited, Bool, Ignored),
    key("logpush", Inherited, Bool, Ignored),
    key("placement", Inherited, settings::PLACEMENT, Ignored),
    key("first_party_worker", Inherited, Bool, Ignored),
    key("compliance_region", Inherited, Custom(checks::compliance_region), Ignored),
    key("keep_vars", TopLevelOnly, Bool, Ignored),
    key("send_metrics", TopLevelOnly, Bool, Ignored),
    key("pages_build_output_dir", TopLevelOnly, Str, Ignored),
    key("addresses", TopLevelOnly, Strings, Ignored),
    // Env entries, in the order in which wrangler lists the kinds of one name.
    key("secrets", NotInherited, settings::SECRETS, Works),
    key("data_blobs", TopLevelOnly, Map(MapSentence::Blob), Works).gives(Source::Names, "Data Blob"),
    key("durable_objects", NotInherited, bindings::DURABLE_OBJECTS, Works).gives(Source::Bindings, "Durable Object"),
    key("kv_namespaces", NotInherited, bindings::KV, Works).gives(Source::Items("binding"), "KV Namespace"),
    list("send_email", bindings::SEND_EMAIL, "name", "Send Email"),
    key("queues", NotInherited, bindings::QUEUES, Throws).gives(Source::Producers, "Queue"),
    key("d1_databases", NotInherited, bindings::D1, Works).gives(Source::Items("binding"), "D1 Database"),
    list("vectorize", bindings::VECTORIZE, "binding", "Vectorize Index"),
    list("ai_search_namespaces", bindings::AI_SEARCH_NAMESPACES, "binding", "AI Search Namespace"),
    list("ai_search", bindings::AI_SEARCH, "binding", "AI Search Instance"),
    list("agent_memory", bindings::AGENT_MEMORY, "binding", "Agent Memory"),
    list("hyperdrive", bindings::HYPERDRIVE, "binding", "Hyperdrive Config"),
    key("r2_buckets", NotInherited, bindings::R2, Works).gives(Source::Items("binding"), "R2 Bucket"),
    key("logfwdr", Inherited, bindings::LOGFWDR, Throws).gives(Source::Bindings, "logfwdr"),
    key("services", NotInherited, bindings::SERVICES, Works).gives(Source::Items("binding"), "Worker"),
    list("analytics_engine_datasets", bindings::ANALYTICS_ENGINE, "binding", "Analytics Engine Dataset"),
    key("text_blobs", TopLevelOnly, Map(MapSentence::Blob), Works).gives(Source::Names, "Text Blob"),
    single("browser", bindings::SIMPLE, "Browser Run"),
    single("analytics", bindings::SIMPLE, "Analytics SQL"),
    single("ai", bindings::AI, "AI"),
    single("images", bindings::SIMPLE, "Images"),
    single("stream", bindings::SIMPLE, "Stream"),
    single("media", bindings::SIMPLE, "Media"),
    single("version_metadata", bindings::VERSION_METADATA, "Worker Version Metadata"),
    key("unsafe", NotInherited, bindings::UNSAFE, Throws).gives(Source::Bindings, "Unsafe Metadata"),
    key("vars", NotInherited, Map(MapSentence::Vars), Works).gives(Source::Names, "Environment Variable"),
    key("wasm_modules", TopLevelOnly, Map(MapSentence::Blob), Works).gives(Source::Names, "Wasm Module"),
    list("dispatch_namespaces", bindings::DISPATCH, "binding", "Dispatch Namespace"),
    list("mtls_certificates", bindings::MTLS, "binding", "mTLS Certificate"),
    list("workflows", bindings::WORKFLOWS, "binding", "Workflow"),
    list("pipelines", bindings::PIPELINES, "binding", "Pipeline"),
    list("k2", bindings::K2, "binding", "K2 Stream"),
    list("secrets_store_secrets", bindings::SECRETS_STORE, "binding", "Secrets Store Secret"),
    list("artifacts", bindings::ARTIFACTS, "binding", "Artifacts"),
    list("ratelimits", bindings::RATELIMITS, "name", "Rate Limit"),
    key("assets", Inherited, settings::ASSETS, Works).gives(Source::Single, "Assets"),
    list("unsafe_hello_world", bindings::HELLO_WORLD, "binding", "Hello World"),
    list("flagship", bindings::FLAGSHIP, "binding", "Flagship"),
    list("worker_loaders", bindings::WORKER_LOADERS, "binding", "Worker Loader"),
    list("vpc_services", bindings::VPC_SERVICES, "binding", "VPC Service"),
    list("vpc_networks", bindings::VPC_NETWORKS, "binding", "VPC Network"),
    key("site", TopLevelOnly, settings::SITE, Works).nullable().gives(Source::Site, "Workers Site"),
];
