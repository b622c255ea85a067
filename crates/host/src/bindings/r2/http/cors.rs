//! Leave for pages of other origins to use these endpoints. Headers and their values are wrangler's.

use http::{HeaderValue, Method, header};

use super::reply;
use crate::server::{ControlRequest, ControlResponse};

/// The answer to a browser that asks first; `None` for any other request.
pub fn preflight(request: &ControlRequest, methods: &'static str) -> Option<ControlResponse> {
    if request.method() != Method::OPTIONS {
        return None;
    }
    let mut response = allow(reply::empty(204));
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|asked| asked.to_str().ok());
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        let names: Vec<_> = asked.split(',').map(str::trim).collect();
        if let Ok(names) = HeaderValue::from_str(&names.join(",")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
            headers.append(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
        }
    }
    Some(response)
}

/// Lets any page read the answer with all its headers.
pub fn allow(mut response: ControlResponse) -> ControlResponse {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    response
}
