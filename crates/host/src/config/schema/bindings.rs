//! The shapes of everything that gives an env entry.
//!
//! Each object lists what wrangler's schema lists for it, in wrangler's wording.

use super::FieldSentence::{
    Bare, BindingsMust, BindingsMustAny, BindingsOptionally, BindingsShould, Missing, Optionally, Property, Should,
    WhenPresent, Words,
};
use super::ListSentence;
use super::MapSentence;
use super::Shape::{Any, Bool, Custom, List, Map, Num, Object as Obj, OneOf, Str, StrArray, Strings};
use super::{Field, Object, ObjectSentence, Shape};
use crate::config::checks;

const REMOTE: Field = Field::optional("remote", Bool, Optionally);

const fn array(item: &'static Shape) -> Shape {
    List(ListSentence::Field, item)
}

const fn binding(noun: &'static str, fields: &'static [Field]) -> Object {
    Object::new(ObjectSentence::Bindings(noun), fields)
}

const SHOULD_BINDING: Field = Field::required("binding", Str, BindingsShould);
const MUST_BINDING: Field = Field::required("binding", Str, BindingsMust);
const BARE_BINDING: Field = Field::required("binding", Str, Bare);

/// One of the keys that hold a single binding: `{ binding, remote }`.
pub(super) const SIMPLE: Shape = Obj(&Object::new(ObjectSentence::Field, &[BARE_BINDING, REMOTE]));

pub(super) const AI: Shape =
    Obj(&Object::new(ObjectSentence::Field, &[BARE_BINDING, REMOTE, Field::optional("staging", Bool, WhenPresent)]));

pub(super) const VERSION_METADATA: Shape = Obj(&Object::new(ObjectSentence::Field, &[BARE_BINDING]));

pub(super) const KV: Shape = array(&Obj(&binding(
    "kv_namespaces",
    &[
        SHOULD_BINDING,
        Field::optional("id", Str, BindingsShould),
        Field::optional("preview_id", Str, BindingsOptionally),
        REMOTE,
    ],
)
.check(checks::kv_namespace)));

pub(super) const R2: Shape = array(&Obj(&binding(
    "r2_buckets",
    &[
        SHOULD_BINDING,
        Field::optional("bucket_name", Str, BindingsShould),
        Field::optional("preview_bucket_name", Str, BindingsOptionally),
        Field::optional("jurisdiction", Str, BindingsOptionally),
        REMOTE,
        Field::optional("local_dev", Obj(&R2_LOCAL_DEV), BindingsOptionally),
    ],
)
.check(checks::r2_bucket)));

const R2_LOCAL_DEV: Object = Object::new(
    ObjectSentence::Quoted,
    &[Field::optional("experimental_s3_credentials", Obj(&R2_CREDENTIALS), Property)],
);

const R2_CREDENTIALS: Object = Object::new(
    ObjectSentence::Quoted,
    &[Field::required("accessKeyId", Str, Property), Field::required("secretAccessKey", Str, Property)],
);

pub(super) const D1: Shape = array(&Obj(&binding(
    "d1_databases",
    &[
        SHOULD_BINDING,
        Field::optional("database_id", Str, BindingsMustAny),
        Field::optional("database_name", Str, BindingsOptionally),
        Field::optional("preview_database_id", Str, BindingsOptionally),
        Field::optional("jurisdiction", Str, BindingsOptionally),
        Field::optional("migrations_dir", Str, BindingsOptionally),
        Field::optional("migrations_pattern", Str, BindingsOptionally),
        Field::optional("migrations_table", Str, BindingsOptionally),
        Field::optional("database_internal_env", Str, BindingsOptionally),
        REMOTE,
    ],
)));

pub(super) const DURABLE_OBJECTS: Shape = Obj(&Object::new(
    ObjectSentence::Field,
    &[
        Field::optional("bindings", array(&Obj(&DURABLE_OBJECT)), Property),
        Field::optional("code_update_strategy", Obj(&CODE_UPDATE), Property),
        Field::optional("isolation", OneOf(&["class", "instance"]), Property),
    ],
));

const DURABLE_OBJECT: Object = Object::new(
    ObjectSentence::Expected,
    &[
        Field::required("name", Str, Bare),
        Field::required("class_name", Str, Bare),
        Field::optional("script_name", Str, WhenPresent),
        Field::optional("environment", Str, WhenPresent),
    ],
)
.check(checks::durable_object);

const CODE_UPDATE: Object = Object::new(
    ObjectSentence::Field,
    &[
        Field::required("mode", OneOf(&["immediate", "deferred"]), Property),
        Field::optional("max_delay", Num, Property),
    ],
);

pub(super) const WORKFLOWS: Shape = array(&Obj(&binding(
    "workflows",
    &[
        SHOULD_BINDING,
        Field::required("name", Str, BindingsShould),
        Field::required("class_name", Str, BindingsShould),
        Field::optional("script_name", Str, BindingsOptionally),
        Field::optional("limits", Obj(&WORKFLOW_LIMITS), BindingsOptionally),
        Field::optional("concurrency", Obj(&WORKFLOW_CONCURRENCY), BindingsOptionally),
        Field::optional("schedules", Custom(checks::string_or_strings), Property),
        Field::optional("default_retention", Obj(&WORKFLOW_RETENTION), BindingsOptionally),
        Field::optional("jurisdiction", OneOf(&["eu", "fedramp", "us"]), Property),
        Field::optional("remote", Bool, Optionally),
    ],
)
.check(checks::workflow)));

pub(super) const WORKFLOW_LIMITS: Object =
    Object::new(ObjectSentence::Quoted, &[Field::optional("steps", Num, Property)]);
pub(super) const WORKFLOW_CONCURRENCY: Object =
    Object::new(ObjectSentence::Quoted, &[Field::optional("limit", Num, Property)]);
pub(super) const WORKFLOW_RETENTION: Object = Object::new(
    ObjectSentence::Quoted,
    &[Field::optional("success_retention", Any, Property), Field::optional("error_retention", Any, Property)],
);

pub(super) const QUEUES: Shape = Obj(&Object::new(
    ObjectSentence::Field,
    &[
        Field::optional("producers", array(&Obj(&QUEUE_PRODUCER)), Property),
        Field::optional("consumers", array(&Obj(&QUEUE_CONSUMER)), Property),
    ],
));

const QUEUE_PRODUCER: Object = binding(
    "queue",
    &[
        SHOULD_BINDING,
        Field::optional(
            "queue",
            Str,
            Words("\"{P}\" bindings should optionally have a non-empty string \"queue\" field but got {V}."),
        ),
        Field::optional("delivery_delay", Num, Optionally),
        REMOTE,
    ],
);

const QUEUE_CONSUMER: Object = Object::new(
    ObjectSentence::Words("\"{P}\" should be a objects, but got {V}"),
    &[
        Field::required("queue", Str, Should),
        Field::optional("type", Str, Optionally),
        Field::optional("max_batch_size", Num, Optionally),
        Field::optional("max_batch_timeout", Num, Optionally),
        Field::optional("max_retries", Num, Optionally),
        Field::optional("dead_letter_queue", Str, Optionally),
        Field::optional("max_concurrency", Custom(checks::number_or_null), Optionally),
        Field::optional("visibility_timeout_ms", Num, Optionally),
        Field::optional("retry_delay", Num, Optionally),
    ],
)
.check(checks::queue_consumer);

pub(super) const SEND_EMAIL: Shape = array(&Obj(&binding(
    "send_email",
    &[
        Field::required("name", Str, BindingsShould),
        Field::optional("destination_address", Str, BindingsOptionally),
        Field::optional("allowed_destination_addresses", StrArray, Property),
        Field::optional("allowed_sender_addresses", StrArray, Property),
        REMOTE,
    ],
)
.check(checks::send_email)));

pub(super) const SERVICES: Shape = array(&Obj(&binding(
    "services",
    &[
        SHOULD_BINDING,
        Field::required("service", Str, BindingsShould),
        Field::optional("environment", Str, BindingsShould),
        Field::optional("entrypoint", Str, BindingsShould),
        Field::optional("props", Map(MapSentence::Any), Property),
        Field::optional("dev", Map(MapSentence::Any), Property),
        REMOTE,
    ],
)
.check(checks::service)));

pub(super) const DISPATCH: Shape = array(&Obj(&Object::new(
    ObjectSentence::Words("\"{P}\" binding should be objects, but got {V}"),
    &[
        Field::required("binding", Str, Should),
        Field::optional(
            "namespace",
            Str,
            Words("\"{P}\" should optionally have a string \"namespace\" field but got {V}."),
        ),
        Field::optional("outbound", Obj(&DISPATCH_OUTBOUND), Property),
        REMOTE,
    ],
)));

const DISPATCH_OUTBOUND: Object = Object::new(
    ObjectSentence::Words("\"{P}\" should be an object, but got {V}"),
    &[
        Field::required("service", Str, Property),
        Field::optional("environment", Str, Property),
        Field::optional("parameters", Strings, Property),
    ],
);

pub(super) const VECTORIZE: Shape =
    array(&Obj(&binding("vectorize", &[SHOULD_BINDING, Field::required("index_name", Str, BindingsMustAny), REMOTE])));

pub(super) const AI_SEARCH_NAMESPACES: Shape = array(&Obj(&binding(
    "ai_search_namespaces",
    &[SHOULD_BINDING, Field::required("namespace", Str, BindingsMustAny), REMOTE],
)));

pub(super) const AI_SEARCH: Shape = array(&Obj(&binding(
    "ai_search",
    &[SHOULD_BINDING, Field::required("instance_name", Str, BindingsMustAny), REMOTE],
)));

pub(super) const AGENT_MEMORY: Shape = array(&Obj(&binding(
    "agent_memory",
    &[SHOULD_BINDING, Field::required("namespace", Str, BindingsMustAny), REMOTE],
)));

pub(super) const HYPERDRIVE: Shape = array(&Obj(&binding(
    "hyperdrive",
    &[
        SHOULD_BINDING,
        Field::required("id", Str, BindingsMustAny),
        Field::optional("localConnectionString", Str, Property),
        REMOTE,
    ],
)));

pub(super) const ANALYTICS_ENGINE: Shape = array(&Obj(&binding(
    "analytics_engine",
    &[SHOULD_BINDING, Field::optional("dataset", Str, BindingsOptionally), REMOTE],
)));

pub(super) const MTLS: Shape = array(&Obj(&binding(
    "mtls_certificates",
    &[SHOULD_BINDING, Field::required("certificate_id", Str, BindingsShould), REMOTE],
)));

pub(super) const PIPELINES: Shape = array(&Obj(&binding(
    "pipeline",
    &[
        MUST_BINDING,
        Field::optional("stream", Str, BindingsMust),
        Field::optional("pipeline", Str, BindingsMust),
        REMOTE,
    ],
)
.check(checks::pipeline)));

pub(super) const K2: Shape = array(&Obj(&Object::new(
    ObjectSentence::Words("\"{P}\" bindings should be objects, but got {V}"),
    &[
        Field::required("binding", Str, Words("\"{P}\" must have a string \"binding\" field.")),
        Field::required("stream", Str, Words("\"{P}\" must have a string \"stream\" field.")),
        REMOTE,
    ],
)));

pub(super) const SECRETS_STORE: Shape = array(&Obj(&binding(
    "secrets_store_secrets",
    &[MUST_BINDING, Field::required("store_id", Str, BindingsMust), Field::required("secret_name", Str, BindingsMust)],
)));

pub(super) const ARTIFACTS: Shape =
    array(&Obj(&binding("artifacts", &[MUST_BINDING, Field::required("namespace", Str, BindingsMust), REMOTE])));

pub(super) const HELLO_WORLD: Shape =
    array(&Obj(&binding("unsafe_hello_world", &[MUST_BINDING, Field::optional("enable_timer", Bool, BindingsMust)])));

const APP_ID: &str = "\"{P}\" bindings may have a string \"app_id\" field but got {V}.";

pub(super) const FLAGSHIP: Shape =
    array(&Obj(&binding("flagship", &[MUST_BINDING, Field::optional("app_id", Str, Words(APP_ID)), REMOTE])));

pub(super) const RATELIMITS: Shape = array(&Obj(&binding(
    "ratelimits",
    &[
        Field::required("name", Str, BindingsMust),
        Field::required("namespace_id", Str, BindingsMust),
        Field::required(
            "simple",
            Obj(&RATELIMIT_SIMPLE),
            Words("\"{P}\" bindings must have a \"simple\" configuration object but got {V}."),
        ),
    ],
)
.check(checks::ratelimit)));

const RATELIMIT_SIMPLE: Object = Object::new(
    ObjectSentence::Quoted,
    &[Field::optional("limit", Any, Property), Field::optional("period", Any, Property)],
);

pub(super) const WORKER_LOADERS: Shape = array(&Obj(&binding("worker_loader", &[MUST_BINDING])));

pub(super) const VPC_SERVICES: Shape = array(&Obj(&binding(
    "vpc_services",
    &[SHOULD_BINDING, Field::required("service_id", Str, BindingsMustAny), REMOTE],
)));

pub(super) const VPC_NETWORKS: Shape = array(&Obj(&binding(
    "vpc_networks",
    &[
        SHOULD_BINDING,
        Field::optional("tunnel_id", Str, BindingsMust),
        Field::optional("network_id", Str, BindingsMust),
        REMOTE,
    ],
)
.check(checks::vpc_network)));

pub(super) const LOGFWDR: Shape = Obj(&Object::new(
    ObjectSentence::Field,
    &[Field::required(
        "bindings",
        array(&Obj(&LOGFWDR_BINDING)),
        Missing("The field \"{P}\" is missing the required \"bindings\" property."),
    )],
));

const LOGFWDR_BINDING: Object = Object::new(
    ObjectSentence::Expected,
    &[Field::required("name", Str, Bare), Field::required("destination", Str, Bare)],
);

pub(super) const UNSAFE: Shape = Obj(&Object::new(
    ObjectSentence::Field,
    &[
        Field::optional("bindings", array(&Obj(&UNSAFE_BINDING)), Property),
        Field::optional("metadata", Map(MapSentence::Any), Property),
        Field::optional("capnp", Map(MapSentence::Any), Property),
    ],
));

const UNSAFE_BINDING: Object = Object::new(
    ObjectSentence::Words("Expected {P} to be an object but got {V}."),
    &[Field::required("name", Str, Bare), Field::required("type", Str, Bare)],
)
.open();
