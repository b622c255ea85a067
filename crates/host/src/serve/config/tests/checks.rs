//! What is said about configurations that are well formed and make no sense, in workerd's words.

use expect_test::{Expect, expect};

use super::{USING, folder, lines, options};
use crate::serve::config::{Options, load, one_line};

/// The rest of a Worker whose code and date are fine.
const FINE: &str = "modules = [(name = \"m\", esModule = \"\")], compatibilityDate = \"2024-01-01\"";

fn run(services: &str, change: impl FnOnce(&mut Options)) -> String {
    let text = format!("{USING}\nconst c :Workerd.Config = (services = [\n{}\n]);", services.replace("FINE", FINE));
    let folder = folder(&[("c", &text)]);
    let mut options = options(&folder, "c");
    change(&mut options);
    match load(&options) {
        Ok(loaded) => loaded.warnings.iter().map(one_line).collect::<Vec<_>>().join("\n"),
        Err(failed) => lines(&failed),
    }
}

fn check(services: &str, expected: &Expect) {
    expected.assert_eq(&run(services, |_| {}));
}

fn experimental(services: &str, expected: &Expect) {
    expected.assert_eq(&run(services, |options| options.experimental = true));
}

#[test]
fn services() {
    check(
        "(name = \"a\", worker = (FINE)),\n(name = \"a\", network = ()),\n(name = \"b\"),\n\
         (name = \"n\", network = (allow = [\"public\", \"10.0.0.0/8\", \"::/0\", \"foo\"], deny = [\"10.0.0.0\"])),\n\
         (name = \"e\", external = ()), (name = \"d\", disk = ()), (name = \"d2\", disk = \"nope\")",
        &expect![[r#"
            c:4:9-12: Config defines multiple services named "a".
            c:5:1-13: Service named "b" does not specify what to serve.
            c:6:66-71: Network "n": invalid CIDR; pattern = foo
              help: A block of addresses like "10.0.0.0/8", or one of public, private, local, network, unix, unix-abstract.
            c:6:82-92: Network "n": invalid CIDR; pattern = 10.0.0.0
              help: A block of addresses like "10.0.0.0/8", or one of public, private, local, network, unix, unix-abstract.
            c:7:1-28: External service "e" has no address in the config, so must be specified on the command line with `--external-addr`.
            c:7:30-53: Directory "d" has no path in the config, so must be specified on the command line with `--directory-path`.
            c:7:76-82: Directory named "d2" not found: nope"#]],
    );
}

#[test]
fn dates() {
    let worker = |date: &str| format!("(name = \"a\", worker = (modules = [(name = \"m\", esModule = \"\")]{date}))");
    check(&worker(""), &expect!["c:3:23-64: service a: Worker must specify compatibilityDate."]);
    check(
        &worker(", compatibilityDate = \"2024-13-01\""),
        &expect!["c:3:85-97: service a: Invalid compatibility date: 2024-13-01"],
    );
    let given = |services: &str, date: &str| run(services, |options| options.compat_date = Some(date.to_string()));
    assert_eq!(given(&worker(""), "2999-12-31"), "");
    expect!["c:3:23-64: service a: Invalid compatibility date: 1999-01-01"]
        .assert_eq(&given(&worker(""), "1999-01-01"));
    expect!["c:3:85-97: service a: Worker specifies compatibilityDate but --compat-date was provided. When using --compat-date, workers must not specify compatibilityDate in the config. Use compatibilityFlags to enable/disable specific flags if needed."].assert_eq(&given(&worker(", compatibilityDate = \"2024-01-01\""), "2024-01-01"));
    let future = run(&worker(", compatibilityDate = \"2998-01-01\""), |_| {});
    assert!(future.contains("service a: This Worker requires compatibility date \"2998-01-01\", but the newest date supported by this server binary is \"20"), "{future}");
}

#[test]
fn flags() {
    check(
        "(name = \"a\", worker = (FINE, compatibilityFlags = [\"foo\", \"foo\", \"nodejs_compt\",\n\
         \"nodejs_compat\", \"no_nodejs_compat\", \"unsafe_module\", \"python_workers\", \"url_standard\"]))",
        &expect![[r#"
            c:3:121-126: service a: No such compatibility flag: foo
            c:3:128-133: service a: Compatibility flag specified multiple times: foo
            c:3:135-149: service a: No such compatibility flag: nodejs_compt
              help: Did you mean "nodejs_compat"?
            c:4:18-36: service a: Compatibility flags are mutually contradictory: nodejs_compat vs no_nodejs_compat
            c:4:38-53: service a: The compatibility flag unsafe_module is experimental and may break or be removed in a future version of workerd. To use this flag, you must pass --experimental on the command line.
            c:4:55-71: service a: The compatibility flag python_workers cannot be used in lopata: Workers in Python are not supported.
            c:4:73-87: warning: service a: The compatibility flag url_standard became the default as of 2022-10-31 so does not need to be specified anymore."#]],
    );
    let two = "(name = \"a\", worker = (FINE, compatibilityFlags = [\"unsafe_module\", \"url_standard\"]))";
    experimental(
        two,
        &expect![
            "c:3:138-152: warning: service a: The compatibility flag url_standard became the default as of 2022-10-31 so does not need to be specified anymore."
        ],
    );
    let undated = two.replace("FINE", "modules = [(name = \"m\", esModule = \"\")]");
    let given = run(&undated, |options| {
        options.compat_date = Some("2025-01-01".to_string());
        options.experimental = true;
    });
    assert_eq!(given, "", "the date of a command line is nobody's fault");
}

#[test]
fn code() {
    check(
        "(name = \"a\", worker = (compatibilityDate = \"2024-01-01\")),\n\
         (name = \"b\", worker = (inherit = \"a\")),\n\
         (name = \"c\", worker = (compatibilityDate = \"2024-01-01\", modules = [(name = \"m\", text = \"\"),\n\
         (name = \"m\", json = \"1\"), (name = \"p\", pythonModule = \"\"), (name = \"o\", obsolete = \"\")]))",
        &expect![[r#"
            c:3:23-57: service a: Modules list cannot be empty.
            c:4:34-37: service b: Inheriting from another Worker is not supported.
            c:6:1-25: service c: The Worker has multiple modules named "m".
            c:6:27-58: service c: The module "p" is written in Python, which lopata does not run.
            c:6:60-87: service c: The module "o" is of the obsolete kind "obsolete".
            c:5:69-92: service c: Uncaught TypeError: Main module must be an ES module."#]],
    );
}

#[test]
fn designators() {
    check(
        "(name = \"net\", network = ()),\n\
         (name = \"a\", worker = (FINE, globalOutbound = \"x\", cacheApiOutbound = \"naet\", tails = [\"x\"],\n\
         bindings = [(name = \"b\", service = \"x\"), (name = \"c\", service = (name = \"net\", entrypoint = \"e\")),\n\
         (name = \"d\", kvNamespace = \"x\"), (name = \"i\", service = \"internet\"),\n\
         (name = \"w\", wrapped = (moduleName = \"m\", innerBindings = [(name = \"q\", queue = \"x\"), (name = \"r\")]))]))",
        &expect![[r#"
            c:4:116-119: Worker "a"'s globalOutbound refers to a service "x", but no such service is defined.
            c:4:140-146: Worker "a"'s cacheApiOutbound refers to a service "naet", but no such service is defined.
              help: Did you mean "net"?
            c:4:157-160: Worker "a"'s tails refers to a service "x", but no such service is defined.
            c:5:36-39: Worker "a"'s binding "b" refers to a service "x", but no such service is defined.
            c:5:93-96: Worker "a"'s binding "c" refers to service "net" with a named entrypoint "e", but "net" is not a Worker, so does not have any named entrypoints.
            c:6:28-31: Worker "a"'s binding "d" refers to a service "x", but no such service is defined.
            c:7:81-84: Worker "a"'s binding "q" refers to a service "x", but no such service is defined.
            c:7:87-99: service a: Worker "a"'s binding "r" does not specify any binding value."#]],
    );
}

#[test]
fn bindings() {
    let worker = "(name = \"a\", worker = (FINE, bindings = [\n\
         (name = \"b\"), (name = \"c\", json = \"{\"), (name = \"d\", wasmModule = \"\"),\n\
         (name = \"e\", unsafeEval = void), (name = \"f\", analyticsEngine = \"a\"), (name = \"g\", workerLoader = (id = \"x\")),\n\
         (name = \"h\", workerdDebugPort = void), (name = \"i\", memoryCache = (id = \"x\")),\n\
         (name = \"j\", durableObjectClass = \"a\"), (name = \"k\", parameter = (type = (text = void))),\n\
         (name = \"l\", cryptoKey = (hex = \"x\")), (name = \"m\", cryptoKey = (base64 = \"%\")),\n\
         (name = \"n\", cryptoKey = (pkcs8 = \"x\")), (name = \"o\", cryptoKey = (hex = \"4a4B\", algorithm = (name = \"HMAC\")))]))";
    check(
        worker,
        &expect![[r#"
        c:4:1-13: service a: Worker "a"'s binding "b" does not specify any binding value.
        c:4:15-39: service a: Worker "a"'s binding "c" is not valid JSON: EOF while parsing an object at line 1 column 1
        c:4:41-70: service a: Worker "a"'s binding "d" is a Wasm binding, but Wasm bindings are not allowed in modules-based scripts. Use Wasm modules instead.
        c:5:1-32: service a: Unsafe eval is an experimental feature. You must run workerd with `--experimental` to use this feature.
        c:5:34-69: service a: AnalyticsEngine bindings are an experimental feature which may change or go away in the future.You must run workerd with `--experimental` to use this feature.
        c:5:71-110: service a: Worker loader bindings are an experimental feature which may change or go away in the future. You must run workerd with `--experimental` to use this feature.
        c:6:1-38: service a: workerdDebugPort bindings are an experimental feature which may change or go away in the future. You must run workerd with `--experimental` to use this feature.
        c:6:40-78: service a: MemoryCache bindings are an experimental feature which may change or go away in the future. You must run workerd with `--experimental` to use this feature.
        c:7:1-39: service a: Durable Object class bindings are an experimental feature which may change or go away in the future. You must run workerd with `--experimental` to use this feature.
        c:7:41-89: service a: Worker "a"'s binding "k" is a parameter, which only a Worker that inherits this one could give. Inheriting is not supported.
        c:8:1-38: service a: CryptoKey binding "l" contained invalid hex.
        c:8:40-80: service a: CryptoKey binding "m" contained invalid base64.
        c:9:1-40: service a: CryptoKey binding "n" contained invalid PEM format."#]],
    );
    experimental(
        worker,
        &expect![[r#"
        c:4:1-13: service a: Worker "a"'s binding "b" does not specify any binding value.
        c:4:15-39: service a: Worker "a"'s binding "c" is not valid JSON: EOF while parsing an object at line 1 column 1
        c:4:41-70: service a: Worker "a"'s binding "d" is a Wasm binding, but Wasm bindings are not allowed in modules-based scripts. Use Wasm modules instead.
        c:6:40-78: service a: MemoryCache bindings must specify limits. Please update the binding in the worker configuration and try again.
        c:7:41-89: service a: Worker "a"'s binding "k" is a parameter, which only a Worker that inherits this one could give. Inheriting is not supported.
        c:8:1-38: service a: CryptoKey binding "l" contained invalid hex.
        c:8:40-80: service a: CryptoKey binding "m" contained invalid base64.
        c:9:1-40: service a: CryptoKey binding "n" contained invalid PEM format."#]],
    );
}

#[test]
fn durable_objects() {
    check(
        "(name = \"net\", network = ()), (name = \"ro\", disk = (path = \".\")), (name = \"rw\", disk = (path = \".\", writable = true)),\n\
         (name = \"a\", worker = (FINE, durableObjectNamespaces = [(className = \"A\", uniqueKey = \"k\")])),\n\
         (name = \"b\", worker = (FINE, durableObjectNamespaces = [(className = \"A\", ephemeralLocal = void)])),\n\
         (name = \"c\", worker = (FINE, durableObjectStorage = (localDisk = \"net\"))),\n\
         (name = \"d\", worker = (FINE, durableObjectStorage = (localDisk = \"ro\"))),\n\
         (name = \"e\", worker = (FINE, durableObjectStorage = (localDisk = \"x\"))),\n\
         (name = \"f\", worker = (FINE, durableObjectStorage = (localDisk = \"rw\"), bindings = [\n\
         (name = \"x\", durableObjectNamespace = \"X\"), (name = \"y\", durableObjectNamespace = (className = \"A\", serviceName = \"a\")),\n\
         (name = \"z\", durableObjectNamespace = (className = \"Z\", serviceName = \"a\"))]))",
        &expect![[r#"
            c:4:126-160: Worker service "a" implements durable object classes but has `durableObjectStorage` set to `none`.
            c:5:126-166: Ephemeral objects (Durable Object namespaces with type 'ephemeralLocal') are an experimental feature which may change or go away in the future. You must run workerd with `--experimental` to use this feature.
            c:6:135-140: service c: durableObjectStorage config refers to the service "net", but that service is not a local disk service.
            c:7:135-139: service d: durableObjectStorage config refers to the disk service "ro", but that service is defined read-only.
            c:8:135-138: service e: durableObjectStorage config refers to a service "x", but no such service is defined.
            c:10:1-43: service f: Worker "f"'s binding "x" refers to a Durable Object namespace named "X", but no such Durable Object namespace is defined by this Worker.
            c:11:1-76: service f: Worker "f"'s binding "z" refers to a Durable Object namespace named "Z" in service "a", but no such Durable Object namespace is defined by that service."#]],
    );
}

#[test]
fn overrides() {
    let services = "(name = \"d\", disk = ()), (name = \"e\", external = ())";
    let fine = run(services, |options| {
        options.directories = vec![("d".to_string(), ".".to_string()), ("TEST_TMPDIR".to_string(), "/tmp".to_string())];
        options.externals = vec![("e".to_string(), "localhost:1".to_string())];
    });
    assert_eq!(fine, "");
    expect![[r#"
        c:2:27: Config did not define any disk service named "e" to match the override provided on the command line.
        c:2:27: Config did not define any external service named "x" to match the override provided on the command line.
        c:3:9-12: Directory named "d" not found: nope
        c:3:26-53: External service "e" has no address in the config, so must be specified on the command line with `--external-addr`."#]].assert_eq(&run(services, |options| {
        options.directories = vec![("e".to_string(), ".".to_string()), ("d".to_string(), "nope".to_string())];
        options.externals = vec![("x".to_string(), "localhost:1".to_string())];
    }));
}
