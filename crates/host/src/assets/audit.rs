//! A look over a directory for what production would refuse: files that are too large, and too many files.
//!
//! Nothing waits for it. It reads names and sizes only, on a thread of its own, after the server has said that it is
//! ready. The texts are wrangler's, which refuses to start.

use std::path::{Path, PathBuf};

use super::files::ASSET_BYTES_MAX;
use super::rules::Ignore;
use crate::cli::console::grouped;

/// Files of one worker at most. Source: production's limit.
const ASSETS_MAX: usize = 100_000;

/// Folders that a path may go through: a loop of links ends there.
const DEPTH_MAX: usize = 64;

/// What is wrong with the files below `root`, in words.
pub fn audit(root: &Path, ignore: &Ignore) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut count = 0;
    let mut folders: Vec<(PathBuf, String, usize)> = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((folder, inside, depth)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = format!("{inside}{}", entry.file_name().to_string_lossy());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if depth < DEPTH_MAX {
                    folders.push((entry.path(), format!("{name}/"), depth + 1));
                }
                continue;
            }
            let Ok(metadata) = std::fs::metadata(entry.path()) else { continue };
            if !metadata.is_file() || ignore.is_ignored(&name) {
                continue;
            }
            count += 1;
            if metadata.len() > ASSET_BYTES_MAX {
                complaints.push(too_large(root, &entry.path(), metadata.len()));
            }
        }
    }
    if count > ASSETS_MAX {
        complaints.push(too_many(root, count));
    }
    complaints
}

/// What is said of a file that is too large.
pub fn too_large(root: &Path, file: &Path, size: u64) -> String {
    format!(
        "Asset too large.\nCloudflare Workers supports assets with sizes of up to {}. We found a file {} with a size \
         of {}.\nEnsure all assets in your assets directory \"{}\" conform with the Workers maximum size requirement.",
        binary_size(ASSET_BYTES_MAX),
        file.display(),
        binary_size(size),
        root.display()
    )
}

fn too_many(root: &Path, count: usize) -> String {
    let (max, count) = (grouped(ASSETS_MAX), grouped(count));
    format!(
        "Maximum number of assets exceeded.\nCloudflare Workers supports up to {max} assets in a version. We found \
         {count} files in the specified assets directory \"{}\".\nEnsure your assets directory contains a maximum of \
         {max} files, and that you have specified your assets directory correctly.",
        root.display()
    )
}

/// `25 MiB`, `26.5 MiB`: three digits that count.
fn binary_size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = if value >= 100.0 { 0 } else { if value >= 10.0 { 1 } else { 2 } };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // 1023 has three digits that count, and is written as 1020.
    let text = if value >= 1000.0 { format!("{}", (value / 10.0).round() * 10.0) } else { text.to_string() };
    format!("{text} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_too_large_is_told_in_wranglers_words() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("a/ignored")).unwrap();
        for name in ["a/big.bin", "a/ignored/big.bin"] {
            std::fs::File::create(root.join(name)).unwrap().set_len(26 * 1024 * 1024).unwrap();
        }
        std::fs::write(root.join("small"), "x").unwrap();
        let complaints = audit(root, &Ignore::parse(Some("ignored\n")));
        let (shown, file) = (root.display(), root.join("a/big.bin"));
        assert_eq!(
            complaints,
            [format!(
                "Asset too large.\nCloudflare Workers supports assets with sizes of up to 25 MiB. We found a file {} \
                 with a size of 26 MiB.\nEnsure all assets in your assets directory \"{shown}\" conform with the \
                 Workers maximum size requirement.",
                file.display()
            )]
        );
        assert_eq!(audit(&root.join("nowhere"), &Ignore::default()), Vec::<String>::new());
    }

    #[test]
    fn numbers_are_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1020 B"),
            (26_214_400, "25 MiB"),
            (26_214_401, "25 MiB"),
            (27_787_264, "26.5 MiB"),
            (1_610_612_736, "1.5 GiB"),
            (130_000_000, "124 MiB"),
        ] {
            assert_eq!(binary_size(bytes), text);
        }
        assert_eq!((grouped(7), grouped(1234), grouped(100_000)), ("7".into(), "1,234".into(), "100,000".into()));
        assert!(
            too_many(Path::new("/a"), 100_001).contains("up to 100,000 assets in a version. We found 100,001 files")
        );
    }
}
