//! The page for an error: what broke, where in the user's code, and around which request.
//!
//! Three forms, chosen as wrangler chooses: HTML for whoever takes it (but not for curl), JSON for whoever asks for
//! it, the plain stack for the rest. Errors of a handler, of a start and of a build share it.
//!
//! Invariants: everything that comes from the worker, the client or a file is escaped in one place ([`html`]);
//! secrets are masked before they get there ([`mask`]); a stack can only bring up files below the worker's own
//! source folders ([`source`]), because its text is user code's to write.

mod highlight;
mod html;
mod mask;
mod source;
mod stack;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request};
use lopata_protocol::WireError;

use self::html::RequestView;
use super::handler::{Failure, Handler, Refusal, Target};

/// What the page is about.
pub(crate) enum Subject {
    /// A request failed: the handler threw, or its answer cannot be sent.
    Thrown(WireError),
    /// There is no worker, or a newer one does not work.
    Failure {
        /// The status to answer with.
        status: u16,
        /// Why.
        failure: Arc<Failure>,
    },
    /// The request could not be delivered.
    Refused {
        /// The status to answer with.
        status: u16,
        /// One sentence.
        message: String,
    },
}

impl Subject {
    fn status(&self) -> StatusCode {
        let status = match self {
            Self::Thrown(_) => 500,
            Self::Failure { status, .. } | Self::Refused { status, .. } => *status,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Refusal> for Subject {
    fn from(Refusal { status, message, failure }: Refusal) -> Self {
        match failure {
            Some(failure) => Self::Failure { status, failure },
            None => Self::Refused { status, message },
        }
    }
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Json,
    Text,
}

/// Makes the response for `subject` in the form that the client wants.
pub(super) async fn respond(
    handler: &dyn Handler,
    target: Target,
    parts: &request::Parts,
    tls: bool,
    subject: Subject,
) -> Response<Bytes> {
    let status = subject.status();
    let form = form(&parts.headers);
    let (body, content_type) = match form {
        Form::Text => (text::plain(&subject), "text/plain;charset=UTF-8"),
        Form::Json => (text::json(&subject), "application/json"),
        Form::Html => {
            let revision = handler.revisions().map(|revisions| *revisions.borrow());
            let context = handler.error_context(target);
            let request = RequestView::new(parts, tls);
            // Source files are read, and a disk may be slow.
            let page = tokio::task::spawn_blocking(move || html::page(&subject, &context, &request, revision)).await;
            (page.unwrap_or_else(|_| "The error page failed.".to_owned()), "text/html;charset=UTF-8")
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if form == Form::Html {
        let policy = HeaderValue::from_str(&html::content_security_policy()).expect("the policy is ASCII");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn form(headers: &HeaderMap) -> Form {
    let lower = |name| {
        let value = headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
        String::from_utf8_lossy(value).to_ascii_lowercase()
    };
    let (accept, agent) = (lower(header::ACCEPT), lower(header::USER_AGENT));
    if accept.contains("application/json") && !accept.contains("text/html") {
        return Form::Json;
    }
    let takes_html = ["text/html", "*/*", "text/*"].iter().any(|kind| accept.contains(kind));
    if takes_html && !agent.contains("curl/") { Form::Html } else { Form::Text }
}
