//! The shapes of keys that configure the worker and give no env entry.
//!
//! Rules that only matter when a worker is deployed (container roll-outs, sampling rates) are left to the
//! deployment: here they are types.

use super::FieldSentence::{BindingsOptionally, Missing, Optionally, Property, Should, WhenPresent};
use super::Shape::{Any, Bool, Custom, List, Map, Num, Object as Obj, OneOf, Str, StrArray, Strings};
use super::bindings::{WORKFLOW_CONCURRENCY, WORKFLOW_LIMITS, WORKFLOW_RETENTION};
use super::{Field, ListSentence, MapSentence, Object, ObjectSentence, Shape};
use crate::config::checks;

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field::optional(name, shape, Property)
}

const fn required(name: &'static str, shape: Shape) -> Field {
    Field::required(name, shape, Property)
}

const fn settings(fields: &'static [Field]) -> Object {
    Object::new(ObjectSentence::Field, fields)
}

pub(super) const BUILD: Shape =
    Obj(&settings(&[optional("command", Str), optional("cwd", Str), optional("watch_dir", Custom(checks::watch_dir))]));

pub(super) const DEV: Shape = Obj(&settings(&[
    optional("ip", Str),
    optional("port", Custom(checks::port)),
    optional("inspector_port", Custom(checks::port)),
    optional("inspector_ip", Str),
    optional("local_protocol", OneOf(&["http", "https"])),
    optional("upstream_protocol", OneOf(&["http", "https"])),
    optional("host", Str),
    optional("enable_containers", Bool),
    optional("container_engine", Any),
    optional("generate_types", Bool),
]));

pub(super) const RULES: Shape = List(ListSentence::Field, &Obj(&RULE));

const RULE: Object = Object::new(
    ObjectSentence::Quoted,
    &[
        optional("type", Any),
        Field::required(
            "globs",
            Strings,
            Missing("Expected \"{P}.globs\" to be an array of strings but got undefined"),
        ),
        Field::optional("fallthrough", Bool, WhenPresent),
    ],
)
.check(checks::rule);

pub(super) const TRIGGERS: Shape =
    Obj(&Object::new(ObjectSentence::Property, &[optional("crons", Any), optional("events", Any)])
        .check(checks::triggers));

pub(super) const LIMITS: Shape =
    Obj(&settings(&[optional("cpu_ms", Custom(checks::count)), optional("subrequests", Custom(checks::count))]));

pub(super) const SECRETS: Shape = Obj(&settings(&[optional("required", Strings)]));

pub(super) const ASSETS: Shape = Obj(&Object::new(
    ObjectSentence::Quoted,
    &[
        optional("directory", Str),
        optional("binding", Str),
        optional(
            "html_handling",
            OneOf(&["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"]),
        ),
        optional("not_found_handling", OneOf(&["single-page-application", "404-page", "none"])),
        optional("base_path", Custom(checks::base_path)),
        optional("run_worker_first", Custom(checks::run_worker_first)),
    ],
));

pub(super) const SITE: Shape = Obj(&settings(&[
    required("bucket", Str),
    optional("entry-point", Str),
    optional("include", Strings),
    optional("exclude", Strings),
]));

pub(super) const MIGRATIONS: Shape = List(
    ListSentence::Optional,
    &Obj(&Object::new(
        ObjectSentence::Quoted,
        &[
            required("tag", Str),
            optional("new_classes", Strings),
            optional("new_sqlite_classes", Strings),
            optional("renamed_classes", List(ListSentence::Expected, &Obj(&RENAMED))),
            optional("transferred_classes", List(ListSentence::Expected, &Obj(&TRANSFERRED))),
            optional("deleted_classes", Strings),
        ],
    )),
);

const RENAMED: Object = Object::new(ObjectSentence::Quoted, &[required("from", Str), required("to", Str)]);
const TRANSFERRED: Object =
    Object::new(ObjectSentence::Quoted, &[required("from", Str), required("from_script", Str), required("to", Str)]);

/// An entry of `exports` with `"type": "durable-object"`.
pub const DURABLE_OBJECT_EXPORT: Object = Object::new(
    ObjectSentence::Quoted,
    &[
        required("type", Str),
        optional("state", OneOf(&["created", "deleted", "renamed", "transferred", "expecting-transfer"])),
        optional("storage", OneOf(&["sqlite", "legacy-kv"])),
        optional("container", Str),
        optional("renamed_to", Str),
        optional("transferred_to", Str),
        optional("transfer_from", Str),
    ],
);

/// An entry of `exports` with `"type": "worker"`.
pub const WORKER_EXPORT: Object =
    Object::new(ObjectSentence::Quoted, &[required("type", Str), optional("cache", Obj(&EXPORT_CACHE))]);

const EXPORT_CACHE: Object = Object::new(ObjectSentence::Quoted, &[required("enabled", Bool)]);

/// An entry of `exports` with `"type": "workflow"`.
pub const WORKFLOW_EXPORT: Object = Object::new(
    ObjectSentence::Quoted,
    &[
        required("type", Str),
        required("name", Str),
        optional("limits", Obj(&WORKFLOW_LIMITS)),
        optional("concurrency", Obj(&WORKFLOW_CONCURRENCY)),
        optional("schedules", Custom(checks::string_or_strings)),
        optional("default_retention", Obj(&WORKFLOW_RETENTION)),
        optional("jurisdiction", OneOf(&["eu", "fedramp", "us"])),
    ],
);

pub(super) const CONNECT: Shape = List(
    ListSentence::Field,
    &Obj(&Object::new(
        ObjectSentence::Words("\"{P}\" should be an object, but got {V}"),
        &[
            optional("protocol", Any),
            Field::required("port", Num, Should),
            Field::optional("address", Str, Optionally),
            Field::optional("idle_timeout_ms", Num, Optionally),
            Field::optional("max_pending_bytes", Num, Optionally),
        ],
    )
    .check(checks::connect)),
);

pub(super) const OBSERVABILITY: Shape = Obj(&Object::new(
    ObjectSentence::Quoted,
    &[
        optional("enabled", Bool),
        optional("head_sampling_rate", Num),
        optional("redact_query_string", Bool),
        optional("issues", Obj(&Object::new(ObjectSentence::Quoted, &[optional("enabled", Bool)]))),
        optional(
            "logs",
            Obj(&Object::new(
                ObjectSentence::Property,
                &[
                    optional("enabled", Bool),
                    optional("head_sampling_rate", Num),
                    optional("invocation_logs", Bool),
                    optional("persist", Bool),
                    optional("destinations", Strings),
                ],
            )),
        ),
        optional(
            "traces",
            Obj(&Object::new(
                ObjectSentence::Property,
                &[
                    optional("enabled", Bool),
                    optional("head_sampling_rate", Num),
                    optional("persist", Bool),
                    optional("destinations", Strings),
                ],
            )),
        ),
    ],
));

pub(super) const PLACEMENT: Shape = Obj(&settings(&[
    optional("mode", OneOf(&["off", "smart", "targeted"])),
    optional("hint", Str),
    optional("region", Str),
    optional("host", Str),
    optional("hostname", Str),
]));

pub(super) const ACCESS: Shape = Obj(&Object::new(
    ObjectSentence::Quoted,
    &[optional(
        "dev",
        Obj(&Object::new(ObjectSentence::Property, &[required("aud", Str), optional("identity", Obj(&IDENTITY))])),
    )],
));

const IDENTITY: Object = Object::new(ObjectSentence::Property, &[]).open();

pub(super) const CACHE: Shape =
    Obj(&Object::new(ObjectSentence::Quoted, &[required("enabled", Bool), optional("cross_version_cache", Bool)]));

pub(super) const PYTHON_MODULES: Shape = Obj(&Object::new(ObjectSentence::Quoted, &[optional("exclude", StrArray)]));

pub(super) const INSTRUMENTATION: Shape =
    Obj(&Object::new(ObjectSentence::Property, &[optional("enabled", Bool), optional("exclude_packages", Strings)]));

pub(super) const TAIL_CONSUMERS: Shape = List(
    ListSentence::Expected,
    &Obj(&Object::new(ObjectSentence::Quoted, &[required("service", Str), optional("environment", Str)])),
);

pub(super) const STREAMING_TAIL_CONSUMERS: Shape = List(
    ListSentence::Expected,
    &Obj(&Object::new(ObjectSentence::Quoted, &[required("service", Str)]).check(checks::streaming_tail_consumer)),
);

const INSTANCE_TYPES: Shape =
    OneOf(&["lite", "basic", "standard-1", "standard-2", "standard-3", "standard-4", "dev", "standard"]);

pub(super) const CLOUDCHAMBER: Shape = Obj(&Object::new(
    ObjectSentence::Words("\"{P}\" should be an object, but got {V}"),
    &[
        Field::optional("image", Str, BindingsOptionally),
        Field::optional("location", Str, BindingsOptionally),
        optional("instance_type", INSTANCE_TYPES),
        Field::optional("vcpu", Num, BindingsOptionally),
        Field::optional("memory", Str, BindingsOptionally),
        Field::optional("ipv4", Bool, BindingsOptionally),
    ],
));

pub(super) const CONTAINERS: Shape = List(
    ListSentence::Field,
    &Obj(&Object::new(
        ObjectSentence::Quoted,
        &[
            optional("name", Str),
            optional("class_name", Str),
            optional("image", Str),
            optional("images", Map(MapSentence::Any)),
            optional("image_build_context", Str),
            optional("image_vars", Map(MapSentence::Any)),
            optional("max_instances", Num),
            optional("instances", Num),
            optional("instance_type", Any),
            optional("observability", Map(MapSentence::Any)),
            optional("scheduling_policy", OneOf(&["default", "durable_object", "moon", "regional"])),
            optional("ssh", Map(MapSentence::Any)),
            optional("wrangler_ssh", Map(MapSentence::Any)),
            optional("authorized_keys", List(ListSentence::Expected, &Any)),
            optional("trusted_user_ca_keys", List(ListSentence::Expected, &Any)),
            optional("constraints", Map(MapSentence::Any)),
            optional("affinities", Any),
            optional("configuration", Map(MapSentence::Any)),
            optional("durable_objects", Any),
            optional("rollout_step_percentage", Any),
            optional("rollout_kind", OneOf(&["full_auto", "full_manual", "none"])),
            optional("rollout_active_grace_period", Num),
            optional("unsafe", Map(MapSentence::Any)),
        ],
    )),
);

/// Settings for preview deployments. lopata only looks at the names.
pub(super) const PREVIEWS: Shape = Obj(&settings(PREVIEW_FIELDS));

const PREVIEW_FIELDS: &[Field] = &[
    optional("vars", Any),
    optional("define", Any),
    optional("secrets", Any),
    optional("durable_objects", Any),
    optional("workflows", Any),
    optional("kv_namespaces", Any),
    optional("send_email", Any),
    optional("queues", Any),
    optional("connect", Any),
    optional("d1_databases", Any),
    optional("r2_buckets", Any),
    optional("vectorize", Any),
    optional("ai_search_namespaces", Any),
    optional("ai_search", Any),
    optional("agent_memory", Any),
    optional("hyperdrive", Any),
    optional("services", Any),
    optional("analytics_engine_datasets", Any),
    optional("dispatch_namespaces", Any),
    optional("mtls_certificates", Any),
    optional("tail_consumers", Any),
    optional("streaming_tail_consumers", Any),
    optional("unsafe", Any),
    optional("browser", Any),
    optional("analytics", Any),
    optional("ai", Any),
    optional("images", Any),
    optional("stream", Any),
    optional("media", Any),
    optional("pipelines", Any),
    optional("k2", Any),
    optional("secrets_store_secrets", Any),
    optional("artifacts", Any),
    optional("unsafe_hello_world", Any),
    optional("flagship", Any),
    optional("worker_loaders", Any),
    optional("ratelimits", Any),
    optional("vpc_services", Any),
    optional("vpc_networks", Any),
    optional("version_metadata", Any),
    optional("cloudchamber", Any),
    optional("containers", Any),
    optional("logpush", Any),
    optional("observability", Any),
    optional("limits", Any),
    optional("placement", Any),
    optional("cache", Any),
];
