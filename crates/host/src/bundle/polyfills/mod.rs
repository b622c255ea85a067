//! Stand-ins for modules of Node that a worker's date does not bring, and for packages that the runtime makes needless.
//!
//! With `nodejs_compat_v2`, wrangler bundles such stand-ins (unenv and its preset), so that a program which imports
//! `node:fs` at an old date starts, and fails where it uses it. Ours are modules beside the bundle: nothing of them is
//! there for a worker that does not import one. What they have by which names, and what they say when they are used, is
//! wrangler's.
//!
//! A stand-in is a file of this folder, with the exports that throw from the table below, and with a default export
//! that has all of them unless the file has its own.

use std::collections::BTreeMap;

use lopata_protocol::{CompatSet, ModuleDefinition};

use super::{modules, paths};

/// One stand-in.
#[derive(Debug)]
pub(super) struct Polyfill {
    /// The module or package, as it is imported without a scheme.
    pub(super) name: &'static str,
    file: &'static str,
    code: &'static str,
    /// What the names of [`Self::throws`] are called in errors: `fs` of `fs.open`.
    prefix: &'static str,
    /// Functions that throw; `a=b` is called `b` in its error.
    throws: &'static str,
    /// Classes that cannot be constructed.
    classes: &'static str,
}

macro_rules! polyfill {
    ($name:literal, $file:literal, $prefix:literal, $throws:literal, $classes:literal) => {
        Polyfill {
            name: $name,
            file: $file,
            code: include_str!(concat!($file, ".js")),
            prefix: $prefix,
            throws: $throws,
            classes: $classes,
        }
    };
}

/// Those for modules of Node, by name.
#[rustfmt::skip]
static MODULES: [Polyfill; 33] = [
    polyfill!("_http_agent", "anything", "", "", ""),
    polyfill!("_http_client", "anything", "", "", ""),
    polyfill!("_http_common", "anything", "", "", ""),
    polyfill!("_http_incoming", "anything", "", "", ""),
    polyfill!("_http_outgoing", "anything", "", "", ""),
    polyfill!("_http_server", "anything", "", "", ""),
    polyfill!("_stream_wrap", "anything", "", "", ""),
    polyfill!("child_process", "child_process", "child_process", "_forkChild=child_process.ChildProcess exec execFile \
        execFileSync execSync=child_process.execSyn fork spawn spawnSync", "ChildProcess"),
    polyfill!("cluster", "cluster", "cluster", "disconnect fork setupMaster setupPrimary", ""),
    polyfill!("console", "console", "", "", ""),
    polyfill!("dgram", "dgram", "", "", ""),
    polyfill!("domain", "domain", "", "", ""),
    polyfill!("fs", "fs", "fs", "_toUnixTimestamp access accessSync appendFile appendFileSync chmod chmodSync chown \
        chownSync close closeSync copyFile copyFileSync cp cpSync createReadStream createWriteStream exists fchmod \
        fchmodSync fchown fchownSync fdatasync fdatasyncSync fstat fstatSync fsync fsyncSync ftruncate ftruncateSync \
        futimes futimesSync glob globSync lchmod lchmodSync lchown lchownSync link linkSync lstat lstatSync lutimes \
        lutimesSync mkdir mkdirSync mkdtemp mkdtempSync open openAsBlob openSync opendir opendirSync read readFile \
        readFileSync readSync readdir readdirSync readlink readlinkSync readv readvSync realpath realpathSync rename \
        renameSync rm rmSync rmdir rmdirSync stat statSync statfs statfsSync symlink symlinkSync truncate truncateSync \
        unlink unlinkSync unwatchFile utimes utimesSync watch watchFile write writeFile writeFileSync writeSync writev \
        writevSync", "Dir Dirent FileReadStream FileWriteStream ReadStream Stats WriteStream"),
    polyfill!("fs/promises", "fs_promises", "fs", "access appendFile chmod chown copyFile cp glob lchmod lchown link \
        lstat lutimes mkdir mkdtemp open opendir readFile readdir readlink realpath rename rm rmdir stat statfs symlink \
        truncate unlink utimes watch writeFile", ""),
    polyfill!("http", "http", "http", "_connectionListener createServer get request setMaxIdleHTTPParsers \
        validateHeaderName validateHeaderValue", "ClientRequest CloseEvent OutgoingMessage Server WebSocket"),
    polyfill!("http2", "http2", "http2", "connect createSecureServer createServer performServerHandshake",
        "Http2ServerRequest Http2ServerResponse"),
    polyfill!("https", "https", "https", "createServer get request", "Server"),
    polyfill!("inspector", "inspector", "inspector", "", "Session"),
    polyfill!("inspector/promises", "inspector_promises", "inspectorPromises", "close open url waitForDebugger",
        "Network Session"),
    polyfill!("os", "os", "os", "setPriority", ""),
    polyfill!("perf_hooks", "perf_hooks", "", "", ""),
    polyfill!("process", "process", "", "", ""),
    polyfill!("punycode", "punycode", "", "", ""),
    polyfill!("readline", "readline", "", "", ""),
    polyfill!("readline/promises", "readline_promises", "", "", ""),
    polyfill!("repl", "repl", "repl", "start", "REPLServer Recoverable writer"),
    polyfill!("sqlite", "sqlite", "sqlite", "", "DatabaseSync StatementSync"),
    polyfill!("trace_events", "trace_events", "", "", ""),
    polyfill!("tty", "tty", "", "", ""),
    polyfill!("v8", "v8", "", "", ""),
    polyfill!("vm", "vm", "vm", "compileFunction runInContext runInNewContext runInThisContext", ""),
    polyfill!("wasi", "wasi", "wasi", "", "WASI"),
    polyfill!("worker_threads", "worker_threads", "worker_threads", "postMessageToThread", ""),
];

/// Those for packages, by name: they stand for the package even where it is installed, at every date.
#[rustfmt::skip]
static PACKAGES: [Polyfill; 10] = [
    polyfill!("cross-fetch", "cross_fetch", "", "", ""),
    polyfill!("cross-fetch/polyfill", "empty", "", "", ""),
    polyfill!("fsevents", "fsevents", "", "", ""),
    polyfill!("inherits", "inherits", "", "", ""),
    polyfill!("isomorphic-fetch", "empty", "", "", ""),
    polyfill!("node-fetch", "node_fetch", "", "", ""),
    polyfill!("node-fetch-native", "node_fetch", "", "", ""),
    polyfill!("node-fetch-native/polyfill", "empty", "", "", ""),
    polyfill!("whatwg-url", "whatwg_url", "whatwg-url", "basicURLParse cannotHaveAUsernamePasswordPort parseURL \
        percentDecodeBytes percentDecodeString serializeHost serializeInteger serializeURL serializeURLOrigin \
        setThePassword setTheUsername", ""),
    polyfill!("whatwg-url/webidl2js-wrapper", "whatwg_url", "whatwg-url", "", ""),
];

/// What stand-ins are made of besides themselves.
#[rustfmt::skip]
static PARTS: [Polyfill; 4] = [
    polyfill!("", "prelude_performance", "", "", ""),
    polyfill!("", "prelude_process", "", "", ""),
    polyfill!("", "process_object", "", "", ""),
    polyfill!("", "throwing", "", "", ""),
];

/// The stand-in for a module of Node.
pub(super) fn of_module(name: &str) -> Option<&'static Polyfill> {
    MODULES.iter().find(|polyfill| polyfill.name == name)
}

/// The stand-in for a package.
pub(super) fn of_package(specifier: &str) -> Option<&'static Polyfill> {
    PACKAGES.iter().find(|polyfill| polyfill.name == specifier)
}

/// Modules that run before a worker's own: they give the global scope what wrangler does at this date.
pub(super) fn preludes(flags: &CompatSet) -> Vec<&'static Polyfill> {
    let part = |file: &str| PARTS.iter().find(|part| part.file == file);
    let process = part("prelude_process").filter(|_| !has_process(flags));
    let performance = part("prelude_performance").filter(|_| !flags.has("enable_nodejs_perf_hooks_module"));
    process.into_iter().chain(performance).collect()
}

/// Whether the runtime's own `process` is taken. wrangler waits for two flags that mend fetch's handling of iterables.
pub(super) fn has_process(flags: &CompatSet) -> bool {
    ["enable_nodejs_process_v2", "fetch_iterable_type_support", "fetch_iterable_type_support_override_adjustment"]
        .iter()
        .all(|flag| flags.has(flag))
}

impl Polyfill {
    /// What a bundle imports it as.
    pub(super) fn specifier(&self) -> String {
        specifier_of(self.file)
    }

    /// Whether it stands for a package, not for a module of Node.
    pub(super) fn is_package(&self) -> bool {
        of_package(self.name).is_some()
    }

    /// Adds it, and what it imports.
    pub(super) fn add_to(&self, found: &mut BTreeMap<String, ModuleDefinition>) {
        let specifier = self.specifier();
        if found.contains_key(&specifier) {
            return;
        }
        let code = self.source();
        found.insert(specifier.clone(), modules::javascript(specifier, code.clone(), None));
        for file in imports(&code) {
            let part = MODULES.iter().chain(&PARTS).find(|part| part.file == file);
            part.expect("a stand-in imports files of this table, says a test").add_to(found);
        }
    }

    fn source(&self) -> String {
        let mut code = self.code.to_string();
        let mut names: Vec<&str> = own_exports(self.code).collect();
        let thrown = [("missing", self.throws), ("missingClass", self.classes)];
        if thrown.iter().any(|(_, list)| !list.is_empty()) {
            code.push_str("\nimport * as __lopata from \"./throwing.js\";\n");
        }
        for (make, list) in thrown {
            for entry in list.split_whitespace() {
                let (name, what) = match entry.split_once('=') {
                    Some((name, what)) => (name, what.to_string()),
                    None => (entry, format!("{}.{entry}", self.prefix)),
                };
                code.push_str(&format!("export const {name} = __lopata.{make}(\"{what}\");\n"));
                names.push(name);
            }
        }
        // Packages of the web have no default export unless they say so.
        if !self.code.contains("export default") && !self.name.is_empty() && !self.is_package() {
            code.push_str(&format!("export default {{ {} }};\n", names.join(", ")));
        }
        code
    }
}

fn specifier_of(file: &str) -> String {
    format!("{}node/{file}.js", paths::MODULES_BASE)
}

/// The files of this folder that code imports.
fn imports(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| line.split_once("\"./")?.1.strip_suffix(".js\";"))
}

/// The names of a file's own exports, which are declared at the start of a line.
fn own_exports(code: &str) -> impl Iterator<Item = &str> {
    let declared = ["export const ", "export class ", "export function "];
    code.lines().filter_map(move |line| {
        let rest = declared.iter().find_map(|start| line.strip_prefix(start))?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        Some(&rest[..end]).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(MODULES.is_sorted_by_key(|polyfill| polyfill.name));
        assert!(PACKAGES.is_sorted_by_key(|polyfill| polyfill.name));
        for polyfill in &MODULES {
            let name = polyfill.name;
            assert!(lopata_protocol::node::MODULES.iter().any(|module| module.name == name), "{name}");
        }
    }

    #[test]
    fn each_one_comes_with_what_it_imports() {
        for polyfill in MODULES.iter().chain(&PACKAGES).chain(&PARTS) {
            let mut found = BTreeMap::new();
            polyfill.add_to(&mut found);
            assert!(found.contains_key(&polyfill.specifier()));
        }
        let mut found = BTreeMap::new();
        of_module("fs").unwrap().add_to(&mut found);
        let files: Vec<&str> = found.keys().map(|specifier| specifier.rsplit('/').next().unwrap()).collect();
        assert_eq!(files, ["fs.js", "fs_promises.js", "throwing.js"]);
    }

    #[test]
    fn the_default_export_has_all_names() {
        let code = of_module("wasi").unwrap().source();
        assert!(code.contains("export const WASI = __lopata.missingClass(\"wasi.WASI\");"));
        assert!(code.ends_with("export default { WASI };\n"), "{code}");
        let code = of_module("child_process").unwrap().source();
        assert!(code.contains("export const execSync = __lopata.missing(\"child_process.execSyn\");"));
    }
}
