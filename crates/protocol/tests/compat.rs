//! Ties `docs/compatibility.md` to the table of flags: the page is made from it. `UPDATE_DOCS=1` writes the page.

use std::fmt::Write;
use std::path::Path;

use lopata_protocol::compat::{Default, FLAGS, Flag, Status};

const HEAD: &str = "# Compatibility

A Worker's `compatibility_date` and `compatibility_flags` are resolved as in production: a flag that is named counts,
then what the date makes the default, then what other flags imply. `Cloudflare.compatibilityFlags` has the result.

lopata implements the newest behaviour first. Flags that **switch** something do so here, too; for the others the table
says what is there instead. A name that does not exist, one that stands there twice, a flag together with its opposite
and a date in the future are errors; experimental flags, which production does not deploy, are warnings.

This page is made from `crates/protocol/src/compat/table.rs`, and a test keeps the two equal: `UPDATE_DOCS=1 cargo test
-p lopata-protocol --test compat`.
";

#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let wanted = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("the page is writable");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(wanted.lines()).find(|(is, should)| is != should);
    assert!(
        page == wanted,
        "docs/compatibility.md is not what the table says; UPDATE_DOCS=1 writes it. First difference: {differs:?}"
    );
}

fn page() -> String {
    let mut text = HEAD.to_string();
    let is = |wanted: fn(&Status) -> bool| FLAGS.iter().filter(move |flag| wanted(&flag.status)).collect::<Vec<_>>();
    let sections: [(&str, &str, Vec<&Flag>); 4] = [
        ("Switches", "what it does", is(|status| matches!(status, Status::Switch(_)))),
        ("Newest behaviour only", "in lopata", is(|status| matches!(status, Status::NewestOnly(_)))),
        ("Without effect", "why", is(|status| matches!(status, Status::Inert(_)))),
        ("Refused", "why", is(|status| matches!(status, Status::Rejected(_)))),
    ];
    for (title, column, flags) in sections {
        write!(text, "\n## {title}\n\n| flag | opposite | default | {column} |\n|---|---|---|---|\n")
            .expect("a string");
        for flag in flags {
            row(&mut text, flag);
        }
    }
    text
}

fn row(text: &mut String, flag: &Flag) {
    let disable = flag.disable.map(|name| format!("`{name}`")).unwrap_or_default();
    let mut default = match flag.default {
        Default::Never => String::new(),
        Default::Since(date) => date.to_string(),
        Default::Always => "always".to_string(),
    };
    if let Some(implied) = flag.implied {
        let names: Vec<_> = implied.by.iter().map(|name| format!("`{name}`")).collect();
        let comma = if default.is_empty() { "" } else { ", " };
        write!(default, "{comma}with {} since {}", names.join(" or "), implied.since).expect("a string");
    }
    if flag.experimental {
        default.push_str(if default.is_empty() { "experimental" } else { ", experimental" });
    }
    let (Status::Switch(sentence)
    | Status::NewestOnly(sentence)
    | Status::Inert(sentence)
    | Status::Rejected(sentence)) = flag.status;
    writeln!(text, "| `{}` | {disable} | {default} | {sentence} |", flag.enable).expect("a string");
}
