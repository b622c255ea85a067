//! What is said about mistakes, and where they are said to be.

use expect_test::{Expect, expect};

use super::{USING, folder, lines, loaded, options};
use crate::serve::config::{load, one_line};

/// What is said about a file `c` that has these declarations, each of which starts a line after the first one.
fn check(declarations: &str, expected: &Expect) {
    let failed = loaded(&[
        ("c", &format!("{USING}\n{declarations}")),
        ("other.capnp", "const svc :import \"/workerd/workerd.capnp\".Service = (name = \"svc\", nope = 1);"),
        ("latin1.js", "x"),
    ]);
    expected.assert_eq(&failed.map_or_else(|lines| lines, |loaded| format!("{:?}", loaded.config)));
}

#[test]
fn values_have_to_be_of_their_types() {
    check(
        "const c :Workerd.Config = (services = [(name = \"a\", wroker = 1)], sockets = 5);",
        &expect![[r#"
            c:2:53-59: Struct has no field named 'wroker'.
              help: Did you mean 'worker'?
            c:2:77-78: Type mismatch; expected List(Socket)."#]],
    );
    check(
        "const c :Workerd.Config = (structuredLogging = 1, logging = (structuredLogging = yes),\n\
         services = [(name = 0x\"41\", worker = \"x\"), (name = \"b\", worker = (bindings = [\n\
         (unsafeEval = ()), (memoryCache = (limits = (maxKeys = -1, maxValueSize = 4294967296))),\n\
         (cryptoKey = (usages = [sign, sgin]))]))]);",
        &expect![[r#"
            c:2:48-49: Type mismatch; expected Bool.
            c:2:82-85: Not defined: yes
            c:3:21-27: Type mismatch; expected Text.
            c:3:38-41: Type mismatch; expected Worker.
            c:4:15-17: Type mismatch; expected Void.
            c:4:56-58: Integer value out of range.
            c:4:75-85: Integer value out of range.
            c:5:31-35: Not defined: sgin
              help: Did you mean 'sign'?"#]],
    );
    check("const c :Workerd.Config = 5;", &expect!["c:2:27-28: Type mismatch; expected Config."]);
    check(
        "const c :Workerd.Config = (services = [(\"a\", \"b\")]);",
        &expect![[r#"
            c:2:41-44: Missing field name.
            c:2:46-49: Missing field name."#]],
    );
}

#[test]
fn names_have_to_be_there() {
    check(
        "const svc :Workerd.Service = (name = \"x\"); const n :Text = \"n\";\n\
         const c :Workerd.Config = (services = [svc, .scv, .n, .svc.name, Workerd, .c]);",
        &expect![[r#"
            c:3:40-43: Constant names must be qualified to avoid confusion.  Please replace 'svc' with '.svc', if that's what you intended.
            c:3:46-49: Not defined: scv
              help: Did you mean 'svc'?
            c:3:60-64: '.svc' has no member named 'name'
            c:3:66-73: 'Workerd' does not refer to a constant.
            c:3:7-8: Declaration recursively depends on itself."#]],
    );
    check(
        "const c :Workerd.Confg = ();",
        &expect![[r#"
            c:2:18-23: 'Workerd' has no member named 'Confg'
              help: Did you mean 'Config'?"#]],
    );
    check("const c :Foo.Config = ();", &expect!["c:2:10-13: Not defined: Foo"]);
    check(
        "const a :List(List(Text)) = [];\nconst b :AnyPointer = void;\nconst d :Text(Text) = \"\";",
        &expect![[r#"
            c:2:10-14: 'List(List(Text))' is no type that a configuration has.
            c:3:10-20: 'AnyPointer' is no type that a configuration has.
            c:4:10-14: 'Text' is not a type."#]],
    );
    check(
        "using A = B;\nusing B = A;\nconst c :Workerd.Config = ();\nconst c :Text = \"\";",
        &expect![[r#"
            c:5:7-8: 'c' is already defined in this scope.
            c:2:7-8: Declaration recursively depends on itself."#]],
    );
}

#[test]
fn files_have_to_be_there() {
    check(
        "using X = import \"nope.capnp\";\nusing Y = import \"/rooted.capnp\";\n\
         const c :Workerd.Config = (services = [(name = embed \"nope.txt\"), (name = embed \"/x\"), (name = embed \"..\")]);",
        &expect![[r#"
            c:2:18-30: Import failed: nope.capnp
            c:3:18-33: Import failed: /rooted.capnp
            c:4:54-64: Couldn't read file for embed: nope.txt
            c:4:81-85: Couldn't read file for embed: /x
            c:4:102-106: Couldn't read file for embed: ..: it is not a file"#]],
    );
    check(
        "const c :Workerd.Config = (services = [import \"other.capnp\".svc, embed \"latin1.js\"]);",
        &expect![[r#"
            other.capnp:1:69-73: Struct has no field named 'nope'.
            c:2:66-83: Type mismatch; expected Service."#]],
    );
}

#[test]
fn a_file_goes_on_after_a_slip() {
    check(
        "const a :Text = ;\nconst b :Text = \"x;\nconst d = 1;\nfoo bar;\nstruct Foo { a @0 :Text; }\nconst e :Text = \"x\"\n\
         const c :Workerd.Config = (services = [(name = 'a'), , (name = \"b\" v8Flags = 1), (zz = 1)]);\n\
         const f :Text = 5;",
        &expect![[r#"
            c:2:17-18: Parse error: expected a value.
            c:3:17-20: Parse error: the string has no end in its line.
            c:5:1-4: Parse error: expected `const` or `using`.
            c:6:1-11: A configuration can only have constants: `struct Foo` is not supported.
            c:8:1-6: Parse error: expected `;`.
            c:8:48-49: Parse error: unexpected character '\''.
            c:8:50-51: Parse error: unexpected character '\''.
            c:9:17-18: Type mismatch; expected Text."#]],
    );
    check(
        "const c :Workerd.Config = (services = [(name = 'a'), , (name = \"b\" v8Flags = 1), (zz = 1)]);\nconst f :Text = 5;",
        &expect![[r#"
            c:2:39-55: Parse error: Empty list item.
            c:2:48-49: Parse error: unexpected character '\''.
            c:2:50-51: Parse error: unexpected character '\''.
            c:2:68-75: Parse error: expected `,` or `)`.
            c:2:83-85: Struct has no field named 'zz'.
            c:3:17-18: Type mismatch; expected Text."#]],
    );
    check(
        "const c :Workerd.Config = (services = [(name = \"b\");\nconst f :Text = 5;",
        &expect![[r#"
            c:2:52-53: Parse error: expected `,` or `]`.
            c:3:17-18: Type mismatch; expected Text."#]],
    );
}

#[test]
fn the_configuration_is_chosen() {
    check(
        "const c :Workerd.Worker = ();",
        &expect!["c:1:1: The config file does not define any top-level constants of type 'Config'."],
    );
    let two = "const a :Workerd.Config = ();\nconst b :Workerd.Config = (v8Flags = [\"x\"]);\nconst t :Text = \"\";\nusing U = Text;";
    check(
        two,
        &expect![
            "c:3:7-8: The config file defines multiple top-level constants of type 'Config', so you must specify which one to use. The options are: a, b"
        ],
    );
    let folder = folder(&[("c", &format!("{USING}\n{two}"))]);
    let choose = |name: &str| {
        let options = crate::serve::config::Options { const_name: Some(name.to_string()), ..options(&folder, "c") };
        load(&options).map(|loaded| loaded.config.v8_flags.len()).map_err(|failed| lines(&failed))
    };
    assert_eq!((choose("a"), choose("b")), (Ok(0), Ok(1)));
    assert_eq!(choose("z").unwrap_err(), "c:1:1: No such constant is defined in the config file.");
    assert_eq!(choose("t").unwrap_err(), "c:4:7-8: Constant is not of type 'Config'.");
    assert_eq!(choose("U").unwrap_err(), "c:5:7-8: Symbol is not a constant.");
}

#[test]
fn what_takes_the_place_of_something_is_doubtful() {
    let text = format!(
        "{USING}\nconst c :Workerd.Config = (services = [(name = \"a\", disk = \".\", network = (), name = \"b\")]);"
    );
    let loaded = loaded(&[("c", &text)]).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(one_line).collect();
    expect![[r#"
        c:2:65-72: warning: 'network' takes the place of 'disk': a Service is only one of them.
        c:2:79-83: warning: The field 'name' is given twice; only the last one counts."#]]
    .assert_eq(&warnings.join("\n"));
}
