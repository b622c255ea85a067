//! Files that are made to break their reader: each ends in an error with a place.

use super::{USING, folder, lines, loaded, options};
use crate::serve::config::load;

fn error(declarations: &str) -> String {
    let error = loaded(&[("c", &format!("{USING}{declarations}"))]).unwrap_err();
    assert!(error.starts_with("c:1:"), "{error}");
    error
}

#[test]
fn deep_nesting() {
    for (open, close) in [("[", "]"), ("(", ")"), ("(a = ", ")")] {
        let depth = 200_000;
        let text = format!("const c :Workerd.Config = {}1{};", open.repeat(depth), close.repeat(depth));
        assert!(error(&text).contains("nested more than"), "{open}");
        let unclosed = format!("const c :Workerd.Config = {}", open.repeat(depth));
        assert!(error(&unclosed).contains("nested more than"), "{open}");
    }
    let types = format!("const c :{}Text{} = 1;", "List(".repeat(100_000), ")".repeat(100_000));
    assert!(error(&types).contains("nested more than"));
    let path = format!("const c :Workerd.Config = .c{};", ".c".repeat(100_000));
    assert!(error(&path).contains("has no member"));
}

#[test]
fn cycles_and_long_chains() {
    assert!(error("const a :Workerd.Service = .b; const b :Workerd.Service = .a;").contains("depends on itself"));
    let chain = |length: usize, link: fn(usize) -> String| (0..length).map(link).collect::<String>();
    let constants = chain(20_000, |n| format!("const a{n} :Workerd.Service = .a{};", n + 1));
    assert!(error(&constants).contains("nested more than"));
    let usings = chain(20_000, |n| format!("using A{n} = .A{};", n + 1));
    assert!(error(&usings).contains("depend on each other"));
    let folder = folder(&[
        ("c", &format!("{USING}using B = import \"b\"; const c :Workerd.Config = .B.d.e; using d = .B.d;")),
        ("b", "using C = import \"c\"; using d = .C.d;"),
    ]);
    let error = lines(&load(&options(&folder, "c")).unwrap_err());
    assert!(error.contains("depends on itself"), "{error}");
}

/// Each constant uses the next one twice: a short text that says more than fits into memory.
#[test]
fn constants_that_multiply() {
    let mut text = String::from("const b0 :Workerd.Worker.Binding = (name = \"x\", text = \"y\");");
    for n in 1..60 {
        let b = n - 1;
        text.push_str(&format!("const b{n} :Workerd.Worker.Binding = (wrapped = (innerBindings = [.b{b}, .b{b}]));"));
    }
    text.push_str("const c :Workerd.Config = (services = [(worker = (bindings = [.b59]))]);");
    assert!(error(&text).contains("more than 100000 parts"));
}

#[test]
fn large_files() {
    let text =
        format!("{USING}const c :Workerd.Config = (services = [(name = embed \"big\"), (name = embed \"more\")]);");
    let folder = folder(&[("c", &text)]);
    for (name, bytes) in [("big", 1 << 40), ("more", (128 << 20) + 1)] {
        // Sparse: it takes no space.
        std::fs::File::create(folder.path().join(name)).unwrap().set_len(bytes).unwrap();
    }
    let error = lines(&load(&options(&folder, "c")).unwrap_err());
    let too_large = ": it has more than 134217728 bytes";
    assert_eq!(error.matches(too_large).count(), 2, "{error}");
    let error = lines(&load(&options(&folder, "big")).unwrap_err());
    assert_eq!(error, "big: it has more than 16777216 bytes");
}

/// A pipe that nobody writes to would be waited for, a device read for ever.
#[cfg(unix)]
#[test]
fn files_that_are_none() {
    let text =
        format!("{USING}const c :Workerd.Config = (services = [(name = embed \"zero\"), (name = embed \"pipe\")]);");
    let folder = folder(&[("c", &text)]);
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let error = lines(&load(&options(&folder, "c")).unwrap_err());
    assert_eq!(error.matches(": it is not a file").count(), 2, "{error}");
    for other in ["zero", "pipe", "."] {
        let error = lines(&load(&options(&folder, other)).unwrap_err());
        assert_eq!(error, format!("{other}: it is not a file"));
    }
}

#[test]
fn what_is_not_utf8() {
    let folder = folder(&[("c", &format!("{USING}\nconst c :Workerd.Config = (services = [(name = embed \"e\")]);"))]);
    std::fs::write(folder.path().join("e"), b"ok\n\xff").unwrap();
    assert_eq!(
        lines(&load(&options(&folder, "c")).unwrap_err()),
        "c:2:54-57: Couldn't read file for embed: e: it is not UTF-8: byte 3 (line 2) does not belong to a character"
    );
    std::fs::write(
        folder.path().join("bad"),
        [USING.as_bytes(), b"\nconst c :Text = \"\xc3\x28\"; const d :Text = 1;"].concat(),
    )
    .unwrap();
    let error = lines(&load(&options(&folder, "bad")).unwrap_err());
    assert!(error.starts_with("bad:2:18-19: This file cannot be read: it is not UTF-8"), "{error}");
    assert!(error.contains("\nbad:2:39-40: Type mismatch; expected Text."), "{error}");
}
