//! `aws-chunked`: bodies that come in chunks with a length each, perhaps signed, perhaps with fields at their end.
//!
//! ```text
//!  10000;chunk-signature=<hex>\r\n <65536 bytes> \r\n … 0;chunk-signature=<hex>\r\n [x-amz-checksum-…:<value>\r\n]… \r\n
//! ```
//!
//! This is S3's own coding and has nothing to do with that of HTTP: the body of a request may be in both. It is
//! decoded piece by piece, whatever the pieces; no chunk is kept. Data are given out before their chunk's
//! signature is checked, so nothing may come of them until the end was reached.

use bytes::{Buf, Bytes};
use sha2::{Digest, Sha256};

use super::errors::S3Error;
use super::sigv4::ChunkSigner;

/// Bytes of a line between the chunks.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// Fields after the last chunk.
const FIELDS_MAX: usize = 32;

/// Fields after the last chunk, by their names in lower case.
pub type Fields = Vec<(String, String)>;

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The line with a chunk's length.
    Head,
    /// So many bytes of data.
    Data(u64),
    /// The end of the line after the data.
    DataEnd,
    /// A field, or the empty line at the end.
    Field,
    /// Nothing: all is read.
    Nothing,
}

/// Decodes one body.
#[derive(Debug)]
pub struct Decoder {
    expect: Expect,
    line: Vec<u8>,
    signer: Option<ChunkSigner>,
    trailer: bool,
    /// Of the chunk that is being read; fed only when it is signed.
    hash: Sha256,
    signature: String,
    fields: Fields,
    /// The lines of the fields, as they are signed.
    signed_fields: String,
    trailer_signature: Option<String>,
}

impl Decoder {
    /// For a body whose chunks are signed when there is a `signer`.
    pub fn new(signer: Option<ChunkSigner>, trailer: bool) -> Self {
        Self {
            expect: Expect::Head,
            line: Vec::new(),
            signer,
            trailer,
            hash: Sha256::new(),
            signature: String::new(),
            fields: Fields::new(),
            signed_fields: String::new(),
            trailer_signature: None,
        }
    }

    /// Takes from the front of `input` up to the end of some data, which are given back; `None` when it is empty.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        loop {
            if input.is_empty() {
                return Ok(None);
            }
            match self.expect {
                Expect::Data(left) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let data = input.split_to(length);
                    if self.signer.is_some() {
                        self.hash.update(&data);
                    }
                    let left = left - length as u64;
                    self.expect = if left == 0 { Expect::DataEnd } else { Expect::Data(left) };
                    return Ok(Some(data));
                }
                Expect::Head | Expect::DataEnd | Expect::Field => {
                    if let Some(line) = self.take_line(input)? {
                        self.line(&line)?;
                    }
                }
                // Some clients end with one empty line too many.
                Expect::Nothing if input.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => input.clear(),
                Expect::Nothing => return Err(malformed()),
            }
        }
    }

    /// The body has ended. Gives back the fields at its end.
    pub fn finish(mut self) -> Result<Fields, S3Error> {
        // The last empty line may be missing.
        if self.expect == Expect::Field && self.line.is_empty() {
            self.end()?;
        }
        if self.expect == Expect::Nothing { Ok(self.fields) } else { Err(S3Error::incomplete_body()) }
    }

    /// A line without its end, once there is a whole one.
    fn take_line(&mut self, input: &mut Bytes) -> Result<Option<String>, S3Error> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(input.len());
        if self.line.len() + taken > LINE_BYTES_MAX {
            return Err(malformed());
        }
        self.line.extend_from_slice(&input[..taken]);
        input.advance(taken + usize::from(end.is_some()));
        if end.is_none() {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        String::from_utf8(std::mem::take(&mut self.line)).map(Some).map_err(|_| malformed())
    }

    fn line(&mut self, line: &str) -> Result<(), S3Error> {
        match self.expect {
            Expect::Head => self.head(line),
            Expect::DataEnd if line.is_empty() => {
                self.check_chunk()?;
                self.expect = Expect::Head;
                Ok(())
            }
            Expect::Field if line.is_empty() => self.end(),
            Expect::Field => self.field(line),
            Expect::DataEnd | Expect::Data(_) | Expect::Nothing => Err(malformed()),
        }
    }

    fn head(&mut self, line: &str) -> Result<(), S3Error> {
        let (length, extensions) = line.split_once(';').unwrap_or((line, ""));
        let digits = length.trim();
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().ok_or_else(malformed)?;
        let mut pairs = extensions.split(';').filter_map(|pair| pair.split_once('='));
        let signature = pairs.find(|(name, _)| name.trim() == "chunk-signature").map(|(_, value)| value.trim());
        self.signature = signature.unwrap_or_default().to_string();
        if length > 0 {
            self.expect = Expect::Data(length);
            return Ok(());
        }
        self.check_chunk()?;
        self.expect = Expect::Field;
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), S3Error> {
        let hash = self.hash.finalize_reset().into();
        let good = self.signer.as_mut().is_none_or(|signer| signer.chunk(hash, &self.signature));
        if good { Ok(()) } else { Err(mismatch()) }
    }

    fn field(&mut self, line: &str) -> Result<(), S3Error> {
        let (name, value) = line.split_once(':').ok_or_else(malformed)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !self.trailer || self.fields.len() >= FIELDS_MAX {
            return Err(malformed());
        }
        if name == "x-amz-trailer-signature" {
            self.trailer_signature = Some(value.to_string());
        } else {
            self.signed_fields.push_str(&format!("{name}:{value}\n"));
            self.fields.push((name, value.to_string()));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), S3Error> {
        self.expect = Expect::Nothing;
        let Some(signer) = self.signer.as_mut().filter(|_| self.trailer) else { return Ok(()) };
        let lines = Sha256::digest(self.signed_fields.as_bytes()).into();
        let provided = self.trailer_signature.as_deref().unwrap_or_default();
        if signer.trailer(lines, provided) { Ok(()) } else { Err(mismatch()) }
    }
}

fn malformed() -> S3Error {
    S3Error::new(400, "InvalidRequest", "The aws-chunked body is malformed.")
}

fn mismatch() -> S3Error {
    let message = "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.";
    S3Error::new(403, "SignatureDoesNotMatch", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Decodes what comes in these pieces.
    fn decode<'a>(decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(Vec<u8>, Fields), S3Error> {
        let mut decoder = decoder;
        let mut data = Vec::new();
        for piece in pieces {
            let mut piece = Bytes::copy_from_slice(piece);
            while let Some(decoded) = decoder.decode(&mut piece)? {
                assert!(!decoded.is_empty());
                data.extend_from_slice(&decoded);
            }
        }
        Ok((data, decoder.finish()?))
    }

    fn unsigned(body: &str) -> Result<(String, Fields), S3Error> {
        let (data, fields) = decode(Decoder::new(None, true), [body.as_bytes()])?;
        Ok((String::from_utf8(data).unwrap(), fields))
    }

    #[test]
    fn chunks_and_fields() {
        let field = |value: &str| vec![("x-amz-checksum-crc32".to_string(), value.to_string())];
        let body = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Amz-Checksum-CRC32: DUoRhQ==\r\n\r\n";
        assert_eq!(unsigned(body).unwrap(), ("hello world".to_string(), field("DUoRhQ==")));
        assert_eq!(unsigned("1\r\n\n\r\n0\r\n\r\n").unwrap(), ("\n".to_string(), vec![]));
        assert_eq!(unsigned("0\r\nx-amz-checksum-crc32:a\r\n").unwrap(), (String::new(), field("a")));
        assert_eq!(unsigned("0\r\n").unwrap(), (String::new(), vec![]));
        assert_eq!(unsigned("0\r\n\r\n\r\n").unwrap(), (String::new(), vec![]));
    }

    #[test]
    fn malformed_bodies() {
        for (body, code) in [
            ("", "IncompleteBody"),
            ("5\r\nhel", "IncompleteBody"),
            ("5\r\nhello", "IncompleteBody"),
            ("5\r\nhello\r\n", "IncompleteBody"),
            ("0\r\nx-amz-checksum-crc32:a", "IncompleteBody"),
            ("x\r\n", "InvalidRequest"),
            ("+5\r\nhello\r\n0\r\n\r\n", "InvalidRequest"),
            ("\r\n", "InvalidRequest"),
            ("fffffffffffffffff\r\n", "InvalidRequest"),
            ("5\r\nhelloworld\r\n0\r\n\r\n", "InvalidRequest"),
            ("0\r\nno field\r\n\r\n", "InvalidRequest"),
            ("0\r\n\r\nmore", "InvalidRequest"),
        ] {
            assert_eq!(unsigned(body).unwrap_err().code, code, "{body:?}");
        }
        let endless = "0".repeat(LINE_BYTES_MAX + 1);
        assert_eq!(unsigned(&endless).unwrap_err().code, "InvalidRequest");
        let fields = format!("0\r\n{}\r\n", "a:b\r\n".repeat(FIELDS_MAX + 1));
        assert_eq!(unsigned(&fields).unwrap_err().code, "InvalidRequest");
        let unannounced = decode(Decoder::new(None, false), [&b"0\r\na:b\r\n\r\n"[..]]);
        assert_eq!(unannounced.unwrap_err().code, "InvalidRequest");
    }

    /// Amazon's example of signed chunks with a field after them.
    const SEED: &str = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    const CHUNKS: [(usize, &str); 3] = [
        (65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    ];
    const TRAILER: &str = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

    fn example() -> Vec<u8> {
        let mut body = Vec::new();
        for (length, signature) in CHUNKS {
            body.extend_from_slice(format!("{length:x};chunk-signature={signature}\r\n").as_bytes());
            body.extend(std::iter::repeat_n(b'a', length));
            if length > 0 {
                body.extend_from_slice(b"\r\n");
            }
        }
        body.extend_from_slice(TRAILER.as_bytes());
        body
    }

    fn signer() -> ChunkSigner {
        ChunkSigner::for_tests("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z", "us-east-1", SEED)
    }

    #[test]
    fn amazons_example_of_signed_chunks_with_a_field() {
        let body = example();
        let (data, fields) = decode(Decoder::new(Some(signer()), true), [&body[..]]).unwrap();
        assert_eq!(data, vec![b'a'; 66_560]);
        assert_eq!(fields, [("x-amz-checksum-crc32c".to_string(), "sOO8/Q==".to_string())]);
        // Any other byte breaks the chain.
        for place in [200, 65_700, body.len() - 20, body.len() - 150] {
            let mut forged = body.clone();
            forged[place] = if forged[place] == b'b' { b'c' } else { b'b' };
            let error = decode(Decoder::new(Some(signer()), true), [&forged[..]]).unwrap_err();
            assert_eq!(error.code, "SignatureDoesNotMatch", "{place}");
        }
    }

    proptest! {
        /// However the network cuts it, a body is decoded to the same.
        #[test]
        fn pieces_do_not_matter(cuts in prop::collection::vec(0usize..67_500, 0..30)) {
            let body = example();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]);
            let (data, fields) = decode(Decoder::new(Some(signer()), true), pieces).unwrap();
            prop_assert_eq!(data.len(), 66_560);
            prop_assert_eq!(fields.len(), 1);
        }

        #[test]
        fn small_bodies_in_single_bytes(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            size in 1usize..7,
        ) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\na:b\r\n\r\n");
            let (data, fields) = decode(Decoder::new(None, true), body.chunks(size)).unwrap();
            prop_assert_eq!(data, chunks.concat());
            prop_assert_eq!(fields, vec![("a".to_string(), "b".to_string())]);
        }

        #[test]
        fn nothing_panics(body in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..20) {
            let _ = decode(Decoder::new(None, true), body.chunks(size));
        }
    }
}
