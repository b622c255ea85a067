//! `/cdn-cgi/local/r2/public/<bucket>/<key>`: objects for anybody, as under a bucket's public URL.
//!
//! Reads only; anything else is 401, as there. Statuses and texts are wrangler's.

use http::Method;

use super::serve::{Asked, BadRange, NotServed, range, serve};
use super::{ExposedBucket, reply, split};
use crate::server::{ControlRequest, ControlResponse};

pub async fn answer(buckets: &[ExposedBucket], request: &ControlRequest, rest: &str) -> ControlResponse {
    let Ok((name, Some(key))) = split(rest) else { return not_found() };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return reply::empty(401);
    }
    let Some(exposed) = buckets.iter().find(|exposed| exposed.name == name) else { return not_found() };
    let range = match range(request.headers()) {
        Ok(range) => range,
        Err(BadRange::Unsatisfiable) => return reply::empty(416),
        Err(BadRange::Malformed | BadRange::Inverted) => return reply::empty(400),
    };
    let head = request.method() == Method::HEAD;
    let asked = Asked { key: &key, head, headers: request.headers(), range };
    match serve(&exposed.bucket, asked, |_, _| {}).await {
        Ok(response) => response,
        Err(NotServed::NotFound) => not_found(),
        Err(NotServed::PreconditionFailed) => reply::empty(412),
        Err(NotServed::InvalidRange) => reply::empty(416),
        Err(NotServed::Refused(error)) => reply::text(error.status, "text/plain; charset=UTF-8", error.text),
    }
}

fn not_found() -> ControlResponse {
    reply::text(404, "text/plain; charset=UTF-8", "404 Not Found".to_string())
}
