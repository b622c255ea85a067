//! Keys, made.

use std::ffi::c_int;
use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::keys::{CURVES, KeyHandle, curve_number, of_dh, of_rsa};
use super::ssl::{Bn, Dh, EcKey, Pkey, PkeyCtx, Quiet, Rsa};
use super::{CryptoError, CryptoError::Failed};

const GENERATE: CryptoError = Failed("Failed to generate key");

/// Fewest bits of a modulus that are taken at all.
const MODULUS_BITS_MIN: u32 = 256;

/// Fewest that a key is made of.
const MODULUS_BITS_USED_MIN: u32 = 512;

/// Most of them: the library's limit.
const MODULUS_BITS_MAX: u32 = 16384;

/// A pair of RSA.
#[op2]
#[cppgc]
pub fn op_nodecrypto_generate_rsa(bits: u32, exponent: u32) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    if bits < MODULUS_BITS_MIN {
        return Err(Failed("Failed to set modulus length"));
    }
    // An even exponent has no inverse, with which the library would look on and on.
    if !(MODULUS_BITS_USED_MIN..=MODULUS_BITS_MAX).contains(&bits) || exponent.is_multiple_of(2) || exponent < 3 {
        return Err(GENERATE);
    }
    let bits = c_int::try_from(bits).expect("it is below the limit");
    // SAFETY: a new key; the library copies the exponent.
    unsafe {
        let rsa = Rsa::own(c::RSA_new()).expect("there is memory");
        // Production's library rounds down.
        let done = c::RSA_generate_key_ex(rsa.raw(), bits & !127, Bn::word(exponent.into()).raw(), ptr::null_mut());
        if done != 1 {
            return Err(GENERATE);
        }
        of_rsa(Some(rsa)).map(KeyHandle::Private).ok_or(GENERATE)
    }
}

/// A pair on a curve, by any name of it.
#[op2]
#[cppgc]
pub fn op_nodecrypto_generate_ec(#[string] curve: &str) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    let Some((nid, ..)) = CURVES.iter().find(|known| known.1 == curve || known.2 == curve) else {
        return Err(Failed(if curve_number(curve).is_some() {
            "Failed to initialize key"
        } else {
            "Invalid or unsupported curve"
        }));
    };
    // SAFETY: a new key.
    unsafe {
        let ec = EcKey::own(c::EC_KEY_new_by_curve_name(*nid)).ok_or(GENERATE)?;
        if c::EC_KEY_generate_key(ec.raw()) != 1 {
            return Err(GENERATE);
        }
        let key = Pkey::own(c::EVP_PKEY_new()).expect("there is memory");
        c::EVP_PKEY_set1_EC_KEY(key.raw(), ec.raw());
        Ok(KeyHandle::Private(key))
    }
}

/// A pair of "ed25519" or "x25519".
#[op2]
#[cppgc]
pub fn op_nodecrypto_generate_raw(#[string] kind: &str) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    let id = if kind == "ed25519" { c::EVP_PKEY_ED25519 } else { c::EVP_PKEY_X25519 };
    // SAFETY: a new context; the library makes the key.
    unsafe {
        let ctx = PkeyCtx::own(c::EVP_PKEY_CTX_new_id(id, ptr::null_mut())).ok_or(GENERATE)?;
        let mut key = ptr::null_mut();
        if c::EVP_PKEY_keygen_init(ctx.raw()) != 1 || c::EVP_PKEY_keygen(ctx.raw(), &mut key) != 1 {
            return Err(GENERATE);
        }
        Pkey::own(key).map(KeyHandle::Private).ok_or(GENERATE)
    }
}

/// A pair of Diffie-Hellman with this prime and generator.
#[op2]
#[cppgc]
pub fn op_nodecrypto_generate_dh(#[buffer] prime: &[u8], generator: u32) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    // SAFETY: the new value owns both numbers.
    unsafe {
        let dh = Dh::own(c::DH_new()).expect("there is memory");
        c::DH_set0_pqg(dh.raw(), Bn::of(prime).release(), ptr::null_mut(), Bn::word(generator.into()).release());
        if c::DH_generate_key(dh.raw()) != 1 {
            return Err(GENERATE);
        }
        of_dh(&dh).map(KeyHandle::Private).ok_or(GENERATE)
    }
}
