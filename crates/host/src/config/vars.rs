//! The text and JSON entries of `env`: `vars`, dotenv files, flags, and which wins.
//!
//! wrangler's order: `vars` of the configuration; over them the secrets of `.dev.vars.<env>` or `.dev.vars`, or of
//! the `.env` files if there is none of those; over them `--var`. A secret does not replace a binding of another
//! kind. With `secrets` configured only its names and those of `vars` are taken from files. Everything that
//! comes from a file or a flag is hidden.
//!
//! The files that were read, and those that would have been if they existed, are returned to be watched.

use std::path::{Path, PathBuf};

use super::assemble::clean;
use super::diagnostics::{Diagnostic, SourceFile, display_path};
use super::dotenv::{self, Variables};
use super::worker::Var;

/// Where the entries come from.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The directory of the user's configuration.
    pub dir: &'a Path,
    /// The user's directory, for names in messages.
    pub cwd: &'a Path,
    /// The environment.
    pub env: Option<&'a str>,
    /// `--env-file`, which replaces all other files.
    pub env_files: &'a [PathBuf],
    /// The process environment.
    pub process_env: &'a Variables,
    /// `vars` of the configuration.
    pub configured: Vec<(String, serde_json::Value)>,
    /// `secrets.required`, if `secrets` is there.
    pub required: Option<Vec<String>>,
    /// Names of other bindings.
    pub taken: Vec<String>,
    /// `--var`.
    pub flags: &'a [(String, String)],
}

/// The entries and how they came about.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The entries.
    pub vars: Vec<Var>,
    /// Names of the places that secrets were read from.
    pub secrets_from: Vec<String>,
    /// Files whose change changes the entries.
    pub watch: Vec<PathBuf>,
    /// Findings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files and puts the entries together.
pub fn collect(sources: &Sources<'_>) -> Collected {
    let mut out = Collected::default();
    let secrets = read_secrets(sources, &mut out);
    out.vars = sources
        .configured
        .iter()
        .map(|(name, value)| Var { name: name.clone(), value: value.clone(), hidden: false })
        .collect();
    for (name, value) in secrets.iter().flat_map(Variables::iter) {
        let wanted = match &sources.required {
            Some(required) => {
                required.iter().any(|r| r == name) || sources.configured.iter().any(|(var, _)| var == name)
            }
            None => true,
        };
        if wanted && !sources.taken.iter().any(|taken| taken == name) {
            put(&mut out.vars, name, value);
        }
    }
    for (name, value) in sources.flags {
        put(&mut out.vars, name, value);
    }
    let missing: Vec<&str> = sources
        .required
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| !sources.flags.iter().any(|(flag, _)| flag == name))
        .filter(|name| secrets.as_ref().and_then(|secrets| secrets.get(name)).is_none())
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "Missing required secrets: {}. Add them to .dev.vars, .env, or set as environment variables.",
            missing.join(", ")
        );
        out.diagnostics.push(Diagnostic::warning("missing-secret", message));
    }
    out
}

fn put(vars: &mut Vec<Var>, name: &str, value: &str) {
    let new = Var { name: name.to_string(), value: value.into(), hidden: true };
    match vars.iter_mut().find(|var| var.name == name) {
        Some(old) => *old = new,
        None => vars.push(new),
    }
}

/// The secrets of the files; `None` when no kind of file was in force.
fn read_secrets(sources: &Sources<'_>, out: &mut Collected) -> Option<Variables> {
    if sources.env_files.is_empty()
        && let Some(secrets) = read_dev_vars(sources, out)
    {
        return Some(secrets);
    }
    if !switch(sources, "CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", true, out) {
        return None;
    }
    let explicit = !sources.env_files.is_empty();
    let files: Vec<PathBuf> = if explicit {
        sources.env_files.iter().map(|file| clean(&sources.dir.join(file))).collect()
    } else {
        let mut names = vec![".env".to_string(), ".env.local".to_string()];
        names.extend(sources.env.into_iter().flat_map(|env| [format!(".env.{env}"), format!(".env.{env}.local")]));
        names.iter().map(|name| sources.dir.join(name)).collect()
    };
    let mut merged = Variables::default();
    for file in &files {
        match read(file, sources, out) {
            Some(variables) => {
                for (name, value) in variables.iter() {
                    merged.set(name.to_string(), value.to_string());
                }
            }
            None if explicit && !file.exists() => {
                let message = format!("The file \"{}\" of --env-file was not found.", display_path(file, sources.cwd));
                out.diagnostics.push(
                    Diagnostic::warning("missing-env-file", message)
                        .help("The path is relative to the directory of the configuration file."),
                );
            }
            None => {}
        }
    }
    let include = switch(sources, "CLOUDFLARE_INCLUDE_PROCESS_ENV", false, out) || sources.required.is_some();
    let outer = if include {
        out.secrets_from.push("process.env".to_string());
        sources.process_env.clone()
    } else {
        Variables::default()
    };
    Some(dotenv::expand(merged, outer))
}

/// `.dev.vars.<env>`, or else `.dev.vars`. These are not expanded.
fn read_dev_vars(sources: &Sources<'_>, out: &mut Collected) -> Option<Variables> {
    let special = sources.env.map(|env| sources.dir.join(format!(".dev.vars.{env}")));
    let candidates = special.into_iter().chain([sources.dir.join(".dev.vars")]);
    candidates.into_iter().find_map(|file| read(&file, sources, out))
}

/// The variables of `file`, if it exists. It is watched in either case.
fn read(file: &Path, sources: &Sources<'_>, out: &mut Collected) -> Option<Variables> {
    out.watch.push(file.to_path_buf());
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let message = format!("Could not read \"{}\": {error}.", display_path(file, sources.cwd));
            out.diagnostics.push(Diagnostic::warning("unreadable", message));
            return None;
        }
    };
    let source = SourceFile::new(file, sources.cwd, String::from_utf8_lossy(&bytes).into_owned());
    let parsed = dotenv::parse(&source.text);
    for range in parsed.skipped {
        // The text of the line could be a secret: the label marks where it starts and shows the path only.
        let (line, _) = source.position(range.start);
        let message = format!("Line {line} of \"{}\" is not an assignment and is ignored.", source.name);
        out.diagnostics.push(
            Diagnostic::warning("dotenv-line", message)
                .help("A line is NAME=value; values of several lines are quoted."),
        );
    }
    out.secrets_from.push(source.name.clone());
    Some(parsed.variables)
}

fn switch(sources: &Sources<'_>, name: &str, default: bool, out: &mut Collected) -> bool {
    let Some(text) = sources.process_env.get(name) else { return default };
    match text.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => {
            let text = serde_json::Value::from(text);
            let message = format!("Expected {name} to be \"true\" or \"false\", but got {text}");
            out.diagnostics.push(Diagnostic::error("wrong-value", message));
            default
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use expect_test::{Expect, expect};

    struct Case {
        files: &'static [(&'static str, &'static str)],
        env: Option<&'static str>,
        env_files: &'static [&'static str],
        process: &'static [(&'static str, &'static str)],
        required: Option<&'static [&'static str]>,
        taken: &'static [&'static str],
        flags: &'static [(&'static str, &'static str)],
    }

    const CASE: Case = Case {
        files: &[],
        env: None,
        env_files: &[],
        process: &[("HOME", "/home")],
        required: None,
        taken: &[],
        flags: &[],
    };

    fn check(case: &Case, expected: &Expect) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in case.files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
        };
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_string()).collect::<Vec<_>>();
        let env_files: Vec<PathBuf> = case.env_files.iter().map(PathBuf::from).collect();
        let process = owned(case.process).into_iter().collect();
        let collected = collect(&Sources {
            dir: dir.path(),
            cwd: dir.path(),
            env: case.env,
            env_files: &env_files,
            process_env: &process,
            configured: vec![("V".to_string(), "config".into()), ("N".to_string(), 1.into())],
            required: case.required.map(list),
            taken: list(case.taken),
            flags: &owned(case.flags),
        });
        let mut text = String::new();
        for var in &collected.vars {
            text += &format!("{}={}{}\n", var.name, var.value, if var.hidden { " hidden" } else { "" });
        }
        text += &format!("from {}\n", collected.secrets_from.join(" "));
        let watch: Vec<_> = collected.watch.iter().map(|path| display_path(path, dir.path())).collect();
        text += &format!("watch {}\n", watch.join(" "));
        for diagnostic in &collected.diagnostics {
            text += &format!("{diagnostic}\n");
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn without_files_the_candidates_are_watched() {
        check(
            &CASE,
            &expect![[r#"
            V="config"
            N=1
            from 
            watch .dev.vars .env .env.local
        "#]],
        );
        check(
            &Case { env: Some("prod"), ..CASE },
            &expect![[r#"
            V="config"
            N=1
            from 
            watch .dev.vars.prod .dev.vars .env .env.local .env.prod .env.prod.local
        "#]],
        );
    }

    #[test]
    fn dev_vars_hide_dot_env_and_are_not_expanded() {
        let files = &[(".dev.vars", "S=$V\nV=file"), (".env", "E=1"), (".dev.vars.prod", "P=1")];
        check(
            &Case { files, ..CASE },
            &expect![[r#"
            V="file" hidden
            N=1
            S="$V" hidden
            from .dev.vars
            watch .dev.vars
        "#]],
        );
        check(
            &Case { files, env: Some("prod"), ..CASE },
            &expect![[r#"
            V="config"
            N=1
            P="1" hidden
            from .dev.vars.prod
            watch .dev.vars.prod
        "#]],
        );
        check(
            &Case { files, env: Some("other"), ..CASE },
            &expect![[r#"
            V="file" hidden
            N=1
            S="$V" hidden
            from .dev.vars
            watch .dev.vars.other .dev.vars
        "#]],
        );
    }

    #[test]
    fn dot_env_files_override_each_other_and_expand() {
        let files = &[
            (".env", "A=1\nB=$A\nC=env"),
            (".env.local", "C=local"),
            (".env.prod", "A=2"),
            (".env.prod.local", "D=${C}!\nV=x"),
        ];
        check(
            &Case { files, env: Some("prod"), ..CASE },
            &expect![[r#"
            V="x" hidden
            N=1
            A="2" hidden
            B="2" hidden
            C="local" hidden
            D="local!" hidden
            from .env .env.local .env.prod .env.prod.local
            watch .dev.vars.prod .dev.vars .env .env.local .env.prod .env.prod.local
        "#]],
        );
        let process = &[("CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", "FALSE")];
        check(
            &Case { files, process, ..CASE },
            &expect![[r#"
            V="config"
            N=1
            from 
            watch .dev.vars
        "#]],
        );
    }

    #[test]
    fn the_process_environment_is_included_on_demand() {
        let process = &[("CLOUDFLARE_INCLUDE_PROCESS_ENV", "true"), ("H", "home")];
        check(
            &Case { files: &[(".env", "A=$H")], process, ..CASE },
            &expect![[r#"
            V="config"
            N=1
            CLOUDFLARE_INCLUDE_PROCESS_ENV="true" hidden
            H="home" hidden
            A="home" hidden
            from .env process.env
            watch .dev.vars .env .env.local
        "#]],
        );
        let process = &[("CLOUDFLARE_INCLUDE_PROCESS_ENV", "yes")];
        check(
            &Case { process, ..CASE },
            &expect![[r#"
            V="config"
            N=1
            from 
            watch .dev.vars .env .env.local
            error: Expected CLOUDFLARE_INCLUDE_PROCESS_ENV to be "true" or "false", but got "yes"
        "#]],
        );
    }

    #[test]
    fn env_files_replace_all_others() {
        let files = &[(".dev.vars", "S=1"), (".env", "E=1"), ("a.env", "A=1\nbroken"), ("b.env", "A=2")];
        check(
            &Case { files, env_files: &["a.env", "b.env", "c.env"], ..CASE },
            &expect![[r#"
            V="config"
            N=1
            A="2" hidden
            from a.env b.env
            watch a.env b.env c.env
            warning: Line 2 of "a.env" is not an assignment and is ignored.
              help: A line is NAME=value; values of several lines are quoted.
            warning: The file "c.env" of --env-file was not found.
              help: The path is relative to the directory of the configuration file.
        "#]],
        );
    }

    #[test]
    fn required_secrets_filter_and_warn() {
        let files = &[(".dev.vars", "A=1\nV=x\nOTHER=1")];
        check(
            &Case { files, required: Some(&["A", "B"]), ..CASE },
            &expect![[r#"
            V="x" hidden
            N=1
            A="1" hidden
            from .dev.vars
            watch .dev.vars
            warning: Missing required secrets: B. Add them to .dev.vars, .env, or set as environment variables.
        "#]],
        );
        let process = &[("B", "from process"), ("PATH", "/bin")];
        check(
            &Case { required: Some(&["B"]), process, ..CASE },
            &expect![[r#"
            V="config"
            N=1
            B="from process" hidden
            from process.env
            watch .dev.vars .env .env.local
        "#]],
        );
    }

    #[test]
    fn flags_win_and_bindings_are_not_replaced_by_files() {
        let files = &[(".dev.vars", "KV=1\nV=x")];
        check(
            &Case { files, taken: &["KV"], flags: &[("V", "flag"), ("Z", "")], ..CASE },
            &expect![[r#"
            V="flag" hidden
            N=1
            Z="" hidden
            from .dev.vars
            watch .dev.vars
        "#]],
        );
    }
}
