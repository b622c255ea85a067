//! Malformed bindings, rules, routes and other lists, each with the sentence and the position it gets.

use expect_test::expect;

use super::malformed_json::json;

#[test]
fn bindings() {
    json(
        "  \"kv_namespaces\": { \"binding\": \"A\" }",
        &expect![[r#"
        error: The field "kv_namespaces" should be an array but got {"binding":"A"}.
          --> wrangler.jsonc:3:20
          help: Put it in brackets: [{"binding":"A"}].
    "#]],
    );
    json(
        "  \"kv_namespaces\": [\n    \"A\",\n    { \"id\": \"x\" },\n    { \"bindings\": \"A\" },\n    { \"binding\": 1, \"id\": \"\" },\n    { \"binding\": \"B\", \"preview_id\": 7, \"remote\": \"yes\" },\n    { \"binding\": \"C\", \"remote\": true }\n  ]",
        &expect![[r#"
        error: "kv_namespaces" bindings should be objects, but got "A"
          --> wrangler.jsonc:4:5
        error: "kv_namespaces[1]" bindings should have a string "binding" field but got {"id":"x"}.
          --> wrangler.jsonc:5:5
          help: Add "binding": ….
        error: "kv_namespaces[2]" bindings should have a string "binding" field but got {"bindings":"A"}.
          --> wrangler.jsonc:6:5
          help: "bindings" is not a field: did you mean "binding"?
        warning: Unexpected fields found in kv_namespaces[2] field: "bindings"
          --> wrangler.jsonc:6:7
          help: Did you mean "binding"?
        error: "kv_namespaces[3]" bindings should have a string "binding" field but got {"binding":1,"id":""}.
          --> wrangler.jsonc:7:18
          help: Put it in quotes: "1".
        error: "kv_namespaces[3]" bindings should have a string "id" field but got {"binding":1,"id":""}.
          --> wrangler.jsonc:7:27
        error: "kv_namespaces[4]" bindings should, optionally, have a string "preview_id" field but got {"binding":"B","preview_id":7,"remote":"yes"}.
          --> wrangler.jsonc:8:37
          help: Put it in quotes: "7".
        error: "kv_namespaces[4]" should, optionally, have a boolean "remote" field but got {"binding":"B","preview_id":7,"remote":"yes"}.
          --> wrangler.jsonc:8:50
        warning: "kv_namespaces[5]" is simulated locally: "remote" has no effect in lopata.
          --> wrangler.jsonc:9:33
    "#]],
    );
    json(
        "  \"services\": [\n    { \"binding\": \"A\" },\n    { \"binding\": \"B\", \"service\": \"\", \"entrypoint\": 1 },\n    { \"binding\": \"C\", \"service\": \"c\", \"props\": \"x\" },\n    { \"binding\": \"D\", \"service\": \"d\", \"remote\": true, \"entry_point\": \"E\" }\n  ]",
        &expect![[r#"
            error: "services[0]" bindings should have a string "service" field but got {"binding":"A"}.
              --> wrangler.jsonc:4:5
              help: Add "service": ….
            error: "services[1]" bindings should have a string "entrypoint" field but got {"binding":"B","service":"","entrypoint":1}.
              --> wrangler.jsonc:5:52
              help: Put it in quotes: "1".
            error: "services[1]" bindings should have a string "service" field but got {"binding":"B","service":"","entrypoint":1}.
              --> wrangler.jsonc:5:34
              help: It is the name of a worker: its own, or that of one that runs beside it.
            error: The field "services[2].props" should be an object but got "x".
              --> wrangler.jsonc:6:48
            warning: Unexpected fields found in services[3] field: "entry_point"
              --> wrangler.jsonc:7:55
              help: Did you mean "entrypoint"?
            warning: "services[3]" is simulated locally: "remote" has no effect in lopata.
              --> wrangler.jsonc:7:49
        "#]],
    );
    json(
        "  \"tail_consumers\": [{ \"service\": \"t\" }, {}],\n  \"streaming_tail_consumers\": [{ \"service\": \"t\" }]",
        &expect![[r#"
            error: "tail_consumers[1].service" is a required field.
              --> wrangler.jsonc:3:42
              help: Add "service": ….
            warning: "streaming_tail_consumers[0]" has no effect: streaming tail workers are not available in this version of lopata.
              --> wrangler.jsonc:4:32
              help: A worker in "tail_consumers" is told of each event once it is over.
        "#]],
    );
    json(
        "  \"durable_objects\": { \"bindings\": [{ \"name\": \"A\", \"environment\": \"x\" }] }",
        &expect![[r#"
        error: binding should have a string "class_name" field.
          --> wrangler.jsonc:3:37
          help: Add "class_name": ….
        error: binding should have a "script_name" field if "environment" is present.
          --> wrangler.jsonc:3:52
    "#]],
    );
    json(
        "  \"durable_objects\": [{ \"name\": \"A\" }]",
        &expect![[r#"
        error: The field "durable_objects" should be an object but got [{"name":"A"}].
          --> wrangler.jsonc:3:22
    "#]],
    );
    json(
        "  \"r2_buckets\": [{ \"binding\": \"A\", \"bucket_name\": \"A_B\" }, { \"binding\": \"B\", \"bucket_name\": \"\" }]",
        &expect![[r#"
        error: r2_buckets[0].bucket_name="A_B" is invalid. Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 characters long.
          --> wrangler.jsonc:3:51
        error: "r2_buckets[1]" bindings should have a string "bucket_name" field but got {"binding":"B","bucket_name":""}.
          --> wrangler.jsonc:3:93
    "#]],
    );
    json(
        "  \"d1_databases\": [{ \"database_id\": 1 }]",
        &expect![[r#"
        error: "d1_databases[0]" bindings should have a string "binding" field but got {"database_id":1}.
          --> wrangler.jsonc:3:20
          help: Add "binding": ….
        error: "d1_databases[0]" bindings must have a "database_id" field but got {"database_id":1}.
          --> wrangler.jsonc:3:37
          help: Put it in quotes: "1".
    "#]],
    );
    json(
        "  \"queues\": { \"producers\": [{ \"queue\": \"q\" }], \"consumers\": [{ \"queue\": 1, \"type\": \"http\" }], \"x\": 1 }",
        &expect![[r#"
        error: "queues.producers[0]" bindings should have a string "binding" field but got {"queue":"q"}.
          --> wrangler.jsonc:3:29
          help: Add "binding": ….
        error: "queues.consumers[0]" should have a string "queue" field but got {"queue":1,"type":"http"}.
          --> wrangler.jsonc:3:73
          help: Put it in quotes: "1".
        error: "queues.consumers[0].type" has an invalid value "http". Only "worker" consumers can be configured in your Wrangler configuration.
          --> wrangler.jsonc:3:84
        warning: Unexpected fields found in queues field: "x"
          --> wrangler.jsonc:3:95
    "#]],
    );
    json(
        "  \"workflows\": [{ \"binding\": \"W\", \"name\": \"a b\", \"class_name\": \"C\" }]",
        &expect![[r#"
        error: "workflows[0]" binding "name" field is invalid. Workflow names must be 1-64 characters long, start with a letter, number, or underscore, and may only contain letters, numbers, underscores, or hyphens.
          --> wrangler.jsonc:3:43
    "#]],
    );
    json(
        "  \"ai\": { \"binding\": 1 }, \"browser\": [], \"images\": {}",
        &expect![[r#"
        error: binding should have a string "binding" field.
          --> wrangler.jsonc:3:22
          help: Put it in quotes: "1".
        error: The field "browser" should be an object but got [].
          --> wrangler.jsonc:3:38
        error: binding should have a string "binding" field.
          --> wrangler.jsonc:3:52
          help: Add "binding": ….
    "#]],
    );
    json(
        "  \"hyperdrive\": [{ \"binding\": \"H\" }], \"vectorize\": [{ \"binding\": \"V\" }]",
        &expect![[r#"
        error: "hyperdrive[0]" bindings must have a "id" field but got {"binding":"H"}.
          --> wrangler.jsonc:3:18
          help: Add "id": ….
        error: "vectorize[0]" bindings must have an "index_name" field but got {"binding":"V"}.
          --> wrangler.jsonc:3:53
          help: Add "index_name": ….
    "#]],
    );
    json(
        "  \"ratelimits\": [{ \"name\": \"R\", \"namespace_id\": \"1\", \"simple\": { \"limit\": 1, \"period\": 5 } }, {}]",
        &expect![[r#"
        error: "ratelimits[0]" bindings "simple.period" must be either 10 or 60 but got 5.
          --> wrangler.jsonc:3:88
        error: "ratelimits[1]" bindings must have a string "name" field but got {}.
          --> wrangler.jsonc:3:95
          help: Add "name": ….
        error: "ratelimits[1]" bindings must have a string "namespace_id" field but got {}.
          --> wrangler.jsonc:3:95
          help: Add "namespace_id": ….
        error: "ratelimits[1]" bindings must have a "simple" configuration object but got {}.
          --> wrangler.jsonc:3:95
          help: Add "simple": ….
    "#]],
    );
    json(
        "  \"send_email\": [{ \"name\": \"E\", \"destination_address\": \"a\", \"allowed_destination_addresses\": [] }]",
        &expect![[r#"
        error: "send_email[0]" bindings should have either a "destination_address" or "allowed_destination_addresses" field, but not both.
          --> wrangler.jsonc:3:61
    "#]],
    );
    json(
        "  \"unsafe\": { \"bindings\": [{ \"name\": \"U\", \"anything\": 1 }] }",
        &expect![[r#"
        error: binding should have a string "type" field.
          --> wrangler.jsonc:3:28
          help: Add "type": ….
        warning: "unsafe" fields are experimental and may change or break at any time.
          --> wrangler.jsonc:3:3
    "#]],
    );
    json(
        "  \"pipelines\": [{ \"binding\": \"P\" }, { \"binding\": \"O\", \"pipeline\": \"x\" }]",
        &expect![[r#"
        error: "pipelines[0]" bindings must have a string "stream" field but got {"binding":"P"}.
          --> wrangler.jsonc:3:17
        warning: The "pipeline" field in "pipelines[1]" bindings is deprecated. Use "stream" instead.
          --> wrangler.jsonc:3:55
    "#]],
    );
    json(
        "  \"vpc_networks\": [{ \"binding\": \"A\" }, { \"binding\": \"B\", \"tunnel_id\": \"t\", \"network_id\": \"n\" }]",
        &expect![[r#"
        error: "vpc_networks[0]" bindings must have either a "tunnel_id" or "network_id" field but got {"binding":"A"}.
          --> wrangler.jsonc:3:20
        error: "vpc_networks[1]" bindings must have either a "tunnel_id" or "network_id", but not both.
          --> wrangler.jsonc:3:76
    "#]],
    );
}

#[test]
fn names_are_used_once() {
    json(
        "  \"vars\": { \"A\": 1 },\n  \"kv_namespaces\": [{ \"binding\": \"A\" }, { \"binding\": \"B\" }, { \"binding\": \"B\" }],\n  \"r2_buckets\": [{ \"binding\": \"A\" }]",
        &expect![[r#"
        error: A assigned to KV Namespace, R2 Bucket, and Environment Variable bindings.
          --> wrangler.jsonc:5:31
          help: Bindings must have unique names, so that they can all be referenced in the worker.
          Please change your bindings to have unique names.
        error: B assigned to multiple KV Namespace bindings.
          --> wrangler.jsonc:4:74
          help: Bindings must have unique names, so that they can all be referenced in the worker.
          Please change your bindings to have unique names.
    "#]],
    );
    json(
        "  \"secrets\": { \"required\": [\"S\"] }, \"ai\": { \"binding\": \"S\" }",
        &expect![[r#"
        error: S assigned to AI and Secret bindings.
          --> wrangler.jsonc:3:56
          help: Bindings must have unique names, so that they can all be referenced in the worker.
          Please change your bindings to have unique names.
        warning: Missing required secrets: S. Add them to .dev.vars, .env, or set as environment variables.
    "#]],
    );
}

#[test]
fn rules_routes_and_crons() {
    json(
        "  \"rules\": [{ \"type\": \"text\", \"globs\": [\"*.md\"] }, { \"type\": \"Data\", \"globs\": \"x\", \"fallthrough\": 1 }, 3, {}]",
        &expect![[r#"
        error: bindings should have a string "type" field, which contains one of "ESModule", "CommonJS", "CompiledWasm", "Text", or "Data".
          --> wrangler.jsonc:3:23
          help: Did you mean "Text"?
        error: Expected "rules[1].globs" to be an array of strings but got "x"
          --> wrangler.jsonc:3:79
          help: Put it in brackets: ["x"].
        error: the field "fallthrough", when present, should be a boolean.
          --> wrangler.jsonc:3:99
        error: "rules[2]" should be an object but got 3.
          --> wrangler.jsonc:3:104
        error: Expected "rules[3].globs" to be an array of strings but got undefined
          --> wrangler.jsonc:3:107
          help: Add "globs": ….
        error: bindings should have a string "type" field, which contains one of "ESModule", "CommonJS", "CompiledWasm", "Text", or "Data".
          --> wrangler.jsonc:3:107
          help: This is rules[3].type.
    "#]],
    );
    json(
        "  \"route\": 7",
        &expect![[r#"
        error: Expected "route" to be either a string, or an object with shape { pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }, but got 7.
          --> wrangler.jsonc:3:12
          help: A route is a string or an object.
    "#]],
    );
    json(
        "  \"routes\": [\"ok.test/*\", { \"pattern\": \"a.test\" }, { \"pattern\": \"b\", \"zone_id\": \"1\", \"zone_name\": \"2\" }, { \"patern\": \"c\", \"zone_id\": \"1\" }]",
        &expect![[r#"
        error: Expected "routes" to be an array of either strings or objects with the shape { pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }, but these weren't valid: [
            {
              "pattern": "a.test"
            }
          ].
          --> wrangler.jsonc:3:27
          help: A route object needs one of "zone_id", "zone_name" and "custom_domain".
        error: Expected "routes" to be an array of either strings or objects with the shape { pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }, but these weren't valid: [
            {
              "pattern": "b",
              "zone_id": "1",
              "zone_name": "2"
            }
          ].
          --> wrangler.jsonc:3:52
          help: Only one of "zone_id" and "zone_name" can be set.
        error: Expected "routes" to be an array of either strings or objects with the shape { pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }, but these weren't valid: [
            {
              "patern": "c",
              "zone_id": "1"
            }
          ].
          --> wrangler.jsonc:3:106
          help: "patern" is not a field of a route: did you mean "pattern"?
    "#]],
    );
    json(
        "  \"routes\": [\"a.*.test/x\", \"b.test/?q\"]",
        &expect![[r#"
        ok
        warning: Route "a.*.test/x" contains an infix wildcard. This is not allowed.
          --> wrangler.jsonc:3:14
          help: A `*` may stand at the start of the host and at the end of the path.
        warning: Route "b.test/?q" contains a query string. This is not allowed.
          --> wrangler.jsonc:3:28
          help: A `*` may stand at the start of the host and at the end of the path.
    "#]],
    );
    json(
        "  \"routes\": [\"a\"], \"route\": \"b\"",
        &expect![[r#"
        error: Expected exactly one of the following fields ["routes","route"].
          --> wrangler.jsonc:3:3
          help: Move the route into "routes".
    "#]],
    );
    json(
        "  \"triggers\": { \"crons\": [\"* * * *\", \"61 * * * *\", 5, \"*/5 * * * *\"] }",
        &expect![[r#"
        warning: The cron expression "* * * *" will never run: it has 4 fields instead of 5.
          --> wrangler.jsonc:3:27
          help: Five fields: minute, hour, day of month, month, day of week (1 or SUN is Sunday). Production refuses others.
        warning: The cron expression "61 * * * *" will never run: the minute "61" is not valid.
          --> wrangler.jsonc:3:38
          help: Five fields: minute, hour, day of month, month, day of week (1 or SUN is Sunday). Production refuses others.
        error: Expected "triggers.crons.[2]" to be of type string but got 5.
          --> wrangler.jsonc:3:52
          help: Put it in quotes: "5".
    "#]],
    );
    json(
        "  \"triggers\": { \"crons\": \"* * * * *\" }",
        &expect![[r#"
        error: Expected "triggers.crons" to be of type array, but got {"crons":"* * * * *"}.
          --> wrangler.jsonc:3:26
          help: Put it in brackets: ["* * * * *"].
    "#]],
    );
}

#[test]
fn exports_migrations_and_connect() {
    json(
        "  \"exports\": { \"A\": 1, \"B\": { \"type\": \"x\" }, \"C\": { \"type\": \"durable-object\", \"storage\": \"kv\" } }",
        &expect![[r#"
        error: "exports.A" should be an object but got 1.
          --> wrangler.jsonc:3:21
        error: "exports.B.type" must be "durable-object", "worker", or "workflow", but got "x".
          --> wrangler.jsonc:3:39
        error: Expected "exports.C.storage" field to be one of ["sqlite","legacy-kv"] but got "kv".
          --> wrangler.jsonc:3:90
    "#]],
    );
    json(
        "  \"migrations\": {}",
        &expect![[r#"
        error: The optional "migrations" field should be an array, but got {}
          --> wrangler.jsonc:3:17
          help: Put it in brackets: [{}].
    "#]],
    );
    json(
        "  \"migrations\": [{ \"new_classes\": \"A\", \"renamed_classes\": [{ \"from\": \"x\" }] }]",
        &expect![[r#"
        error: "migrations[0].tag" is a required field.
          --> wrangler.jsonc:3:18
          help: Add "tag": ….
        error: Expected "migrations[0].new_classes" to be an array of strings but got "A"
          --> wrangler.jsonc:3:35
          help: Put it in brackets: ["A"].
        error: "migrations[0].renamed_classes[0].to" is a required field.
          --> wrangler.jsonc:3:60
          help: Add "to": ….
    "#]],
    );
    json(
        "  \"connect\": [{ \"port\": 0 }, { \"protocol\": \"tcp\" }]",
        &expect![[r#"
        error: "connect[0]" should have a "protocol" field of "tcp" or "udp" but got {"port":0}.
          --> wrangler.jsonc:3:15
        error: "connect[0]" should have an integer "port" field between 1 and 65535 but got {"port":0}.
          --> wrangler.jsonc:3:25
        error: "connect[1]" should have a number "port" field but got {"protocol":"tcp"}.
          --> wrangler.jsonc:3:30
          help: Add "port": ….
    "#]],
    );
}
