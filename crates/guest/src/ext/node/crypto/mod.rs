//! What `node:crypto` computes with: ops on aws-lc, a fork of the library that production has.
//!
//! Limits, formats and what is refused are therefore production's own; where aws-lc can do more (curves, digests,
//! key types), the more is refused here. Rules about arguments are the scripts' business (`*.js` beside this file).
//!
//! Invariants: pure computation on bytes, nothing of the host. `unsafe` stands in this folder only to call the
//! library: every pointer given to it is of an owned value of [`ssl`] or of a slice that outlives the call, with that
//! slice's length, and what it gives away is owned at once.

mod agree;
mod cipher;
mod derive;
mod digest;
mod key_export;
mod key_pairs;
mod keys;
mod rsa;
mod sign;
mod ssl;
mod x509;

pub use agree::*;
pub use cipher::*;
pub use derive::*;
pub use digest::*;
pub use key_export::*;
pub use key_pairs::*;
pub use keys::*;
pub use rsa::*;
pub use sign::*;
pub use x509::*;

/// What scripts see thrown. The texts are production's, each written at the place that gives up.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum CryptoError {
    /// An operation that did not work; an `Error`.
    #[class(generic)]
    #[error("{0}")]
    Failed(&'static str),
    /// A value out of bounds; a `RangeError`.
    #[class(range)]
    #[error("{0}")]
    Range(&'static str),
    /// A digest for signatures that there is none of.
    #[class(generic)]
    #[error("Unknown digest: {0}")]
    UnknownDigest(String),
    /// A cipher to encrypt a key with that there is none of.
    #[class(generic)]
    #[error("Unknown cipher: {0}")]
    UnknownKeyCipher(String),
    /// A cipher that there is none of.
    #[class(generic)]
    #[error("Unknown or unsupported cipher: {0}")]
    UnknownCipher(String),
    /// A cipher whose tag has no length of its own.
    #[class(generic)]
    #[error("The auth tag length is required for cipher {0}")]
    TagLengthRequired(String),
    /// A digest for a derivation that there is none of.
    #[class(type)]
    #[error("Invalid {0} digest: {1}")]
    DerivationDigest(&'static str, String),
}

/// Whether production's library knows a digest by this name, and the digest.
fn digest_by_name(name: &str) -> Option<ssl::Md> {
    use aws_lc_sys as c;
    // SAFETY: these functions return constants.
    let md = unsafe {
        match name {
            "RSA-MD5" => c::EVP_md5(),
            "DSA-SHA" | "DSA-SHA1" | "RSA-SHA1" | "ecdsa-with-SHA1" => c::EVP_sha1(),
            "RSA-SHA224" => c::EVP_sha224(),
            "RSA-SHA256" => c::EVP_sha256(),
            "RSA-SHA384" => c::EVP_sha384(),
            "RSA-SHA512" => c::EVP_sha512(),
            // In small letters, or in capital ones; nothing between.
            "md4" | "MD4" => c::EVP_md4(),
            "md5" | "MD5" => c::EVP_md5(),
            "md5-sha1" | "MD5-SHA1" => c::EVP_md5_sha1(),
            "sha1" | "SHA1" => c::EVP_sha1(),
            "sha224" | "SHA224" => c::EVP_sha224(),
            "sha256" | "SHA256" => c::EVP_sha256(),
            "sha384" | "SHA384" => c::EVP_sha384(),
            "sha512" | "SHA512" => c::EVP_sha512(),
            "sha512-256" | "SHA512-256" => c::EVP_sha512_256(),
            _ => return None,
        }
    };
    Some(md)
}
