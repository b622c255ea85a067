//! Source maps that the user's files come with.
//!
//! Output of another compiler (a custom build, a linked package) names its map in its last comment. With it,
//! stacks lead to what the user wrote and not to what was generated. Maps that cannot be read are ignored, as
//! the code runs without them.

use std::path::Path;

use base64::Engine as _;
use rolldown_sourcemap::{JSONSourceMap, SourceMap};

use super::paths;

const COMMENT: &str = "sourceMappingURL=";
/// The comment is looked for in this many last bytes only; an inline map may make the line long.
const TAIL_BYTES: usize = 4096;

/// The map of `code`, which was read from `file`; its sources are absolute paths.
pub(super) fn load(file: &Path, code: &str) -> Option<SourceMap> {
    let url = reference(code)?;
    let directory = file.parent()?;
    let (json, base) = match url.strip_prefix("data:") {
        Some(data) => {
            let (head, body) = data.split_once(',')?;
            let bytes = if head.ends_with(";base64") {
                base64::engine::general_purpose::STANDARD.decode(body.trim()).ok()?
            } else {
                percent_encoding::percent_decode_str(body).collect()
            };
            (String::from_utf8(bytes).ok()?, directory.to_path_buf())
        }
        None => {
            let path = paths::normalize(
                &directory.join(percent_encoding::percent_decode_str(url).decode_utf8().ok()?.as_ref()),
            );
            (std::fs::read_to_string(&path).ok()?, path.parent()?.to_path_buf())
        }
    };
    let mut map = SourceMap::from_json(serde_json::from_str::<JSONSourceMap>(&json).ok()?).ok()?;
    let root = map.get_source_root().map(str::to_string).unwrap_or_default();
    let sources: Vec<String> = map.get_sources().map(|source| absolute(&base, &root, source)).collect();
    let contents: Vec<Option<String>> = map
        .get_source_contents()
        .map(|content| content.map(str::to_string))
        .chain(std::iter::repeat(None))
        .zip(&sources)
        .map(|(content, source)| content.or_else(|| std::fs::read_to_string(source).ok()))
        .collect();
    map.set_sources(sources);
    map.set_source_contents(contents.iter().map(Option::as_deref).collect());
    Some(map)
}

/// The URL in the last `sourceMappingURL` comment.
fn reference(code: &str) -> Option<&str> {
    let at = code.rfind(COMMENT)?;
    let url = code[at + COMMENT.len()..].split(['\n', '\r']).next()?.trim_end_matches("*/").trim();
    let rest = &code[at + COMMENT.len() + url.len()..];
    // Code after it means that the text only talks about the comment.
    let is_last = rest.trim().trim_start_matches("*/").trim().is_empty();
    let is_near = code.len() - at <= TAIL_BYTES || url.starts_with("data:");
    (is_last && is_near && !url.is_empty()).then_some(url)
}

fn absolute(base: &Path, root: &str, source: &str) -> String {
    if let Ok(url) = url::Url::parse(source)
        && url.scheme() == "file"
        && let Ok(path) = url.to_file_path()
    {
        return path.to_string_lossy().into_owned();
    }
    let source = source.strip_prefix("webpack://").unwrap_or(source);
    paths::normalize(&base.join(root).join(source)).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MAP: &str = r#"{"version":3,"sources":["../src/a.ts"],"names":[],"mappings":"AAAA"}"#;

    #[test]
    fn linked_and_inline_maps_have_absolute_sources_with_content() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::create_dir_all(root.join("dist")).unwrap();
        std::fs::write(root.join("src/a.ts"), "let a: 1").unwrap();
        std::fs::write(root.join("dist/a.js.map"), MAP).unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(MAP);
        for code in [
            "let a\n//# sourceMappingURL=a.js.map\n".to_string(),
            format!("let a\n//# sourceMappingURL=data:application/json;base64,{encoded}"),
            "let a\n/*# sourceMappingURL=a.js.map */".to_string(),
        ] {
            let map = load(&root.join("dist/a.js"), &code).unwrap();
            assert_eq!(map.get_source(0), Some(root.join("src/a.ts").to_str().unwrap()), "{code}");
            assert_eq!(map.get_source_content(0), Some("let a: 1"));
        }
        for code in ["let a", "let s = 'sourceMappingURL=a.js.map';\nlet b", "//# sourceMappingURL=gone.map"] {
            assert!(load(&root.join("dist/a.js"), code).is_none(), "{code}");
        }
    }
}
