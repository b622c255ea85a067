//! Keys, written: PEM, DER, the numbers that a JWK has.

use std::ffi::c_int;
use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::cipher::key_cipher;
use super::keys::{KeyHandle, curve_of, id_of, passphrase};
use super::ssl::{Bio, Bn, Pkey, Quiet, allocated, bytes_of, padded_bytes_of};
use super::{CryptoError, CryptoError::Failed};

struct Encryption<'a> {
    cipher: *const c::EVP_CIPHER,
    phrase: &'a [u8],
}

impl Encryption<'_> {
    fn parts(of: &Option<Self>) -> (*const c::EVP_CIPHER, *const u8, c_int) {
        match of {
            Some(this) => (this.cipher, this.phrase.as_ptr(), c_int::try_from(this.phrase.len()).unwrap_or(0)),
            None => (ptr::null(), ptr::null(), 0),
        }
    }
}

fn write_private(key: &Pkey, pem: bool, kind: &str, encryption: &Option<Encryption<'_>>) -> Option<Vec<u8>> {
    let bio = Bio::sink();
    let (cipher, phrase, length) = Encryption::parts(encryption);
    let none = ptr::null_mut();
    // SAFETY: the key has the kind that is written; the phrase is read during the call.
    unsafe {
        let (rsa, ec) = (c::EVP_PKEY_get0_RSA(key.raw()), c::EVP_PKEY_get0_EC_KEY(key.raw()));
        let done = match (kind, pem) {
            ("pkcs1", true) => {
                c::PEM_write_bio_RSAPrivateKey(bio.raw(), rsa, cipher, phrase, length, Some(passphrase), none)
            }
            ("pkcs1", false) => return allocated(|out| c::i2d_RSAPrivateKey(rsa, out)),
            ("sec1", true) => {
                c::PEM_write_bio_ECPrivateKey(bio.raw(), ec, cipher, phrase, length, Some(passphrase), none)
            }
            ("sec1", false) => return allocated(|out| c::i2d_ECPrivateKey(ec, out)),
            ("pkcs8", true) => c::PEM_write_bio_PKCS8PrivateKey(
                bio.raw(),
                key.raw(),
                cipher,
                phrase.cast(),
                length,
                Some(passphrase),
                none,
            ),
            ("pkcs8", false) => {
                c::i2d_PKCS8PrivateKey_bio(bio.raw(), key.raw(), cipher, phrase.cast(), length, None, none)
            }
            _ => 0,
        };
        (done == 1).then(|| bio.bytes())
    }
}

fn write_public(key: &Pkey, pem: bool, kind: &str) -> Option<Vec<u8>> {
    let bio = Bio::sink();
    // SAFETY: the key has the kind that is written.
    unsafe {
        let rsa = c::EVP_PKEY_get0_RSA(key.raw());
        let done = match (kind, pem) {
            ("pkcs1", true) => c::PEM_write_bio_RSAPublicKey(bio.raw(), rsa),
            ("pkcs1", false) => return allocated(|out| c::i2d_RSAPublicKey(rsa, out)),
            (_, true) => c::PEM_write_bio_PUBKEY(bio.raw(), key.raw()),
            (_, false) => return allocated(|out| c::i2d_PUBKEY(key.raw(), out)),
        };
        (done == 1).then(|| bio.bytes())
    }
}

/// An asymmetric key as PEM or DER. `cipher` is empty for a key that is not to be encrypted.
#[op2]
#[buffer]
pub fn op_nodecrypto_key_export(
    #[cppgc] key: &KeyHandle,
    #[string] format: &str,
    #[string] kind: &str,
    #[string] cipher: String,
    #[buffer] phrase: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let pem = match format {
        "pem" => true,
        "der" => false,
        _ => return Err(Failed("Invalid key format")),
    };
    let asymmetric = key.asymmetric().ok_or(Failed("Failed to export key"))?;
    match kind {
        "pkcs1" if id_of(asymmetric) != c::EVP_PKEY_RSA => {
            return Err(Failed("PKCS1 can only be used for RSA keys"));
        }
        "sec1" if id_of(asymmetric) != c::EVP_PKEY_EC => return Err(Failed("SEC1 can only be used for EC keys")),
        // Production's library writes none of Diffie-Hellman.
        "pkcs8" | "spki" if id_of(asymmetric) == c::EVP_PKEY_DH => return Err(Failed("Failed to export key")),
        "pkcs1" | "sec1" | "pkcs8" | "spki" => {}
        _ => return Err(Failed("Invalid key encoding")),
    }
    let encryption = match (key, cipher.is_empty()) {
        (KeyHandle::Private(_), false) => match key_cipher(&cipher) {
            Some(cipher) => Some(Encryption { cipher, phrase }),
            None => return Err(CryptoError::UnknownKeyCipher(cipher)),
        },
        _ => None,
    };
    let written = match key {
        KeyHandle::Private(key) => write_private(key, pem, kind, &encryption),
        _ => write_public(asymmetric, pem, kind),
    };
    written.ok_or(Failed("Failed to export key"))
}

/// The numbers of a key in the order of JWK: of RSA `n e d p q dp dq qi`, on a curve `x y d`, raw `x d`. Those of the
/// private half are missing for a public key.
fn numbers(key: &Pkey, private: bool) -> Option<Vec<Vec<u8>>> {
    // SAFETY: keys have what is asked of their kinds.
    unsafe {
        match id_of(key) {
            c::EVP_PKEY_RSA => {
                let rsa = c::EVP_PKEY_get0_RSA(key.raw());
                let mut all = [ptr::null(); 8];
                let [n, e, d, p, q, dp, dq, qi] = &mut all;
                c::RSA_get0_key(rsa, n, e, d);
                c::RSA_get0_factors(rsa, p, q);
                c::RSA_get0_crt_params(rsa, dp, dq, qi);
                let count = if private { 8 } else { 2 };
                Some(
                    all[..count]
                        .iter()
                        .map(|number| if number.is_null() { Vec::new() } else { bytes_of(*number) })
                        .collect(),
                )
            }
            c::EVP_PKEY_EC => {
                let ec = c::EVP_PKEY_get0_EC_KEY(key.raw());
                let group = c::EC_KEY_get0_group(ec);
                let field = (c::EC_GROUP_get_degree(group) as usize).div_ceil(8);
                let (x, y) = (Bn::word(0), Bn::word(0));
                let point = c::EC_KEY_get0_public_key(ec);
                if c::EC_POINT_get_affine_coordinates(group, point, x.raw(), y.raw(), ptr::null_mut()) != 1 {
                    return None;
                }
                let mut all = vec![padded_bytes_of(x.raw(), field)?, padded_bytes_of(y.raw(), field)?];
                if private {
                    all.push(padded_bytes_of(c::EC_KEY_get0_private_key(ec), field)?);
                }
                Some(all)
            }
            c::EVP_PKEY_ED25519 | c::EVP_PKEY_X25519 => {
                let mut all = vec![vec![0; 32]];
                let mut length = 32;
                c::EVP_PKEY_get_raw_public_key(key.raw(), all[0].as_mut_ptr(), &mut length);
                if private {
                    let mut secret = vec![0; 32];
                    let mut length = 32;
                    c::EVP_PKEY_get_raw_private_key(key.raw(), secret.as_mut_ptr(), &mut length);
                    all.push(secret);
                }
                Some(all)
            }
            _ => None,
        }
    }
}

/// [`numbers`] one after the other, each with its length in four bytes before it.
#[op2]
#[buffer]
pub fn op_nodecrypto_key_numbers(#[cppgc] key: &KeyHandle) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let private = matches!(key, KeyHandle::Private(_));
    let all = key.asymmetric().and_then(|key| numbers(key, private));
    let all = all.ok_or(Failed("Key type is invalid for JWK export"))?;
    let with_length = |number: Vec<u8>| {
        let length = u32::try_from(number.len()).expect("numbers of keys are small");
        [&length.to_be_bytes()[..], &number].concat()
    };
    Ok(all.into_iter().flat_map(with_length).collect())
}

/// The name that JWK has for the curve of a key; empty if it has none.
#[op2]
#[string]
pub fn op_nodecrypto_key_curve(#[cppgc] key: &KeyHandle) -> &'static str {
    key.asymmetric().and_then(curve_of).map_or("", |curve| curve.2)
}
