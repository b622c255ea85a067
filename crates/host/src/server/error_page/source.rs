//! Reads the lines around a place in the user's source, and nothing else of the machine.
//!
//! The place comes from a stack or a diagnostic, so its file may be anything a worker cared to write there. Shown are
//! only regular source files, by their extension, that really (after symbolic links) lie below one of the worker's
//! folders.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Lines shown before and after the place.
const LINES_AROUND: u32 = 6;
/// Bytes of a file that are looked at; a place beyond is not shown.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Characters of a line that are shown; bundled code has lines of a megabyte.
const LINE_CHARS_MAX: usize = 240;

const EXTENSIONS: &[&str] =
    &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "vue", "svelte", "astro", "html", "css", "jsonc", "toml"];

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Everything before the shown lines, for a highlighter that must know whether it starts inside a comment.
    pub(super) before: String,
    /// The number of the first shown line.
    pub(super) first: u32,
    /// The shown lines.
    pub(super) lines: Vec<String>,
}

/// The lines around `line` of `file`; `None` when they may not or cannot be shown.
pub(super) fn excerpt(file: &Path, line: u32, roots: &[PathBuf]) -> Option<Excerpt> {
    let extension = file.extension()?.to_str()?;
    if line == 0 || !EXTENSIONS.contains(&extension) {
        return None;
    }
    let real = fs::canonicalize(file).ok()?;
    if real.extension() != file.extension() || !is_below(&real, roots) || !real.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(real).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    cut(&String::from_utf8_lossy(&bytes), line)
}

fn is_below(real: &Path, roots: &[PathBuf]) -> bool {
    let inside = roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .find_map(|root| real.strip_prefix(root).ok().map(Path::to_owned));
    // Dot files and dot folders hold settings and secrets, not code.
    inside.is_some_and(|path| !path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.')))
}

fn cut(text: &str, line: u32) -> Option<Excerpt> {
    let first = line.saturating_sub(LINES_AROUND).max(1);
    let mut before = String::new();
    let mut lines = Vec::new();
    for (number, content) in (1u32..).zip(text.lines()) {
        if number < first {
            before.push_str(content);
            before.push('\n');
        } else if number <= line + LINES_AROUND {
            lines.push(shorten(content));
        } else {
            break;
        }
    }
    let reached = first + lines.len() as u32 > line;
    reached.then_some(Excerpt { before, first, lines })
}

fn shorten(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// `file` as it is shown: relative to the first root that contains it.
pub(super) fn display(file: &Path, roots: &[PathBuf]) -> String {
    let relative = roots.iter().find_map(|root| file.strip_prefix(root).ok());
    relative.unwrap_or(file).display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_around_the_place() {
        let text: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let excerpt = cut(&text, 10).unwrap();
        assert_eq!((excerpt.first, excerpt.lines.len()), (4, 13));
        assert_eq!(excerpt.before, "line 1\nline 2\nline 3\n");
        assert_eq!(cut(&text, 1).unwrap().lines.len(), 7);
        assert_eq!(cut(&text, 20).unwrap().lines.last().unwrap(), "line 20");
        assert_eq!(cut(&text, 21), None);
        assert_eq!(cut(&"é".repeat(1000), 1).unwrap().lines[0].chars().count(), LINE_CHARS_MAX + 1);
    }

    #[test]
    fn only_source_files_of_the_project_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        fs::create_dir_all(root.join("src/.hidden")).unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            fs::write(&path, "one\n").unwrap();
            path
        };
        let own = write("project/src/index.ts");
        let hidden = write("project/src/.hidden/x.ts");
        let vars = write("project/.dev.vars");
        let outside = write("outside.ts");
        let roots = [root.clone()];
        assert!(excerpt(&own, 1, &roots).is_some());
        assert!(excerpt(&root.join("src/../src/index.ts"), 1, &roots).is_some());
        for path in [&hidden, &vars, &outside, &root.join("../outside.ts"), &root, &root.join("src/none.ts")] {
            assert_eq!(excerpt(path, 1, &roots), None, "{}", path.display());
        }
        assert_eq!(excerpt(&own, 1, &[]), None);
        #[cfg(unix)]
        {
            let link = root.join("src/link.ts");
            std::os::unix::fs::symlink(&outside, &link).unwrap();
            assert_eq!(excerpt(&link, 1, &roots), None, "a link out of the project");
        }
        assert_eq!(display(&own, &roots), "src/index.ts");
        assert_eq!(display(&outside, &roots), outside.display().to_string());
    }
}
