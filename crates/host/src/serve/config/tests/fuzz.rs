//! Whatever a file contains, reading it ends, and an error has a place.

use proptest::prelude::*;

use super::{USING, folder, lines, options};
use crate::serve::config::load;

/// Pieces of which configurations are made, so that more than the first word is reached.
const PIECES: &[&str] = &[
    "using ",
    "const ",
    "import ",
    "embed ",
    "c ",
    "d ",
    "Workerd",
    "Workerd.Config",
    "Workerd.Service",
    "List(Text)",
    "=",
    ":",
    ";",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"x\"",
    "\"",
    "`",
    "\n",
    "#",
    "0x\"41\"",
    "-",
    "1",
    "1.5",
    "services",
    "name",
    "worker",
    "disk",
    "bindings",
    "void",
    "true",
    ".c",
    ".d",
    "\"c\"",
    "\"/workerd/workerd.capnp\"",
    "$",
    "@",
    "struct ",
    "\\",
    "é",
    "\0",
];

fn read(text: &[u8]) {
    let folder = folder(&[]);
    std::fs::write(folder.path().join("c"), text).unwrap();
    if let Err(failed) = load(&options(&folder, "c")) {
        assert!(!failed.diagnostics.is_empty());
        for line in lines(&failed).lines().filter(|line| !line.starts_with("  ")) {
            assert!(line.starts_with("c:"), "{line}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn arbitrary_pieces(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        read(format!("{USING}{}", pieces.concat()).as_bytes());
    }

    #[test]
    fn arbitrary_values(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        read(format!("{USING}const c :Workerd.Config = ({});", pieces.concat()).as_bytes());
    }

    #[test]
    fn a_usual_file_with_an_edit(at in 0usize..400, cut in 0usize..20, piece in proptest::sample::select(PIECES)) {
        let usual = format!("{USING}const c :Workerd.Config = (services = [(name = \"a\", worker = .w), .s],\n v8Flags = [\"--x\"]);\n\
            const w :Workerd.Worker = (modules = [(name = \"m\", esModule = `x\n)], bindings = [(name = \"b\", service = (name = \"s\", props = (json = \"1\")))]);\n\
            const s :Workerd.Service = (name = \"s\", disk = (path = \"/\", writable = true));");
        let at = usual.floor_char_boundary(at.min(usual.len()));
        let end = usual.floor_char_boundary((at + cut).min(usual.len()));
        read(format!("{}{piece}{}", &usual[..at], &usual[end..]).as_bytes());
    }
}
