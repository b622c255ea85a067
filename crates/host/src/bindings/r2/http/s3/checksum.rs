//! What a client says of the bytes it sends, and whether it is true: `Content-MD5`, `x-amz-checksum-*` as a header or
//! as a field after the body, and the SHA-256 that was signed.
//!
//! The bytes are hashed as they pass, by what was asked for and nothing else. A body that does not fit is refused
//! once it is through; until then nothing may be made of it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::chunked::Fields;
use super::errors::S3Error;
use super::sigv4::{Head, Payload, hex};

/// The algorithms of `x-amz-checksum-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-32 as zip has it.
    Crc32,
    /// CRC-32 by Castagnoli.
    Crc32c,
    /// CRC-64 of NVMe.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The header with its value.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// As R2 calls it in a refusal.
    fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    fn hasher(self) -> Hasher {
        match self {
            Self::Crc32 => Hasher::Crc32(flate2::Crc::new()),
            Self::Crc32c => Hasher::Crc32c(Crc::new(&CRC32C)),
            Self::Crc64Nvme => Hasher::Crc64Nvme(Crc::new(&CRC64_NVME)),
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
        }
    }
}

/// A checksum in the making.
#[derive(Debug)]
enum Hasher {
    Crc32(flate2::Crc),
    Crc32c(Crc),
    Crc64Nvme(Crc),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(data),
            Self::Crc32c(crc) | Self::Crc64Nvme(crc) => crc.update(data),
            Self::Sha1(hash) => hash.update(data),
            Self::Sha256(hash) => hash.update(data),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(crc) => crc.sum().to_be_bytes().to_vec(),
            Self::Crc32c(crc) => crc.finish().to_be_bytes()[4..].to_vec(),
            Self::Crc64Nvme(crc) => crc.finish().to_be_bytes().to_vec(),
            Self::Sha1(hash) => hash.finalize().to_vec(),
            Self::Sha256(hash) => hash.finalize().to_vec(),
        }
    }
}

/// A reflected CRC of up to 64 bits, eight bytes at a time.
#[derive(Debug)]
struct Crc {
    tables: &'static [[u64; 256]; 8],
    state: u64,
    all_ones: u64,
}

static CRC32C: [[u64; 256]; 8] = tables(0x82f6_3b78);
static CRC64_NVME: [[u64; 256]; 8] = tables(0x9a6c_9329_ac4b_c9b5);

const fn tables(polynomial: u64) -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ polynomial } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut byte = 0;
    while byte < 256 {
        let mut table = 1;
        while table < 8 {
            let before: u64 = tables[table - 1][byte];
            tables[table][byte] = tables[0][(before & 0xff) as usize] ^ (before >> 8);
            table += 1;
        }
        byte += 1;
    }
    tables
}

impl Crc {
    fn new(tables: &'static [[u64; 256]; 8]) -> Self {
        // The table of a 32-bit polynomial has no bits above those.
        let all_ones = if tables[0][255] >> 32 == 0 { u64::from(u32::MAX) } else { u64::MAX };
        Self { tables, state: all_ones, all_ones }
    }

    fn update(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks::<8>();
        for block in blocks {
            let mixed = (self.state ^ u64::from_le_bytes(*block)).to_le_bytes();
            self.state = (0..8).fold(0, |state, place| state ^ self.tables[7 - place][usize::from(mixed[place])]);
        }
        for byte in rest {
            let index = (self.state as u8) ^ byte;
            self.state = self.tables[0][usize::from(index)] ^ (self.state >> 8);
        }
    }

    fn finish(self) -> u64 {
        self.state ^ self.all_ones
    }
}

/// An `x-amz-checksum-*`.
#[derive(Debug)]
struct Stated {
    algorithm: Algorithm,
    hasher: Hasher,
    /// `None` when it is to come after the body.
    expected: Option<Vec<u8>>,
}

impl Stated {
    fn new(algorithm: Algorithm, expected: Option<Vec<u8>>) -> Self {
        Self { algorithm, hasher: algorithm.hasher(), expected }
    }
}

/// Everything that is to be checked of one body.
#[derive(Debug, Default)]
pub struct Checks {
    md5: Option<(Md5, Vec<u8>)>,
    signed: Option<(Sha256, [u8; 32])>,
    stated: Option<Stated>,
    /// The bytes there must be.
    length: Option<u64>,
    received: u64,
}

impl Checks {
    /// What the head of a request demands. Only one `x-amz-checksum-*` is looked at.
    pub fn read(head: &Head<'_>, payload: &Payload) -> Result<Self, S3Error> {
        let md5 = match head.header("content-md5") {
            None => None,
            Some(text) => {
                let bytes = BASE64_STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 16);
                let invalid = "The checksum or Content-MD5 you specified is not valid.";
                Some((Md5::new(), bytes.ok_or_else(|| S3Error::new(400, "InvalidDigest", invalid))?))
            }
        };
        let signed = signed(payload);
        let chunked = matches!(payload, Payload::Chunked { .. });
        let length = head.header("x-amz-decoded-content-length").filter(|_| chunked);
        Ok(Self { md5, signed, stated: stated(head)?, length: length.and_then(|text| text.parse().ok()), received: 0 })
    }

    /// Only whether the body is the one that was signed.
    pub fn of_signature(payload: &Payload) -> Self {
        Self { signed: signed(payload), ..Self::default() }
    }

    /// The bytes there must be, when the client says so beside the coding.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Bytes that have come in.
    pub fn update(&mut self, data: &[u8]) {
        self.received += data.len() as u64;
        if let Some((hash, _)) = &mut self.md5 {
            hash.update(data);
        }
        if let Some((hash, _)) = &mut self.signed {
            hash.update(data);
        }
        if let Some(stated) = &mut self.stated {
            stated.hasher.update(data);
        }
    }

    /// The body is through, and these fields came after it. Gives back the checksum that was stated, to be told in
    /// the answer.
    pub fn finish(self, fields: &Fields) -> Result<Option<(&'static str, String)>, S3Error> {
        if self.length.is_some_and(|length| length != self.received) {
            return Err(S3Error::incomplete_body());
        }
        if let Some((hash, expected)) = self.signed
            && hash.finalize().as_slice() != expected
        {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return Err(S3Error::new(400, "XAmzContentSHA256Mismatch", message));
        }
        if let Some((hash, expected)) = self.md5 {
            compare("MD5", &expected, &hash.finalize())?;
        }
        let Some(Stated { algorithm, hasher, expected }) = self.stated else { return Ok(None) };
        let header = algorithm.header();
        let expected = match expected {
            Some(expected) => expected,
            None => match fields.iter().find(|(name, _)| name == header) {
                Some((_, value)) => decode(algorithm, value)?,
                None => return Err(malformed_trailer()),
            },
        };
        compare(algorithm.name(), &expected, &hasher.finish())?;
        Ok(Some((header, BASE64_STANDARD.encode(expected))))
    }
}

fn signed(payload: &Payload) -> Option<(Sha256, [u8; 32])> {
    match payload {
        Payload::Hash(hash) => Some((Sha256::new(), *hash)),
        Payload::Unsigned | Payload::Chunked { .. } => None,
    }
}

fn stated(head: &Head<'_>) -> Result<Option<Stated>, S3Error> {
    for algorithm in Algorithm::ALL {
        if let Some(value) = head.header(algorithm.header()) {
            return Ok(Some(Stated::new(algorithm, Some(decode(algorithm, value)?))));
        }
    }
    let announced = head.header("x-amz-trailer").unwrap_or_default().to_ascii_lowercase();
    let mut names = announced.split(',').map(str::trim);
    let found = names.find_map(|name| Algorithm::ALL.into_iter().find(|algorithm| algorithm.header() == name));
    Ok(found.map(|algorithm| Stated::new(algorithm, None)))
}

fn decode(algorithm: Algorithm, value: &str) -> Result<Vec<u8>, S3Error> {
    let bytes = BASE64_STANDARD.decode(value).ok().filter(|bytes| bytes.len() == algorithm.length());
    bytes.ok_or_else(|| {
        S3Error::new(400, "InvalidRequest", format!("Value for {} header is invalid.", algorithm.header()))
    })
}

fn malformed_trailer() -> S3Error {
    let message =
        "The request contained trailing data that was not well-formed or did not conform to our published schema.";
    S3Error::new(400, "MalformedTrailerError", message)
}

fn compare(name: &str, expected: &[u8], actual: &[u8]) -> Result<(), S3Error> {
    if expected == actual {
        return Ok(());
    }
    let message = format!(
        "The {name} checksum you specified did not match what we received.\nYou provided a {name} checksum with value: {}\nActual {name} was: {}",
        hex(expected),
        hex(actual)
    );
    Err(S3Error::new(400, "BadDigest", message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderMap;
    use proptest::prelude::*;

    use super::*;

    fn check(headers: &[(&'static str, &str)], fields: &Fields, body: &[u8]) -> Result<Option<String>, S3Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let head = Head { method: "PUT", path: "/", query: &[], headers: &map, authority: None };
        let mut checks = Checks::read(&head, &Payload::Chunked { signer: None, trailer: true })?;
        body.chunks(3).for_each(|piece| checks.update(piece));
        Ok(checks.finish(fields)?.map(|(name, value)| format!("{name}: {value}")))
    }

    /// The check values that the catalogues of these functions give for `123456789`, and the hashes of it.
    const STATED: [(&str, &str); 5] = [
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ("x-amz-checksum-crc32c", "4waSgw=="),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ];

    #[test]
    fn known_values() {
        for (name, value) in STATED {
            let told = format!("{name}: {value}");
            assert_eq!(check(&[(name, value)], &vec![], b"123456789").unwrap().unwrap(), told);
            let fields = vec![(name.to_string(), value.to_string())];
            assert_eq!(check(&[("x-amz-trailer", name)], &fields, b"123456789").unwrap().unwrap(), told);
            let error = check(&[(name, value)], &vec![], b"12345678").unwrap_err();
            assert_eq!((error.status, error.code), (400, "BadDigest"), "{name}");
            let error = check(&[("x-amz-trailer", name)], &vec![], b"123456789").unwrap_err();
            assert_eq!(error.code, "MalformedTrailerError");
            let error = check(&[(name, "AAA=")], &vec![], b"").unwrap_err();
            assert_eq!(error.message, format!("Value for {name} header is invalid."));
        }
    }

    #[test]
    fn md5_and_length() {
        assert_eq!(check(&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")], &vec![], b"123456789"), Ok(None));
        let error = check(&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")], &vec![], b"1").unwrap_err();
        assert_eq!(error.code, "BadDigest");
        assert_eq!(
            error.message,
            "The MD5 checksum you specified did not match what we received.\n\
             You provided a MD5 checksum with value: 25f9e794323b453885f5181f1b624d0b\n\
             Actual MD5 was: c4ca4238a0b923820dcc509a6f75849b"
        );
        for bad in ["", "x", "AAAA"] {
            assert_eq!(check(&[("content-md5", bad)], &vec![], b"").unwrap_err().code, "InvalidDigest");
        }
        let error = check(&[("x-amz-decoded-content-length", "2")], &vec![], b"1").unwrap_err();
        assert_eq!(error.code, "IncompleteBody");
    }

    proptest! {
        /// Eight bytes at a time gives what one at a time gives.
        #[test]
        fn blocks_do_not_matter(data in prop::collection::vec(any::<u8>(), 0..100), at in 0usize..100) {
            for tables in [&CRC32C, &CRC64_NVME] {
                let (mut whole, mut single) = (Crc::new(tables), Crc::new(tables));
                let (first, second) = data.split_at(at.min(data.len()));
                whole.update(first);
                whole.update(second);
                data.iter().for_each(|byte| single.update(&[*byte]));
                prop_assert_eq!(whole.finish(), single.finish());
            }
        }
    }
}
