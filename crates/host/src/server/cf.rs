//! The `request.cf` object: what the edge would know about the client, made up once and shared.
//!
//! The values are those that every local simulator of Workers uses: a client in Austin served from Dallas. They
//! are never fetched. What is real is filled in: the protocol, the TLS session, the client's `Accept-Encoding`.
//!
//! Invariant: the JSON is built once per connection and `Accept-Encoding`, not once per request.

use std::sync::Arc;

use http::{HeaderValue, Version};
use serde_json::{Map, Value, json};

/// What is the same for all connections.
#[derive(Debug)]
pub(super) struct CfTemplate {
    base: Map<String, Value>,
    /// For `CF-IPCountry`.
    country: String,
    /// For the suffix of `CF-Ray`.
    colo: String,
}

impl CfTemplate {
    /// A template with this base, or the built-in one.
    pub(super) fn new(base: Option<Map<String, Value>>) -> Self {
        let base = base.unwrap_or_else(built_in);
        let text = |key: &str, otherwise: &str| {
            let value = base.get(key).and_then(Value::as_str).unwrap_or(otherwise);
            // Both become header values.
            value.chars().filter(char::is_ascii_alphanumeric).collect::<String>()
        };
        let (country, colo) = (text("country", "US"), text("colo", "DFW"));
        Self { base, country, colo }
    }

    /// `CF-IPCountry`.
    pub(super) fn country(&self) -> &str {
        &self.country
    }

    /// The data centre's code.
    pub(super) fn colo(&self) -> &str {
        &self.colo
    }

    fn render(&self, version: Version, tls: Option<(&str, &str)>, accept_encoding: &[u8]) -> Arc<str> {
        let mut cf = self.base.clone();
        let mut set = |key: &str, value: String| cf.insert(key.to_owned(), Value::String(value));
        // Bytes above 127 are read as Latin-1, as they are in every header.
        set("clientAcceptEncoding", accept_encoding.iter().copied().map(char::from).collect());
        set("httpProtocol", format!("{version:?}").replace("HTTP/2.0", "HTTP/2"));
        if let Some((version, cipher)) = tls {
            set("tlsVersion", version.to_owned());
            set("tlsCipher", cipher.to_owned());
        }
        Value::Object(cf).to_string().into()
    }
}

/// The last object of one connection: almost always the next one too.
#[derive(Default)]
pub(super) struct CfCache {
    last: Option<Cached>,
}

struct Cached {
    template: Arc<CfTemplate>,
    version: Version,
    accept_encoding: Option<HeaderValue>,
    json: Arc<str>,
}

impl CfCache {
    /// The JSON text for one request.
    pub(super) fn get(
        &mut self,
        template: &Arc<CfTemplate>,
        version: Version,
        tls: Option<(&str, &str)>,
        accept_encoding: Option<&HeaderValue>,
    ) -> Arc<str> {
        if let Some(cached) = &self.last
            && Arc::ptr_eq(&cached.template, template)
            && cached.version == version
            && cached.accept_encoding.as_ref() == accept_encoding
        {
            return Arc::clone(&cached.json);
        }
        // wrangler gives an empty string, not an absent property, when the client sent no such header.
        let json = template.render(version, tls, accept_encoding.map_or(b"", HeaderValue::as_bytes));
        self.last = Some(Cached {
            template: Arc::clone(template),
            version,
            accept_encoding: accept_encoding.cloned(),
            json: Arc::clone(&json),
        });
        json
    }
}

fn built_in() -> Map<String, Value> {
    let no_certificate = [
        "certIssuerDN",
        "certSubjectDN",
        "certIssuerDNRFC2253",
        "certSubjectDNRFC2253",
        "certIssuerDNLegacy",
        "certSubjectDNLegacy",
        "certSerial",
        "certIssuerSerial",
        "certSKI",
        "certIssuerSKI",
        "certFingerprintSHA1",
        "certFingerprintSHA256",
        "certNotBefore",
        "certNotAfter",
    ];
    let mut tls_client_auth = Map::new();
    for (key, value) in [("certPresented", "0"), ("certVerified", "NONE"), ("certRevoked", "0")] {
        tls_client_auth.insert(key.to_owned(), Value::from(value));
    }
    for key in no_certificate {
        tls_client_auth.insert(key.to_owned(), Value::from(""));
    }
    let Value::Object(cf) = json!({
        "asOrganization": "",
        "asn": 395747,
        "colo": "DFW",
        "city": "Austin",
        "region": "Texas",
        "regionCode": "TX",
        "metroCode": "635",
        "postalCode": "78701",
        "country": "US",
        "continent": "NA",
        "timezone": "America/Chicago",
        "latitude": "30.27130",
        "longitude": "-97.74260",
        "clientTcpRtt": 0,
        "httpProtocol": "HTTP/1.1",
        "requestPriority": "weight=192;exclusive=0",
        "tlsCipher": "AEAD-AES128-GCM-SHA256",
        "tlsVersion": "TLSv1.3",
        "tlsClientAuth": tls_client_auth,
        "edgeRequestKeepAliveStatus": 0,
        "clientTrustScore": 99,
        "botManagement": {
            "corporateProxy": false,
            "verifiedBot": false,
            "ja3Hash": "25b4882c2bcb50cd6b469ff28c596742",
            "staticResource": false,
            "detectionIds": [],
            "score": 99,
        },
    }) else {
        unreachable!("the literal above is an object")
    };
    cf
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_object_is_made_once_for_the_same_client() {
        let template = Arc::new(CfTemplate::new(None));
        let mut cache = CfCache::default();
        let gzip = HeaderValue::from_static("gzip, zstd");
        let first = cache.get(&template, Version::HTTP_11, None, Some(&gzip));
        let second = cache.get(&template, Version::HTTP_11, None, Some(&gzip));
        assert!(Arc::ptr_eq(&first, &second));
        let cf: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(cf["clientAcceptEncoding"], "gzip, zstd");
        assert_eq!(cf["httpProtocol"], "HTTP/1.1");
        assert_eq!(cf["city"], "Austin");

        let other = cache.get(&template, Version::HTTP_2, Some(("TLSv1.2", "X")), None);
        let cf: Value = serde_json::from_str(&other).unwrap();
        assert_eq!(cf["clientAcceptEncoding"], "");
        assert_eq!(cf["httpProtocol"], "HTTP/2");
        assert_eq!((&cf["tlsVersion"], &cf["tlsCipher"]), (&json!("TLSv1.2"), &json!("X")));
    }

    #[test]
    fn a_base_of_the_user_replaces_the_built_in_one() {
        let Value::Object(base) = json!({ "colo": "PRG", "country": "CZ\r\nX: y" }) else { unreachable!() };
        let template = CfTemplate::new(Some(base));
        assert_eq!((template.colo(), template.country()), ("PRG", "CZXy"));
    }
}
