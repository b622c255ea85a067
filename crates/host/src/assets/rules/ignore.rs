//! `.assetsignore`: which files of the directory are no assets, in the language of `.gitignore`.
//!
//! The files that steer the serving are no assets either, unless the file says `!_headers`. Case does not count, as in
//! production's reader of this file.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::text;

/// What is left out though no line says so.
const ALWAYS: [&str; 3] = ["/.assetsignore", "/_redirects", "/_headers"];

/// The patterns of a `.assetsignore` file, and those that always hold.
#[derive(Debug, Clone)]
pub struct Ignore {
    patterns: Gitignore,
}

impl Ignore {
    /// The patterns of a file; `None` if there is no file. A line that is no pattern matches nothing.
    pub fn parse(input: Option<&str>) -> Self {
        let mut builder = GitignoreBuilder::new("");
        // It builds a set of options and cannot fail for this one.
        let _ = builder.case_insensitive(true);
        builder.allow_unclosed_class(false);
        for line in ALWAYS {
            let _ = builder.add_line(None, line);
        }
        for line in input.unwrap_or_default().split('\n') {
            let line = line.strip_prefix('\u{feff}').unwrap_or(line);
            let _ = builder.add_line(None, line.trim_end_matches(|c| c == '\r' || (c != ' ' && text::is_space(c))));
        }
        let patterns = builder.build().unwrap_or_else(|_| Gitignore::empty());
        Self { patterns }
    }

    /// Whether a file is left out. `path` is relative to the directory, with `/` between its parts. What a pattern
    /// says of a folder holds for all that is in it.
    pub fn is_ignored(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]).filter(|folder| !folder.is_empty());
        for folder in folders {
            if self.patterns.matched(folder, true).is_ignore() {
                return true;
            }
        }
        self.patterns.matched(path, false).is_ignore()
    }
}

impl Default for Ignore {
    fn default() -> Self {
        Self::parse(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_files_that_steer_are_no_assets() {
        let ignore = Ignore::default();
        for path in [".assetsignore", "_headers", "_redirects"] {
            assert!(ignore.is_ignored(path), "{path}");
        }
        for path in ["a/_headers", "_worker.js", "node_modules/x.js", ".hidden", "index.html"] {
            assert!(!ignore.is_ignored(path), "{path}");
        }
    }

    #[test]
    fn patterns_are_those_of_git() {
        let ignore = Ignore::parse(Some(
            "\u{feff}# comment\r\n*.TXT\r\n!a.txt\nlogs/\n!logs/keep.log\nnode_modules\nUPPER\n/*.md\n!d.md\n\\#h.js\n\
             wei[rd\n!_headers\ntrail  \n",
        ));
        for path in [
            "keep.txt",
            "x/b.TXT",
            "logs/x.log",
            "logs/keep.log",
            "deep/logs/y.log",
            "node_modules/x/i.js",
            "upper/x",
            "sub1.md",
            "#h.js",
            "_redirects",
            "trail",
            "A/UPPER",
        ] {
            assert!(ignore.is_ignored(path), "{path}");
        }
        for path in ["a.txt", "d.md", "deep/z.md", "wei[rd", "_headers", "# comment", "logs"] {
            assert!(!ignore.is_ignored(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read(input in "([a-c*!/\\[\\]#\n?{}\\\\]|.){0,40}", path in "[a-c/.]{1,9}|.{1,9}") {
            Ignore::parse(Some(&input)).is_ignored(&path);
        }
    }
}
