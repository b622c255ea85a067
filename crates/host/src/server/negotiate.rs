//! Decides how a response's body is encoded on its way out.
//!
//! The worker's `Content-Encoding` is a wish: the body is still plain, and is encoded as the header says when the
//! client accepts it; otherwise it goes out plain and the header goes. A client that refuses plain bodies gets an
//! encoding it accepts, or 415. Nothing is compressed that neither side asked for: on a developer's machine it
//! would cost time and save nothing.

/// An encoding that the server can apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// Reads `Content-Encoding`; `None` for one that is not known, which is left to the worker.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        match value.trim_ascii() {
            value if value.eq_ignore_ascii_case(b"gzip") || value.eq_ignore_ascii_case(b"x-gzip") => Some(Self::Gzip),
            value if value.eq_ignore_ascii_case(b"br") => Some(Self::Brotli),
            _ => None,
        }
    }

    /// The name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// What happens to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The body and its header go out as they are.
    AsIs,
    /// The body goes out plain, and `Content-Encoding` is dropped.
    Plain,
    /// The body is encoded, and `Content-Encoding` names it.
    Encode(Coding),
    /// There is no form that the client accepts: 415.
    Unacceptable,
}

/// Decides for a plain body. `wish` is the worker's `Content-Encoding`, `accepted` the client's `Accept-Encoding`.
pub(super) fn plan(wish: Option<&[u8]>, accepted: Option<&[u8]>) -> Plan {
    let coding = wish.map(Coding::parse);
    // An encoding of the worker's own making is the worker's business.
    if let Some(None) = coding {
        return Plan::AsIs;
    }
    let wished = coding.flatten();
    // A client that says nothing accepts anything.
    let Some(accepted) = accepted.map(Accepted::parse).filter(|accepted| accepted.says_something) else {
        return wished.map_or(Plan::AsIs, Plan::Encode);
    };
    match wished {
        Some(wished) if accepted.weight(wished) > 0 => Plan::Encode(wished),
        _ if !accepted.identity_refused() => wished.map_or(Plan::AsIs, |_| Plan::Plain),
        _ => accepted.best().map_or(Plan::Unacceptable, Plan::Encode),
    }
}

/// An `Accept-Encoding` header, as far as the server's encodings go. Weights are in thousandths.
#[derive(Default)]
struct Accepted {
    gzip: Option<u16>,
    brotli: Option<u16>,
    identity: Option<u16>,
    any: Option<u16>,
    /// True when there was an element, known or not.
    says_something: bool,
}

impl Accepted {
    fn parse(header: &[u8]) -> Self {
        let mut accepted = Self::default();
        for element in header.split(|byte| *byte == b',') {
            let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let Some(coding) = parts.next().filter(|coding| !coding.is_empty()) else { continue };
            let Some(weight) = weight(parts) else { continue };
            accepted.says_something = true;
            let slot = match coding.to_ascii_lowercase().as_slice() {
                b"gzip" | b"x-gzip" => &mut accepted.gzip,
                b"br" => &mut accepted.brotli,
                b"identity" => &mut accepted.identity,
                b"*" => &mut accepted.any,
                _ => continue,
            };
            *slot = Some(weight);
        }
        accepted
    }

    fn weight(&self, coding: Coding) -> u16 {
        let own = match coding {
            Coding::Gzip => self.gzip,
            Coding::Brotli => self.brotli,
        };
        own.or(self.any).unwrap_or(0)
    }

    fn identity_refused(&self) -> bool {
        self.identity.or(self.any) == Some(0)
    }

    fn best(&self) -> Option<Coding> {
        // Gzip is cheaper to make; it wins a tie.
        let (gzip, brotli) = (self.weight(Coding::Gzip), self.weight(Coding::Brotli));
        match (gzip, brotli) {
            (0, 0) => None,
            _ if gzip >= brotli => Some(Coding::Gzip),
            _ => Some(Coding::Brotli),
        }
    }
}

/// The `q` of an element, 1000 without one; `None` when it is malformed, which voids the element.
fn weight<'a>(parameters: impl Iterator<Item = &'a [u8]>) -> Option<u16> {
    for parameter in parameters {
        let text = std::str::from_utf8(parameter).ok()?;
        let (name, value) = text.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            let value: f32 = value.trim().parse().ok()?;
            return (value >= 0.0).then_some((value.min(1.0) * 1000.0) as u16);
        }
    }
    Some(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_wishes_and_clients() {
        use Coding::{Brotli, Gzip};
        use Plan::{AsIs, Encode, Plain, Unacceptable};
        let cases: &[(Option<&str>, Option<&str>, Plan)] = &[
            // No wish: nothing happens, unless the client refuses plain bodies.
            (None, None, AsIs),
            (None, Some("gzip, br"), AsIs),
            (None, Some("identity"), AsIs),
            (None, Some("identity;q=0, gzip"), Encode(Gzip)),
            (None, Some("identity;q=0, gzip;q=0.5, br;q=0.9"), Encode(Brotli)),
            (None, Some("identity;q=0"), Unacceptable),
            (None, Some("*;q=0"), Unacceptable),
            (None, Some("*;q=0, identity"), AsIs),
            (None, Some("identity;q=0, *"), Encode(Gzip)),
            // A wish that the client shares.
            (Some("gzip"), None, Encode(Gzip)),
            (Some("gzip"), Some(""), Encode(Gzip)),
            (Some("gzip"), Some("gzip"), Encode(Gzip)),
            (Some("GZIP"), Some("GZip;Q=0.1"), Encode(Gzip)),
            (Some("br"), Some("gzip, deflate, br"), Encode(Brotli)),
            (Some("br"), Some("*"), Encode(Brotli)),
            // A wish that the client does not share.
            (Some("br"), Some("gzip"), Plain),
            (Some("gzip"), Some("gzip;q=0, *"), Plain),
            (Some("gzip"), Some("gzip;q=0"), Plain),
            (Some("br"), Some("gzip, identity;q=0"), Encode(Gzip)),
            (Some("br"), Some("identity;q=0"), Unacceptable),
            // Encodings that are not the server's business, and clients that talk nonsense.
            (Some("zstd"), Some("gzip"), AsIs),
            (Some("gzip, br"), Some("gzip"), AsIs),
            (Some("identity"), Some("gzip"), AsIs),
            (Some("gzip"), Some("gzip;q=5"), Encode(Gzip)),
            (Some("gzip"), Some("zstd"), Plain),
            (Some("gzip"), Some("gzip;q=-1, br;q=x"), Encode(Gzip)),
            (Some("gzip"), Some(";;;,, ,"), Encode(Gzip)),
        ];
        for (wish, accepted, expected) in cases {
            let got = plan(wish.map(str::as_bytes), accepted.map(str::as_bytes));
            assert_eq!(got, *expected, "wish {wish:?}, client {accepted:?}");
        }
    }
}
