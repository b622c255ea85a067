//! Writes the page. The only module that makes HTML, and every foreign text in it goes through [`Escaped`].

use std::fmt::{self, Display, Write};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request;
use lopata_protocol::WireError;
use sha2::{Digest, Sha256};

use super::highlight::{self, scan};
use super::stack::{Frame, frames};
use super::{Subject, mask, source, text};
use crate::server::handler::{Diagnostic, ErrorContext, Failure};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Frames of one stack that are shown.
const FRAMES_MAX: usize = 60;
/// Own frames of one stack whose source is read.
const EXCERPTS_MAX: usize = 12;
/// Diagnostics of one build that are shown.
const DIAGNOSTICS_MAX: usize = 20;
/// Characters of a message or a value that are shown.
const TEXT_CHARS_MAX: usize = 4000;
/// Characters of the plain text behind the copy button.
const COPY_CHARS_MAX: usize = 64 * 1024;

/// The request as the page shows it: the client's own view.
pub(super) struct RequestView {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl RequestView {
    pub(super) fn new(parts: &request::Parts, tls: bool) -> Self {
        let scheme = if tls { "https" } else { "http" };
        let host = match parts.headers.get("host") {
            Some(host) => String::from_utf8_lossy(host.as_bytes()).into_owned(),
            None => parts.uri.authority().map(ToString::to_string).unwrap_or_default(),
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Self {
            method: parts.method.as_str().to_owned(),
            url: format!("{scheme}://{host}{target}"),
            headers: headers.collect(),
        }
    }
}

/// Lets the page run its own style and script and nothing else, should a text ever escape its place.
pub(super) fn content_security_policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The whole page.
pub(super) fn page(subject: &Subject, context: &ErrorContext, request: &RequestView, revision: Option<u64>) -> String {
    let mut page = Page { out: String::with_capacity(32 * 1024), context };
    page.write(subject, request, revision).expect("writing to a String cannot fail");
    page.out
}

/// A text that is not HTML, cut to a length that a browser can show.
struct Escaped<'a> {
    text: &'a str,
    chars_max: usize,
}

fn escaped(text: &str) -> Escaped<'_> {
    Escaped { text, chars_max: TEXT_CHARS_MAX }
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, c) in self.text.chars().enumerate() {
            match c {
                _ if index == self.chars_max => return f.write_str("…"),
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // A NUL is dropped by parsers, and direction overrides can make code look like other code.
                '\0' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => f.write_str("\u{fffd}")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

struct Page<'a> {
    out: String,
    context: &'a ErrorContext,
}

impl Page<'_> {
    fn write(&mut self, subject: &Subject, request: &RequestView, revision: Option<u64>) -> fmt::Result {
        let status = subject.status();
        let title = match subject {
            Subject::Thrown(error) => error.to_string(),
            Subject::Refused { message, .. } => message.clone(),
            Subject::Failure { failure, .. } => match &**failure {
                Failure::Build(_) => "Build failed".to_owned(),
                Failure::Start(error) => error.to_string(),
            },
        };
        write!(
            self.out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"dark light\"><link rel=\"icon\" href=\"data:,\">\
             <title>{}</title><style>{STYLE}</style></head><body",
            escaped(&title)
        )?;
        if let Some(revision) = revision {
            write!(self.out, " data-revision=\"{revision}\"")?;
        }
        write!(
            self.out,
            "><header class=\"bar\"><span class=\"brand\">lopata</span><span class=\"worker\">{}</span>\
             <span class=\"asked\"><b>{}</b> {}</span><span class=\"status\">{}</span></header><main>",
            escaped(&self.context.worker),
            escaped(&request.method),
            escaped(path_of(&request.url)),
            status.as_u16()
        )?;
        match subject {
            Subject::Thrown(error) => self.error("Uncaught exception", error)?,
            Subject::Refused { message, .. } => self.hero("Not delivered", status.as_str(), message, None)?,
            Subject::Failure { failure, .. } => match &**failure {
                Failure::Start(error) => self.error("The worker could not start", error)?,
                Failure::Build(diagnostics) => self.build(diagnostics)?,
            },
        }
        self.out.push_str("<div class=\"pair\">");
        self.request(request)?;
        self.bindings()?;
        self.out.push_str("</div></main>");
        writeln!(
            self.out,
            "<template id=\"plain\">{}</template><script>{SCRIPT}</script></body></html>",
            Escaped { text: &text::plain(subject), chars_max: COPY_CHARS_MAX }
        )
    }

    fn hero(&mut self, kind: &str, name: &str, message: &str, place: Option<&str>) -> fmt::Result {
        write!(
            self.out,
            "<section class=\"hero\"><div class=\"kind\">{}</div><h1><span class=\"name\">{}</span>\
             <span class=\"message\">{}</span></h1><div class=\"actions\">",
            escaped(kind),
            escaped(name),
            escaped(message)
        )?;
        if let Some(place) = place {
            write!(self.out, "<code class=\"place\">{}</code>", escaped(place))?;
        }
        self.out.push_str("<button id=\"copy\" type=\"button\">Copy</button></div></section>");
        Ok(())
    }

    fn error(&mut self, kind: &str, error: &WireError) -> fmt::Result {
        let all = frames(&error.stack, FRAMES_MAX);
        let place = all.iter().find(|frame| frame.is_own()).map(|frame| self.place(frame));
        let name = if error.name.is_empty() { "Error" } else { &error.name };
        self.hero(kind, name, &error.message, place.as_deref())?;
        self.properties(error)?;
        self.stack(&all)?;
        for cause in error.chain().skip(1).take(text::CAUSES_MAX) {
            write!(
                self.out,
                "<section class=\"cause\"><div class=\"kind\">Caused by</div><h2><span class=\"name\">{}</span>\
                 <span class=\"message\">{}</span></h2></section>",
                escaped(if cause.name.is_empty() { "Error" } else { &cause.name }),
                escaped(&cause.message)
            )?;
            self.properties(cause)?;
            self.stack(&frames(&cause.stack, FRAMES_MAX))?;
        }
        Ok(())
    }

    fn properties(&mut self, error: &WireError) -> fmt::Result {
        if error.properties.is_empty() {
            return Ok(());
        }
        self.out.push_str("<section class=\"card\"><table>");
        for (name, value) in &error.properties {
            let value = value.to_string();
            self.row(name, mask::binding(name, &value, false))?;
        }
        self.out.push_str("</table></section>");
        Ok(())
    }

    /// A stack: the innermost own frame open, the others folded, those of packages and the runtime in one fold.
    fn stack(&mut self, all: &[Frame]) -> fmt::Result {
        if all.is_empty() {
            return Ok(());
        }
        self.out.push_str("<section class=\"card stack\">");
        let mut own_seen = 0;
        for run in all.chunk_by(|a, b| a.is_own() == b.is_own()) {
            if run[0].is_own() {
                for frame in run {
                    own_seen += 1;
                    self.own_frame(frame, own_seen)?;
                }
                continue;
            }
            let plural = if run.len() == 1 { "" } else { "s" };
            write!(
                self.out,
                "<details class=\"foreign\"><summary>{} frame{plural} of packages and the runtime</summary>",
                run.len()
            )?;
            for frame in run {
                self.out.push_str("<div class=\"frame\">");
                self.frame_line(frame)?;
                self.out.push_str("</div>");
            }
            self.out.push_str("</details>");
        }
        self.out.push_str("</section>");
        Ok(())
    }

    fn own_frame(&mut self, frame: &Frame, number: usize) -> fmt::Result {
        let roots = &self.context.source_roots;
        let excerpt = match &frame.file {
            Some(file) if number <= EXCERPTS_MAX => source::excerpt(file, frame.line, roots),
            _ => None,
        };
        let Some(excerpt) = excerpt else {
            self.out.push_str("<div class=\"frame\">");
            self.frame_line(frame)?;
            self.out.push_str("</div>");
            return Ok(());
        };
        let open = if number == 1 { " open" } else { "" };
        write!(self.out, "<details class=\"own\"{open}><summary class=\"frame\">")?;
        self.frame_line(frame)?;
        self.out.push_str("</summary>");
        self.excerpt(&excerpt, frame.line, frame.column)?;
        self.out.push_str("</details>");
        Ok(())
    }

    fn frame_line(&mut self, frame: &Frame) -> fmt::Result {
        let function = if frame.function.is_empty() { "(top level)" } else { &frame.function };
        let place = self.place(frame);
        write!(self.out, "<b>{}</b> <code>{}</code>", escaped(function), escaped(&place))
    }

    fn place(&self, frame: &Frame) -> String {
        let Some(file) = &frame.file else { return frame.location.clone() };
        let file = source::display(file, &self.context.source_roots);
        match (frame.line, frame.column) {
            (0, _) => file,
            (line, 0) => format!("{file}:{line}"),
            (line, column) => format!("{file}:{line}:{column}"),
        }
    }

    fn excerpt(&mut self, excerpt: &source::Excerpt, line: u32, column: u32) -> fmt::Result {
        self.out.push_str("<pre class=\"code\">");
        let mut state = highlight::state_after(&excerpt.before);
        for (number, content) in (excerpt.first..).zip(&excerpt.lines) {
            let here = number == line;
            let class = if here { "line here" } else { "line" };
            write!(self.out, "<span class=\"{class}\"><i>{number}</i><code>")?;
            let out = &mut self.out;
            let mut result = Ok(());
            state = scan(content, state, |token, piece| {
                let written = match token.class() {
                    "" => write!(out, "{}", escaped(piece)),
                    class => write!(out, "<span class=\"{class}\">{}</span>", escaped(piece)),
                };
                result = result.and(written);
            });
            result?;
            self.out.push_str("\n</code></span>");
            if here && column > 0 && (column as usize) <= content.encode_utf16().count() + 1 {
                // Tabs stay tabs, so that the caret stands where the eye looks.
                let before = content.chars().take(column as usize - 1);
                let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                write!(self.out, "<span class=\"line caret\"><i></i><code>{indent}^\n</code></span>")?;
            }
        }
        self.out.push_str("</pre>");
        Ok(())
    }

    fn build(&mut self, diagnostics: &[Diagnostic]) -> fmt::Result {
        let count = diagnostics.len();
        let message = match diagnostics {
            [only] => only.message.clone(),
            _ => format!("{count} errors"),
        };
        self.hero("The code that is saved does not build", "Build failed", &message, None)?;
        for diagnostic in diagnostics.iter().take(DIAGNOSTICS_MAX) {
            self.diagnostic(diagnostic)?;
        }
        if count > DIAGNOSTICS_MAX {
            write!(self.out, "<p class=\"more\">and {} more</p>", count - DIAGNOSTICS_MAX)?;
        }
        Ok(())
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) -> fmt::Result {
        let roots: &[PathBuf] = &self.context.source_roots;
        let place = diagnostic.file.as_ref().map(|file| {
            let shown = Diagnostic { file: Some(source::display(file, roots).into()), ..diagnostic.clone() };
            text::place(&shown).unwrap_or_default()
        });
        let excerpt = match (&diagnostic.frame, &diagnostic.file) {
            (None, Some(file)) => source::excerpt(file, diagnostic.line, roots),
            _ => None,
        };
        self.out.push_str("<section class=\"card\"><div class=\"frame\">");
        write!(self.out, "<b>{}</b>", escaped(&diagnostic.message))?;
        if let Some(place) = place {
            write!(self.out, " <code>{}</code>", escaped(&place))?;
        }
        self.out.push_str("</div>");
        if let Some(frame) = &diagnostic.frame {
            write!(self.out, "<pre class=\"code given\">{}</pre>", escaped(frame))?;
        }
        if let Some(excerpt) = excerpt {
            self.excerpt(&excerpt, diagnostic.line, diagnostic.column)?;
        }
        if let Some(hint) = &diagnostic.hint {
            write!(self.out, "<p class=\"hint\">{}</p>", escaped(hint))?;
        }
        self.out.push_str("</section>");
        Ok(())
    }

    fn request(&mut self, request: &RequestView) -> fmt::Result {
        write!(
            self.out,
            "<section class=\"card\"><h3>Request</h3><p class=\"url\"><b>{}</b> {}</p><table>",
            escaped(&request.method),
            escaped(&request.url)
        )?;
        for (name, value) in &request.headers {
            self.row(name, &mask::header(name, value))?;
        }
        self.out.push_str("</table></section>");
        Ok(())
    }

    fn bindings(&mut self) -> fmt::Result {
        self.out.push_str("<section class=\"card\"><h3>Bindings</h3>");
        if self.context.bindings.is_empty() {
            self.out.push_str("<p class=\"none\">The worker has none.</p></section>");
            return Ok(());
        }
        self.out.push_str("<table>");
        for binding in &self.context.bindings {
            let value = binding.value.as_deref().map(|value| mask::binding(&binding.name, value, binding.secret));
            let value = value.or(binding.secret.then_some(mask::HIDDEN)).unwrap_or_default();
            write!(
                self.out,
                "<tr><th>env.{}</th><td><span class=\"tag\">{}</span> {}</td></tr>",
                escaped(&binding.name),
                escaped(&binding.kind),
                escaped(value)
            )?;
        }
        self.out.push_str("</table></section>");
        Ok(())
    }

    fn row(&mut self, name: &str, value: &str) -> fmt::Result {
        write!(self.out, "<tr><th>{}</th><td>{}</td></tr>", escaped(name), escaped(value))
    }
}

/// The part of a URL after its host.
fn path_of(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.find('/').map_or("/", |at| &after[at..])
}
