//! Environments: selection, inheritance, warnings.

use expect_test::{Expect, expect};

use super::{Dir, check_with, report};

fn env(text: &str, name: &str, expected: &Expect) {
    check_with("wrangler.jsonc", text, |options| options.env = Some(name.to_string()), expected);
}

const HEAD: &str = "\"main\": \"src/index.ts\", \"compatibility_date\": \"2026-01-01\", \"name\": \"w\"";

#[test]
fn unknown_environments_are_named() {
    env(
        &format!("{{ {HEAD},\n  \"env\": {{ \"staging\": {{}}, \"prod\": {{}} }} }}"),
        "stagin",
        &expect![[r#"
        error: No environment found in configuration with name "stagin".
          Before using `--env=stagin` there should be an equivalent environment section in the configuration.
          The available configured environment names are: ["staging","prod"]
          --> wrangler.jsonc:2:3
          help: Did you mean `--env=staging`?
    "#]],
    );
    env(
        &format!("{{ {HEAD}, \"env\": {{}} }}"),
        "x",
        &expect![[r#"
        error: No environment found in configuration with name "x".
          Before using `--env=x` there should be an equivalent environment section in the configuration.
          The available configured environment names are: []
          --> wrangler.jsonc:1:76
          help: Consider adding an environment configuration section to the file.
    "#]],
    );
    env(
        &format!("{{ {HEAD} }}"),
        "x",
        &expect![[r#"
        ok
        warning: No environment found in configuration with name "x".
          Before using `--env=x` there should be an equivalent environment section in the configuration.
          --> wrangler.jsonc:1:1
          help: Consider adding an environment configuration section to the file.
    "#]],
    );
    env(
        &format!("{{ {HEAD},\n \"env\": {{ \"x\": 1 }} }}"),
        "x",
        &expect![[r#"
        error: The field "env.x" should be an object but got 1.
          --> wrangler.jsonc:2:16
    "#]],
    );
}

#[test]
fn what_is_not_inherited_is_said() {
    let text = format!(
        r#"{{ {HEAD},
  "vars": {{ "A": 1, "B": 2 }},
  "define": {{ "D": "1" }},
  "kv_namespaces": [{{ "binding": "K" }}, {{ "binding": "L" }}],
  "durable_objects": {{ "bindings": [{{ "name": "O", "class_name": "O" }}] }},
  "ai": {{ "binding": "AI" }},
  "routes": [{{ "pattern": "a.test", "custom_domain": true }}],
  "env": {{
    "staging": {{
      "vars": {{ "A": 3 }},
      "define": {{ "E": "1" }},
      "kv_namespaces": [{{ "binding": "L" }}],
      "durable_objects": {{ "bindings": [] }}
    }}
  }}
}}"#
    );
    env(
        &text,
        "staging",
        &expect![[r#"
        ok
        warning: The following define entries exist at the top level, but not on "env.staging.define".
          This is probably not what you want, since "define" configuration is not inherited by environments.
          Please add these entries to "env.staging.define":
          - D
          --> wrangler.jsonc:11:7
        warning: "E" exists on "env.staging", but not on the top level.
          This is not what you probably want, since "define" configuration within environments can only override existing top level "define" configuration
          Please remove "env.staging.define.E", or add "define.E".
          --> wrangler.jsonc:11:7
        warning: The following bindings are at the top level, but not on "env.staging".
          This is not what you probably want, since "durable_objects" configuration is not inherited by environments.
          Please add a binding for each to "env.staging.durable_objects.bindings":
          - O
          --> wrangler.jsonc:13:7
        warning: There is a kv_namespaces binding with name "K" at the top level, but not on "env.staging".
          This is not what you probably want, since "kv_namespaces" configuration is not inherited by environments.
          Please add a binding for "K" to "env.staging.kv_namespaces.bindings".
          --> wrangler.jsonc:12:7
        warning: "ai" exists at the top level, but not on "env.staging".
          This is not what you probably want, since "ai" is not inherited by environments.
          Please add "ai" to "env.staging".
          --> wrangler.jsonc:9:5
        warning: The following vars exist at the top level, but not on "env.staging.vars".
          This is probably not what you want, since "vars" configuration is not inherited by environments.
          Please add these vars to "env.staging.vars":
          - B
          --> wrangler.jsonc:10:7
        warning: The "env.staging" environment inherits the top-level `routes` configuration, which includes the custom domain(s): a.test. Deploying this environment will reassign these custom domains away from the top-level Worker. Add `"routes": []` to "env.staging" to prevent inheritance, or copy the route configuration from the top level to hide this warning.
          --> wrangler.jsonc:9:5
    "#]],
    );
}

#[test]
fn an_environment_is_checked_like_the_top_level() {
    let text = format!(
        "{{ {HEAD},\n  \"env\": {{ \"x\": {{\n    \"dev\": {{}},\n    \"mian\": \"\",\n    \"name\": 1,\n    \"kv_namespaces\": [{{}}],\n    \"rules\": 1,\n    \"vars\": 1\n  }}, \"other\": {{ \"name\": 1 }} }} }}"
    );
    env(
        &text,
        "x",
        &expect![[r#"
        warning: Unexpected fields found in env.x field: "dev"
          --> wrangler.jsonc:3:5
          help: "dev" can only be set at the top level.
        warning: Unexpected fields found in env.x field: "mian"
          --> wrangler.jsonc:4:5
          help: Did you mean "main"?
        error: Expected "name" to be of type string, alphanumeric and lowercase with dashes only but got 1.
          --> wrangler.jsonc:5:13
          help: Put it in quotes: "1".
        error: "env.x.kv_namespaces[0]" bindings should have a string "binding" field but got {}.
          --> wrangler.jsonc:6:23
          help: Add "binding": ….
        error: The field "env.x.rules" should be an array but got 1.
          --> wrangler.jsonc:7:14
        error: The field "env.x.vars" should be an object but got 1.
          --> wrangler.jsonc:8:13
    "#]],
    );
}

#[test]
fn inheritance() {
    let text = format!(
        r#"{{ {HEAD}, "minify": true, "no_bundle": true, "compatibility_flags": ["rpc"],
        "vars": {{ "A": 1 }}, "kv_namespaces": [{{ "binding": "K" }}],
        "dev": {{ "port": 1 }}, "alias": {{ "x": "y" }}, "triggers": {{ "crons": ["* * * * *"] }},
        "env": {{ "e": {{ "minify": false, "compatibility_flags": ["no_rpc"], "vars": {{}}, "kv_namespaces": [] }},
                 "named": {{ "name": "own", "compatibility_date": "2025-05-05" }} }} }}"#
    );
    let dir = Dir::new(&[("wrangler.json", text.as_bytes())]);
    let show = |name: Option<&str>, variable: Option<&str>| {
        let loaded = dir
            .load(|options| {
                options.env = name.map(str::to_string);
                options.process_env =
                    variable.into_iter().map(|v| ("CLOUDFLARE_ENV".to_string(), v.to_string())).collect();
            })
            .unwrap();
        let config = loaded.config;
        format!(
            "{} {:?} minify={} no_bundle={} {} {:?} vars={} kv={} port={:?} alias={} crons={}\n",
            config.name,
            config.env,
            config.minify,
            config.no_bundle,
            config.compatibility_date,
            config.compatibility_flags,
            config.vars.len(),
            config.kv_namespaces.len(),
            config.dev.port,
            config.alias.len(),
            config.crons.len()
        )
    };
    let mut text = String::new();
    text += &show(None, None);
    text += &show(Some("e"), None);
    text += &show(Some("named"), Some("e"));
    text += &show(None, Some("e"));
    text += &show(Some(""), Some("e"));
    text += &show(None, Some(""));
    expect![[r#"
        w None minify=true no_bundle=true 2026-01-01 ["rpc"] vars=1 kv=1 port=Some(1) alias=1 crons=1
        w-e Some("e") minify=false no_bundle=true 2026-01-01 ["no_rpc"] vars=0 kv=0 port=Some(1) alias=1 crons=1
        own Some("named") minify=true no_bundle=true 2025-05-05 ["rpc"] vars=0 kv=0 port=Some(1) alias=1 crons=1
        w-e Some("e") minify=false no_bundle=true 2026-01-01 ["no_rpc"] vars=0 kv=0 port=Some(1) alias=1 crons=1
        w None minify=true no_bundle=true 2026-01-01 ["rpc"] vars=1 kv=1 port=Some(1) alias=1 crons=1
        w None minify=true no_bundle=true 2026-01-01 ["rpc"] vars=1 kv=1 port=Some(1) alias=1 crons=1
    "#]]
    .assert_eq(&text);
}

#[test]
fn without_environments_the_top_level_is_used_under_the_new_name() {
    let text = format!("{{ {HEAD}, \"vars\": {{ \"A\": 1 }} }}");
    let dir = Dir::new(&[("wrangler.json", text.as_bytes())]);
    let loaded = dir.load(|options| options.env = Some("x".to_string())).unwrap();
    assert_eq!((loaded.config.name.as_str(), loaded.config.vars.len()), ("w-x", 1));
}

#[test]
fn generated_configurations_have_no_environments() {
    let redirect = (".wrangler/deploy/config.json", &br#"{"configPath": "../../dist/wrangler.json"}"#[..]);
    let user = ("wrangler.jsonc", &b"not even json"[..]);
    let load = |text: &str, name: Option<&str>| {
        let dir = Dir::new(&[
            redirect,
            user,
            ("dist/wrangler.json", text.as_bytes()),
            ("dist/index.js", b""),
            (".dev.vars", b"S=1"),
        ]);
        let result = dir.load(|options| options.env = name.map(str::to_string));
        if let Ok(loaded) = &result {
            assert_eq!(loaded.user_path.as_deref(), Some(dir.path().join("wrangler.jsonc").as_path()));
            assert_eq!(loaded.config.main.as_deref(), Some(dir.path().join("dist/index.js").as_path()));
            assert_eq!(loaded.secrets_from, [".dev.vars"]);
        }
        report(&result)
    };
    let head = r#""main": "index.js", "compatibility_date": "2026-01-01", "topLevelName": "w", "configPath": "x""#;
    expect![[r#"
        ok
    "#]]
    .assert_eq(&load(&format!("{{ {head}, \"definedEnvironments\": [\"a\"] }}"), None));
    expect![[r#"
        error: Redirected configurations cannot include environments but the following have been found:
          	- a
          --> dist/wrangler.json:2:2
          help: The tool that generated this configuration generates it wrongly. Report this issue to the tool's author.
    "#]]
    .assert_eq(&load(&format!("{{ {head},\n \"env\": {{ \"a\": {{}} }} }}"), None));
    expect![[r#"
        error: You have specified the environment "b" via the `--env/-e` CLI argument.
          This does not match the target environment "a" that was used when building the application.
          Perhaps you need to re-run the custom build of the project with "b" as the selected environment?
          --> dist/wrangler.json:2:23
    "#]]
    .assert_eq(&load(&format!("{{ {head},\n \"targetEnvironment\": \"a\" }}"), Some("b")));
    expect![[r#"
        ok
    "#]]
    .assert_eq(&load(&format!("{{ {head}, \"targetEnvironment\": \"a\" }}"), Some("a")));
}
