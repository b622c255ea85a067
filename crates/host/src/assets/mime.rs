//! The content type of a file, by the end of its name.
//!
//! The table is a fact of production's: what `wrangler deploy` uploads a file as is what it is served as. A file whose
//! type is unknown has none. Read line by line on the rare occasion that a file is new; it costs no memory.

/// `type TAB extensions`, sorted by type.
static TABLE: &str = include_str!("mime.tsv");

/// The value of `Content-Type` for a file of this name, if it has one.
pub fn content_type(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    // `.css` is a name and no extension.
    if stem.is_empty() {
        return None;
    }
    let extension = extension.to_lowercase();
    let mut rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
    let (kind, _) = rows.find(|(_, extensions)| extensions.split(' ').any(|known| known == extension))?;
    Some(match kind.starts_with("text/") && !kind.contains("charset") {
        true => format!("{kind}; charset=utf-8"),
        false => kind.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from wrangler.
    #[test]
    fn types_are_those_that_wrangler_uploads() {
        for (name, kind) in [
            ("a.html", Some("text/html; charset=utf-8")),
            ("a.HTM", Some("text/html; charset=utf-8")),
            ("a.js", Some("text/javascript; charset=utf-8")),
            ("a.mjs", Some("text/javascript; charset=utf-8")),
            ("a.css", Some("text/css; charset=utf-8")),
            ("a.json", Some("application/json")),
            ("a.js.map", Some("application/json")),
            ("a.svg", Some("image/svg+xml")),
            ("a.ico", Some("image/vnd.microsoft.icon")),
            ("a.wasm", Some("application/wasm")),
            ("a.webmanifest", Some("application/manifest+json")),
            ("a.woff2", Some("font/woff2")),
            ("a.xml", Some("application/xml")),
            ("a.md", Some("text/markdown; charset=utf-8")),
            ("a.ts", Some("video/mp2t")),
            ("a.rs", Some("application/rls-services+xml")),
            ("a.cjs", Some("application/node")),
            ("a.yaml", Some("text/yaml; charset=utf-8")),
            ("a.avif", Some("image/avif")),
            ("dir.html/a.txt", Some("text/plain; charset=utf-8")),
            ("a.py", None),
            ("a.tsx", None),
            ("a", None),
            ("a.", None),
            (".css", None),
            ("dir.html/a", None),
        ] {
            assert_eq!(content_type(name).as_deref(), kind, "{name}");
        }
    }

    #[test]
    fn an_extension_has_one_type() {
        let mut seen = std::collections::HashSet::new();
        let extensions = TABLE.lines().filter_map(|line| line.split_once('\t')).flat_map(|(_, list)| list.split(' '));
        for extension in extensions {
            assert!(seen.insert(extension), "{extension}");
        }
        assert!(seen.len() > 1000);
    }
}
