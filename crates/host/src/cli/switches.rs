//! wrangler's freedom in writing flags, brought to the one form that the parser takes.
//!
//! Its command line allows `--preview`, `--preview=false`, `--preview false` and `--no-preview` for a switch, and
//! `--persistTo` for `--persist-to`. [`normalise`] is applied before the arguments are parsed, to the commands about
//! local state.
//!
//! A switch that is listed here has to be declared with `num_args = 0..=1, require_equals = true,
//! default_missing_value = "true", action = ArgAction::Set`.

use std::ffi::OsString;

/// The commands about local state, each with its flags that take no value, or `true` or `false`.
const COMMANDS: [(&str, &[&str]); 5] = [
    ("kv", &["--preview", "--local", "--remote", "--text", "--force"]),
    ("d1", &["--preview", "--local", "--remote", "--json", "--yes", "--skip-confirmation", "--schema", "--data"]),
    ("r2", &["--local", "--remote", "--pipe", "--force", "--json"]),
    ("cache", &["--local", "--remote", "--json", "--force"]),
    ("state", &["--json", "--force", "--dry-run"]),
];

/// Flags before a command that take a value of their own.
const WITH_VALUE: [&str; 6] = ["-c", "--config", "-e", "--env", "--env-file", "--cwd"];

/// The process's arguments in the parser's form. Those of commands that are not about local state stay as they are.
pub fn normalise(arguments: Vec<OsString>) -> Vec<OsString> {
    let Some((command, switches)) = command_of(&arguments) else { return arguments };
    let (before, after) = arguments.split_at(command + 1);
    let mut all = before.to_vec();
    all.extend(join(after.iter().map(hyphenated), switches));
    all
}

/// Where the command is, and its switches.
fn command_of(arguments: &[OsString]) -> Option<(usize, &'static [&'static str])> {
    let mut index = 1;
    loop {
        let text = arguments.get(index)?.to_str()?;
        if WITH_VALUE.contains(&text) {
            index += 2;
        } else if text.starts_with('-') {
            index += 1;
        } else {
            return COMMANDS.iter().find(|(name, _)| *name == text).map(|(_, switches)| (index, *switches));
        }
    }
}

/// `--persistTo=x` as `--persist-to=x`.
fn hyphenated(argument: &OsString) -> OsString {
    let Some(flag) = argument.to_str().and_then(|text| text.strip_prefix("--")) else { return argument.clone() };
    let name = flag.split('=').next().unwrap_or(flag);
    let is_camel = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_camel {
        return argument.clone();
    }
    let mut spelled = "--".to_string();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            spelled.push('-');
        }
        spelled.push(c.to_ascii_lowercase());
    }
    spelled.push_str(&flag[name.len()..]);
    spelled.into()
}

/// Joins switches with a value that follows them and resolves `--no-x`. Nothing behind `--` is touched.
pub fn join(arguments: impl IntoIterator<Item = OsString>, switches: &[&str]) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut only_values = false;
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        if only_values {
            joined.push(argument);
            continue;
        }
        only_values = text == "--";
        let switch = joined.last().and_then(|last| last.to_str()).filter(|last| switches.contains(last));
        if let (Some(switch), "true" | "false") = (switch, text) {
            let value = format!("{switch}={text}");
            joined.pop();
            joined.push(value.into());
        } else if let Some(switch) = text.strip_prefix("--no-").map(|name| format!("--{name}"))
            && switches.contains(&switch.as_str())
        {
            joined.push(format!("{switch}=false").into());
        } else {
            joined.push(argument);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from).collect();
        let words: Vec<String> =
            normalise(arguments).into_iter().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn switches_take_a_value_in_every_form() {
        for (line, expected) in [
            ("lopata kv key put a --preview false", "lopata kv key put a --preview=false"),
            ("lopata kv key put a --no-preview", "lopata kv key put a --preview=false"),
            ("lopata kv key put a --preview b", "lopata kv key put a --preview b"),
            ("lopata -c x.json kv key put a --local true b", "lopata -c x.json kv key put a --local=true b"),
            ("lopata d1 export db --no-schema", "lopata d1 export db --schema=false"),
            ("lopata d1 execute db --persistTo=Abc", "lopata d1 execute db --persist-to=Abc"),
            (
                "lopata kv key put --namespaceId x -- --preview false",
                "lopata kv key put --namespace-id x -- --preview false",
            ),
            ("lopata dev --no-bundle --local false", "lopata dev --no-bundle --local false"),
        ] {
            assert_eq!(normalised(line), expected);
        }
    }
}
