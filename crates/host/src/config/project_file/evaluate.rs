//! Gets the value of a project file that is TypeScript or JavaScript.
//!
//! The file is bundled like a worker, so its imports work and are watched, and then run as one: `evaluate.js` is
//! the entry, imports the file and answers one request with its default export as JSON. The guest is made for that
//! and ended afterwards. It has no env and no network, it cannot see files or the process environment, and it
//! is ended when it takes too long, whatever it is doing. Errors are placed in the user's own file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lopata_bridges::{Attachments, FetchReceiver, Ids, Parcel, ReplyReceiver, ServiceHandle, fetch_service, reply};
use lopata_guest::{CodeCache, GuestHandle, GuestReport, LogBudget, SpawnOptions};
use lopata_protocol::message::Death;
use lopata_protocol::{
    Answer, Body, CacheOutbound, CompatSet, EventId, EventOutcome, FromGuest, GenerationId, HeaderList, LogRecord,
    Props, RequestHead, ServiceId, SpanContext, ToGuest, WireError, WorkerDefinition, WorkerFormat, limits,
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{Content, Given};
use crate::bundle::{self, Bundle, BundleRequest, Bundler, WatchSet, WorkerBundler};
use crate::config::diagnostics::{Diagnostic, SourceFile, display_path};
use crate::config::read::{self, Format};

/// The module that asks for the configuration; `lopata:/config` in it stands for the user's.
const ENTRY: &str = include_str!("evaluate.js");

/// What `import { defineConfig } from "lopata"` gets. There for the types that an editor knows it by.
const LOPATA: &str = "export const defineConfig = (config) => config;\n";

/// Lines that a configuration may print; the rest is dropped.
const CONSOLE_LINES_MAX: usize = 1000;

/// Where the request goes that asks for the configuration. Nobody sees it.
const URL: &str = "http://lopata.config/";

/// What the entry answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Evaluated {
    Value {
        value: serde_json::Value,
    },
    Problem {
        /// What is wrong with the value, as the end of a sentence.
        problem: String,
        /// The path of its key; empty for the whole.
        path: String,
    },
}

/// Why there is no value.
enum Ended {
    Threw(WireError),
    TooLong,
    Died(Option<Death>),
}

/// The value of the file at `path` as a tree. Findings go to `found`, what it depends on to `watch`, what it prints
/// to `console`.
pub(super) async fn evaluate(
    path: &Path,
    given: &Given,
    found: &mut Vec<Diagnostic>,
    watch: &mut WatchSet,
    console: &mut Vec<LogRecord>,
) -> Option<Content> {
    let name = display_path(path, &given.cwd);
    let bundle = match bundle(path).await {
        Ok(bundle) => bundle,
        Err(error) => {
            watch.merge(&error.watch);
            found.extend(of_bundle(&error.failure, &name, &given.cwd));
            return None;
        }
    };
    watch.merge(&bundle.watch);
    match run(bundle, given, console).await {
        Ok(Evaluated::Value { value }) => {
            // The one reader checks it, whatever it was written in.
            let text = format!("{value:#}");
            let file = SourceFile::new(path, &given.cwd, text);
            let root = read::parse(&file, Format::Json, found);
            // There is no place to show.
            found.iter_mut().for_each(|diagnostic| diagnostic.labels.clear());
            if !value.is_object() {
                found.clear();
                let message = format!("{name}: the default export has to be an object but is {value}.");
                found.push(Diagnostic::error("wrong-type", message));
            }
            Some(Content { root: root?, file, has_places: false })
        }
        Ok(Evaluated::Problem { problem, path }) => {
            found.push(of_problem(&name, &problem, &path));
            None
        }
        Err(ended) => {
            // Said once, with its place.
            console.retain(|record| !record.text.starts_with("Uncaught "));
            found.push(of_end(ended, &name, &given.cwd));
            None
        }
    }
}

async fn bundle(path: &Path) -> Result<Bundle, bundle::BundleError> {
    let mut request = BundleRequest::new(path.parent().unwrap_or(Path::new("/")), path);
    request.format = Some(WorkerFormat::Modules);
    request.alias = vec![("lopata".to_string(), lopata_module().specifier)];
    request.compat = CompatSet::newest();
    let mut bundle = WorkerBundler::new(Arc::new(|_, _| {})).bundle(&request).await?;
    let entry = bundle::provided("entry.js", ENTRY.replace("lopata:/config", &bundle.entry));
    bundle.entry = entry.specifier.clone();
    bundle.modules.extend([entry, lopata_module()]);
    Ok(bundle)
}

fn lopata_module() -> lopata_protocol::ModuleDefinition {
    bundle::provided("lopata.js", LOPATA.to_string())
}

/// Runs the bundle in a guest of its own and asks it for the configuration.
async fn run(bundle: Bundle, given: &Given, console: &mut Vec<LogRecord>) -> Result<Evaluated, Ended> {
    // Bounded by the log budget and by the handful of other messages that one event makes.
    let (sender, reports) = mpsc::unbounded_channel();
    let log_budget = LogBudget::default();
    let options = SpawnOptions {
        snapshot: lopata_snapshot::SNAPSHOT,
        reports: sender,
        code_cache: CodeCache::default(),
        log_budget: log_budget.clone(),
    };
    let guest = lopata_guest::spawn(options)
        .map_err(|error| Ended::Threw(WireError::new("Error", format!("No thread could be started: {error}"))))?;
    let (outbound, calls) = fetch_service();
    let refusing = tokio::spawn(refuse(calls));
    let mut parcel_services = Attachments::none();
    let service = ServiceId::next();
    parcel_services.attach_service(service, ServiceHandle::Fetch(outbound));
    let load = Parcel { message: ToGuest::Load(Box::new(definition(bundle, service))), attachments: parcel_services };
    // A guest that is gone already says so by its last word.
    let _ = guest.inbox.send(load);
    let mut conversation = Conversation { guest, reports, log_budget, console, failed: None };
    let limit = Duration::from_millis(limits::CONFIG_EVALUATION_MS_MAX);
    let answer = match tokio::time::timeout(limit, conversation.hold(given)).await {
        Ok(answer) => answer,
        Err(_) => Err(Ended::TooLong),
    };
    conversation.take_lines();
    let guest = conversation.guest;
    guest.terminate(None);
    refusing.abort();
    tokio::task::spawn_blocking(move || guest.join());
    let answer = answer?;
    // The entry is ours: it answers nothing else.
    serde_json::from_slice(&answer).map_err(|error| Ended::Threw(WireError::new("Error", error.to_string())))
}

fn definition(bundle: Bundle, outbound: ServiceId) -> WorkerDefinition {
    WorkerDefinition {
        generation: GenerationId::next(),
        name: Arc::from("lopata.config"),
        compatibility_date: String::new(),
        compatibility_flags: Vec::new(),
        compat: CompatSet::newest(),
        format: WorkerFormat::Modules,
        entry: bundle.entry,
        modules: bundle.modules,
        env: Vec::new(),
        objects: Vec::new(),
        outbound,
        cache: CacheOutbound::Nobody,
        extensions: Vec::new(),
        cpu_ms_max: limits::CONFIG_EVALUATION_MS_MAX,
        heap_bytes_max: limits::HEAP_BYTES_MAX,
        subrequests_max: limits::SUBREQUESTS_MAX,
        tailed: false,
    }
}

/// Answers every fetch of a configuration.
async fn refuse(mut calls: FetchReceiver) {
    while let Some(call) = calls.recv().await {
        let error = WireError::new("TypeError", "A lopata.config has no access to the network.");
        // A caller that is gone does not want to know.
        let _ = call.reply.send(Answer::Failed { error, outcome: EventOutcome::Exception });
    }
}

/// The talk with the guest, from its start to its answer.
struct Conversation<'a> {
    guest: GuestHandle,
    reports: mpsc::UnboundedReceiver<GuestReport>,
    log_budget: LogBudget,
    console: &'a mut Vec<LogRecord>,
    /// What evaluation ended in. The last word says whether that was the file's own doing.
    failed: Option<WireError>,
}

impl Conversation<'_> {
    async fn hold(&mut self, given: &Given) -> Result<Vec<u8>, Ended> {
        loop {
            match self.reports.recv().await.map(|report| report.message) {
                Some(FromGuest::Ready { .. }) => break,
                Some(message) => self.note(message)?,
                None => return Err(Ended::Died(None)),
            }
        }
        let mut answer = self.ask(given);
        let answered = loop {
            tokio::select! {
                answered = &mut answer => break answered,
                Some(report) = self.reports.recv() => self.note(report.message)?,
            }
        };
        let Some(mut parcel) = answered.map(|answered| answered.answer) else { return Err(Ended::Died(None)) };
        match parcel.message {
            Answer::Response { body, .. } => self.read(body, &mut parcel.attachments).await,
            Answer::Failed { outcome: EventOutcome::ExceededMemory, .. } => Err(Ended::Died(Some(Death::Memory))),
            Answer::Failed { error, .. } => Err(Ended::Threw(error)),
            Answer::Connected
            | Answer::Scheduled(_)
            | Answer::Tailed
            | Answer::Tested(_)
            | Answer::Alarm(_)
            | Answer::Inspected(_)
            | Answer::Rpc { .. }
            | Answer::RpcFailed { .. }
            | Answer::RpcGone => unreachable!("a fetch was asked for"),
        }
    }

    fn ask(&self, given: &Given) -> ReplyReceiver {
        let ids = Ids::new();
        let argument = serde_json::json!({ "mode": "development", "env": given.env });
        let request =
            RequestHead { method: "POST".to_string(), url: URL.to_string(), headers: HeaderList::default(), cf: None };
        let message = ToGuest::Fetch {
            event: EventId::next(),
            entrypoint: None,
            props: Props::None,
            request: Box::new(request),
            body: Body::Inline(Bytes::from(argument.to_string())),
            parent: SpanContext { trace: ids.trace(), span: ids.span() },
        };
        let (reply, answer) = reply();
        // A refused parcel drops its reply, which is an answer.
        let _ = self.guest.inbox.send(Parcel::asking(message, reply));
        answer
    }

    async fn read(&mut self, body: Body, attachments: &mut Attachments) -> Result<Vec<u8>, Ended> {
        let mut text = Vec::new();
        match body {
            Body::Empty => {}
            Body::Inline(bytes) => text.extend_from_slice(&bytes),
            Body::Stream { id, .. } => {
                let mut stream = attachments.take_stream(id).ok_or(Ended::Died(None))?;
                while let Some(chunk) = stream.read().await {
                    text.extend_from_slice(&chunk.map_err(Ended::Threw)?);
                }
            }
        }
        Ok(text)
    }

    /// Takes in what the guest says of itself; an error when it is over.
    fn note(&mut self, message: FromGuest) -> Result<(), Ended> {
        match message {
            FromGuest::Log(record) => {
                self.log_budget.spent();
                if self.console.len() < CONSOLE_LINES_MAX {
                    self.console.push(record);
                }
                Ok(())
            }
            FromGuest::Failed { error, .. } => {
                self.failed = Some(error);
                Ok(())
            }
            FromGuest::Stopped { death } => Err(match (death, self.failed.take()) {
                (None, Some(error)) => Ended::Threw(error),
                (death, _) => Ended::Died(death),
            }),
            FromGuest::Booted
            | FromGuest::Ready { .. }
            | FromGuest::WaitUntilAdded { .. }
            | FromGuest::WaitUntilSettled { .. }
            | FromGuest::EventEnded { .. } => Ok(()),
        }
    }

    /// Takes the lines that were printed before the answer and have not been looked at.
    fn take_lines(&mut self) {
        while let Ok(report) = self.reports.try_recv() {
            if matches!(report.message, FromGuest::Log(_)) {
                let _ = self.note(report.message);
            }
        }
    }
}

/// What the bundler says.
fn of_bundle(failure: &bundle::Failure, name: &str, cwd: &Path) -> Vec<Diagnostic> {
    let bundle::Failure::Sources(found) = failure else {
        return vec![Diagnostic::error("build-failed", failure.to_string())];
    };
    let mut files = Files { cwd, read: Vec::new() };
    let diagnostic = |found: &bundle::Diagnostic| {
        let mut diagnostic = Diagnostic::error("build-failed", format!("{name} cannot be built: {}", found.message));
        if let Some(at) = &found.location
            && let Some((file, offset)) = files.place(&at.file, at.line, at.column)
        {
            diagnostic = diagnostic.at(&file, offset..offset + at.length.max(1) as usize, "");
        }
        if !found.notes.is_empty() {
            diagnostic.help = Some(found.notes.join("\n"));
        }
        diagnostic
    };
    found.iter().map(diagnostic).collect()
}

/// The value, or a part of it, is nothing that a configuration can hold.
fn of_problem(name: &str, problem: &str, path: &str) -> Diagnostic {
    if path.is_empty() && problem == "has no default export" {
        return Diagnostic::error("no-default-export", format!("{name} has no default export."))
            .help("Write `export default { main: \"./wrangler.jsonc\" }`.");
    }
    let message = if path.is_empty() {
        format!("{name}: the default export {problem}.")
    } else {
        format!("{name}: \"{path}\" {problem}.")
    };
    Diagnostic::error("wrong-type", message).help("A configuration is made of objects, arrays, strings and booleans.")
}

/// It did not come to a value.
fn of_end(ended: Ended, name: &str, cwd: &Path) -> Diagnostic {
    let error = match ended {
        Ended::TooLong => {
            let seconds = limits::CONFIG_EVALUATION_MS_MAX / 1000;
            let help = "It may contain an endless loop, or wait for something that does not come.";
            let message = format!("{name} did not finish within {seconds} seconds and was ended.");
            return Diagnostic::error("too-slow", message).help(help);
        }
        Ended::Died(Some(Death::Memory)) => {
            return Diagnostic::error("too-large", format!("{name} used more memory than a Worker has and was ended."));
        }
        Ended::Died(death) => {
            let reason = match death {
                Some(Death::Panic(text)) => format!(": {text}"),
                Some(Death::Cpu | Death::Grace | Death::Memory | Death::Aborted(_)) | None => String::new(),
            };
            return Diagnostic::error("internal", format!("The isolate of {name} ended unexpectedly{reason}."));
        }
        Ended::Threw(error) => error,
    };
    let text = error.to_string();
    let text = text.strip_prefix("Uncaught ").unwrap_or(&text);
    let mut diagnostic = Diagnostic::error("threw", format!("{name} threw {text}"));
    let mut files = Files { cwd, read: Vec::new() };
    let place = error.chain().find_map(|error| error.stack.lines().find_map(frame));
    if let Some((file, line, column)) = place
        && let Some((file, offset)) = files.place(&file, line, column)
    {
        diagnostic = diagnostic.at(&file, offset..offset + 1, "");
    }
    diagnostic.help = hint(&error.message).map(str::to_string);
    diagnostic
}

/// What to do about the errors that people make most.
fn hint(message: &str) -> Option<&'static str> {
    if message.starts_with("Disallowed operation called within global scope") {
        return Some("Do it in a function: `export default () => ({ … })`.");
    }
    if message.starts_with("Top-level await") {
        return Some("The file waits for something that does not come.");
    }
    let outside = message.contains("No such module \"node:")
        || ["process", "require", "__dirname", "__filename", "Bun", "Deno"]
            .iter()
            .any(|name| message.starts_with(&format!("{name} is not defined")));
    outside.then_some(
        "A lopata.config is run in an isolate: it can import code and JSON, and it has no files, network or process. \
         What --env says is in the argument of an exported function.",
    )
}

/// The user's file, line and column of one line of a stack.
fn frame(line: &str) -> Option<(PathBuf, u32, u32)> {
    let at = line.trim_start().strip_prefix("at ")?;
    let at = at.rsplit_once(" (").map_or(at, |(_, place)| place.trim_end_matches(')'));
    let (place, column) = at.rsplit_once(':')?;
    let (place, line) = place.rsplit_once(':')?;
    let path = percent_decode_str(place.split_once("file://")?.1).decode_utf8().ok()?;
    let path = PathBuf::from(path.into_owned());
    let known = path.is_file() && !path.components().any(|part| part.as_os_str() == "node_modules");
    known.then_some((path, line.parse().ok()?, column.parse().ok()?))
}

/// The sources that diagnostics point into, each read once.
struct Files<'a> {
    cwd: &'a Path,
    read: Vec<Arc<SourceFile>>,
}

impl Files<'_> {
    /// The file and the byte at `line` and `column` (UTF-16 units), both from 1.
    fn place(&mut self, path: &Path, line: u32, column: u32) -> Option<(Arc<SourceFile>, usize)> {
        let file = match self.read.iter().find(|file| file.path == path) {
            Some(file) => Arc::clone(file),
            None => {
                let file = SourceFile::new(path, self.cwd, std::fs::read_to_string(path).ok()?);
                self.read.push(Arc::clone(&file));
                file
            }
        };
        let mut start = 0;
        for text in file.text.split_inclusive('\n').take(line.saturating_sub(1) as usize) {
            start += text.len();
        }
        let mut units = 1;
        let offset = file.text[start..].char_indices().find_map(|(at, c)| {
            let here = units >= column || c == '\n';
            units += c.len_utf16() as u32;
            here.then_some(at)
        });
        let offset = start + offset.unwrap_or(file.text.len() - start);
        Some((file, offset))
    }
}
