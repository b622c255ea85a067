//! What the environment says about exporting, by OpenTelemetry's names.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// How long one request may take, unless the environment says otherwise. Source: OpenTelemetry's default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans are sent and as what.
#[derive(Clone, Debug)]
pub struct Config {
    /// The whole URL.
    pub endpoint: Uri,
    /// Sent with each request.
    pub headers: HeaderMap,
    /// `service.name`; each worker's name when not given.
    pub service: Option<String>,
    /// Further attributes of every resource.
    pub resource: Vec<(String, String)>,
    /// How long one request may take.
    pub timeout: Duration,
}

/// What is wrong with the environment. Printed as it is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nowhere to send to.
    #[error("Traces are not exported: {variable} is no http: or https: URL: {value}")]
    Endpoint {
        /// Which variable.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// A protocol that is not spoken here.
    #[error("Traces are not exported: lopata speaks OTLP as `http/json`, not `{0}` (OTEL_EXPORTER_OTLP_PROTOCOL).")]
    Protocol(String),
    /// Something that no header can carry.
    #[error("Traces are not exported: {0} must be `name=value` pairs that are valid headers.")]
    Headers(&'static str),
}

impl Config {
    /// Reads it; `None` when nothing asks for an export. `variable` is `std::env::var`, or a test's.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigError> {
        let set = |name: &str| variable(name).map(|value| value.trim().to_string()).filter(|value| !value.is_empty());
        let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || set("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
        let (variable, url) = match (set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), set("OTEL_EXPORTER_OTLP_ENDPOINT")) {
            _ if disabled => return Ok(None),
            (Some(whole), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", whole),
            (None, Some(base)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/v1/traces", base.trim_end_matches('/'))),
            (None, None) => return Ok(None),
        };
        let endpoint = match url.parse::<Uri>() {
            Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() => uri,
            Ok(_) | Err(_) => return Err(ConfigError::Endpoint { variable, value: url }),
        };
        let protocol = set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| set("OTEL_EXPORTER_OTLP_PROTOCOL"));
        if let Some(protocol) = protocol
            // A collector that takes protobuf over HTTP takes JSON at the same place.
            && !matches!(protocol.as_str(), "http/json" | "http/protobuf")
        {
            return Err(ConfigError::Protocol(protocol));
        }
        let mut headers = HeaderMap::new();
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            for (key, value) in pairs(&set(name).unwrap_or_default()) {
                let key = HeaderName::try_from(key).map_err(|_| ConfigError::Headers(name))?;
                let value = HeaderValue::try_from(value).map_err(|_| ConfigError::Headers(name))?;
                headers.insert(key, value);
            }
        }
        let timeout = set("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| set("OTEL_EXPORTER_OTLP_TIMEOUT"));
        let timeout = timeout.and_then(|text| text.parse::<u64>().ok()).filter(|ms| *ms > 0);
        Ok(Some(Self {
            endpoint,
            headers,
            service: set("OTEL_SERVICE_NAME"),
            resource: pairs(&set("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default()),
            timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
        }))
    }
}

/// `a=1,b=2`, percent-encoded as in W3C baggage. What is no pair is left out.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).filter(|(key, _)| !key.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Config>, ConfigError> {
        Config::read(|wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_string()))
    }

    #[test]
    fn nothing_is_exported_unless_asked_for() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap().is_none());
        let asked = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        assert!(read(&[asked, ("OTEL_SDK_DISABLED", "true")]).unwrap().is_none());
        assert!(read(&[asked, ("OTEL_TRACES_EXPORTER", "none")]).unwrap().is_none());
    }

    #[test]
    fn the_endpoint_of_traces_is_taken_as_it_is() {
        let endpoint = |variables: &[(&str, &str)]| read(variables).unwrap().unwrap().endpoint.to_string();
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");
        assert_eq!(endpoint(&[base]), "http://localhost:4318/v1/traces");
        assert_eq!(endpoint(&[base, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://o.test/t")]), "https://o.test/t");
    }

    #[test]
    fn headers_and_resource_are_lists_of_pairs() {
        let config = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=a%20b, authorization=Basic one"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Basic two"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=dev,broken,=x"),
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
        ]);
        let config = config.unwrap().unwrap();
        assert_eq!(
            (&config.headers["x-team"], &config.headers["authorization"]),
            (&HeaderValue::from_static("a b"), &HeaderValue::from_static("Basic two"))
        );
        assert_eq!(config.resource, [("deployment.environment".to_string(), "dev".to_string())]);
        assert_eq!(config.service.as_deref(), Some("shop"));
        assert_eq!(config.timeout, Duration::from_millis(250));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        for (variables, sentence) in [
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")], "no http: or https: URL: localhost:4318"),
            (vec![base, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "not `grpc`"),
            (vec![base, ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c")], "OTEL_EXPORTER_OTLP_HEADERS must be"),
        ] {
            let error = read(&variables).unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
