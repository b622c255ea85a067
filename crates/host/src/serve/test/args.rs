//! The command line of `lopata test`: workerd's flags, and lopata's own.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// `lopata test`.
#[derive(Clone, Debug, Args)]
pub struct TestArgs {
    /// The configuration: .capnp or .wd-test text, JSON of the same shape, or a wrangler configuration
    #[arg(value_name = "CONFIG")]
    pub file: PathBuf,
    /// Which tests to run: `service`, `service:entrypoint` or `const:service:entrypoint`, with `*` and `?`
    pub filter: Option<String>,
    /// Use this compatibility date for all Workers, which then must not state one
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub compat_date: Option<String>,
    /// Permit the use of experimental features
    #[arg(long)]
    pub experimental: bool,
    /// Expose gc() and count instead of drawing random ids
    #[arg(long)]
    pub predictable: bool,
    /// Collect all garbage before each turn of an isolate
    #[arg(long)]
    pub gc_stress: bool,
    /// Do not print exceptions that Workers did not handle
    #[arg(long)]
    pub no_verbose: bool,
    /// Enable all autogates (there are none)
    #[arg(long)]
    pub all_autogates: bool,
    /// Override the folder of a disk service
    #[arg(short, long, value_name = "NAME=PATH")]
    pub directory_path: Vec<String>,
    /// Override the address of an external service (also `-e`)
    #[arg(long, value_name = "NAME=ADDR")]
    pub external_addr: Vec<String>,
    /// Add a folder in which `import "/…"` is looked for
    #[arg(short = 'I', long, value_name = "DIR")]
    pub import_path: Vec<PathBuf>,
    /// Run the tests again whenever a file of the configuration changes
    #[arg(short, long)]
    pub watch: bool,
    /// The configuration is binary (not available)
    #[arg(short, long, hide = true)]
    pub binary: bool,
    /// Listen for an inspector (not available)
    #[arg(short, long, hide = true, value_name = "ADDR")]
    pub inspector_addr: Option<String>,
    /// How long one test may take: seconds, or a number with `ms`, `s` or `m`
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub timeout: Duration,
    /// How results are written
    #[arg(long, value_enum, default_value = "text")]
    pub reporter: Reporter,
    /// A file of `file#entrypoint -> pass|fail|skip reason` lines: what is known not to pass; may be repeated
    #[arg(long, value_name = "FILE")]
    pub expectations: Vec<PathBuf>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Reporter {
    /// As workerd does: `[ PASS ] service:entrypoint (1.2ms)`.
    Text,
    /// One line of JSON for each test, on standard output.
    Json,
}

/// What a name stands for, by the command line.
pub type Overrides = Vec<(String, String)>;

impl TestArgs {
    /// Why the command line cannot be followed.
    pub fn refused(&self) -> Option<String> {
        let flag = match (self.binary, &self.inspector_addr) {
            (true, _) => "--binary: binary configurations are",
            (false, Some(_)) => "--inspector-addr: the inspector is",
            (false, None) => return None,
        };
        Some(format!("{flag} not available in this version of lopata."))
    }

    /// What `--directory-path` and `--external-addr` say. The error is workerd's sentence.
    pub fn overrides(&self) -> Result<(Overrides, Overrides), String> {
        let pairs = |given: &[String]| -> Result<Overrides, String> {
            let pair = |text: &String| text.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
            given.iter().map(|text| pair(text).ok_or_else(|| "Expected <name>=<value>".to_string())).collect()
        };
        Ok((pairs(&self.directory_path)?, pairs(&self.external_addr)?))
    }
}

/// `30`, `30s`, `1500ms` or `5m`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit_seconds) = match text {
        text if text.ends_with("ms") => (&text[..text.len() - 2], 0.001),
        text if text.ends_with('s') => (&text[..text.len() - 1], 1.0),
        text if text.ends_with('m') => (&text[..text.len() - 1], 60.0),
        text => (text, 1.0),
    };
    let seconds =
        number.parse::<f64>().map_err(|_| format!("`{text}` is no duration; give seconds, `500ms` or `5m`"))?;
    let duration = Duration::try_from_secs_f64(seconds * unit_seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("a test takes longer than nothing".to_string()) } else { Ok(duration) }
}

/// workerd's `-e` is `--external-addr`; elsewhere it is wrangler's `--env`.
pub fn spell_out(arguments: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let long = |argument: std::ffi::OsString| match argument.to_str().and_then(|text| text.strip_prefix("-e")) {
        Some("") => "--external-addr".into(),
        Some(value) => format!("--external-addr={value}").into(),
        None => argument,
    };
    arguments.into_iter().map(long).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [("30", 30_000), ("0.5", 500), ("2s", 2_000), ("1500ms", 1_500), ("5m", 300_000)] {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "m", "-1", "0", "1h", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_short_flag_is_workerds() {
        let given = ["lopata", "test", "-e", "a=b", "-ec=d", "--env", "x"].map(std::ffi::OsString::from);
        let expected = ["lopata", "test", "--external-addr", "a=b", "--external-addr=c=d", "--env", "x"];
        assert_eq!(spell_out(given.to_vec()), expected);
    }
}
