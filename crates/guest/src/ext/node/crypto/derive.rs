//! Keys out of secrets: PBKDF2, HKDF, scrypt; and primes.

use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::ssl::{Bn, Quiet, bytes_of};
use super::{CryptoError, digest_by_name};

/// PBKDF2; `length` in bytes.
#[op2]
#[buffer]
pub fn op_nodecrypto_pbkdf2(
    #[buffer] password: &[u8],
    #[buffer] salt: &[u8],
    #[smi] iterations: u32,
    #[smi] length: u32,
    #[string] digest: String,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    // The full stop is that of the library's list of errors, which is empty.
    let Some(md) = digest_by_name(&digest) else {
        return Err(CryptoError::DerivationDigest("Pbkdf2", format!("{digest}.")));
    };
    let mut key = vec![0; length as usize];
    // SAFETY: slices and their lengths.
    let done = unsafe {
        c::PKCS5_PBKDF2_HMAC(
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr(),
            salt.len(),
            iterations,
            md,
            key.len(),
            key.as_mut_ptr(),
        )
    };
    if done == 1 { Ok(key) } else { Err(CryptoError::Failed("Pbkdf2 failed")) }
}

/// HKDF; `length` in bytes.
#[op2]
#[buffer]
pub fn op_nodecrypto_hkdf(
    #[string] digest: String,
    #[buffer] secret: &[u8],
    #[buffer] salt: &[u8],
    #[buffer] info: &[u8],
    #[smi] length: u32,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let Some(md) = digest_by_name(&digest) else { return Err(CryptoError::DerivationDigest("Hkdf", digest)) };
    // SAFETY: a constant of the library.
    if length as usize > 255 * unsafe { c::EVP_MD_size(md) } {
        return Err(CryptoError::Range("Invalid Hkdf key length"));
    }
    let mut key = vec![0; length as usize];
    // SAFETY: slices and their lengths.
    let done = unsafe {
        c::HKDF(
            key.as_mut_ptr(),
            key.len(),
            md,
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
            info.as_ptr(),
            info.len(),
        )
    };
    if done == 1 || key.is_empty() { Ok(key) } else { Err(CryptoError::Failed("Hkdf failed")) }
}

/// What scrypt may take whatever the worker allows it, in bytes: several times what production's isolates have.
const SCRYPT_BYTES_MAX: usize = 1 << 30;

/// scrypt; `length` and `memory` in bytes.
#[op2]
#[buffer]
pub fn op_nodecrypto_scrypt(
    #[buffer] password: &[u8],
    #[buffer] salt: &[u8],
    n: u32,
    r: u32,
    p: u32,
    #[number] memory: u64,
    #[smi] length: u32,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let mut key = vec![0; length as usize];
    // SAFETY: slices and their lengths.
    let done = unsafe {
        c::EVP_PBE_scrypt(
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr(),
            salt.len(),
            n.into(),
            r.into(),
            p.into(),
            usize::try_from(memory).unwrap_or(usize::MAX).min(SCRYPT_BYTES_MAX),
            key.as_mut_ptr(),
            key.len(),
        )
    };
    if done == 1 { Ok(key) } else { Err(CryptoError::Failed("Scrypt failed")) }
}

/// Largest prime that is looked for, in bits; the library's own limit for what it computes with.
const PRIME_BITS_MAX: i32 = 16384;

/// What production lets `add` and `rem` be: others can send the library into an endless loop.
const ADD_AND_REM: [(u64, u64); 3] = [(12, 11), (24, 23), (60, 59)];

/// A random prime of `bits` bits.
#[op2]
#[buffer]
pub fn op_nodecrypto_random_prime(
    #[smi] bits: i32,
    safe: bool,
    #[buffer] add: Option<&[u8]>,
    #[buffer] rem: Option<&[u8]>,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let failed = CryptoError::Failed("Error while generating prime");
    // The library sets the two highest bits, and looks for ever for a safe prime of 4 or 5 bits that has them.
    if bits > PRIME_BITS_MAX || (safe && add.is_none() && matches!(bits, 4 | 5)) {
        return Err(failed);
    }
    let (add, rem) = (add.map(Bn::of), rem.map(Bn::of));
    // SAFETY: numbers are numbers.
    let is = |number: &Option<Bn>, value: u64| match number {
        Some(number) => unsafe { c::BN_cmp(number.raw(), Bn::word(value).raw()) == 0 },
        None => false,
    };
    if add.is_some() && !ADD_AND_REM.iter().any(|(a, r)| is(&add, *a) && is(&rem, *r)) {
        return Err(CryptoError::Range("Invalid values for add and rem"));
    }
    // SAFETY: likewise; no callback.
    unsafe {
        if let Some(add) = &add
            && i64::from(c::BN_num_bits(add.raw())) > i64::from(bits)
        {
            return Err(CryptoError::Range("options.add must not be bigger than size of the requested prime"));
        }
        let prime = Bn::word(0);
        let raw = |number: &Option<Bn>| number.as_ref().map_or(ptr::null(), |number| number.raw().cast_const());
        let done = c::BN_generate_prime_ex(prime.raw(), bits, safe.into(), raw(&add), raw(&rem), ptr::null_mut());
        if done == 1 { Ok(bytes_of(prime.raw())) } else { Err(failed) }
    }
}

/// Rounds of a check beyond which a number's being prime is no more certain.
const CHECKS_MAX: u32 = 64;

/// Whether a number is probably prime. One that is longer than any prime that can be made is refused: nobody could
/// end the search.
#[op2(fast)]
pub fn op_nodecrypto_check_prime(#[buffer] candidate: &[u8], #[smi] checks: u32) -> Result<bool, CryptoError> {
    let _quiet = Quiet::new();
    if candidate.len() * 8 > usize::try_from(PRIME_BITS_MAX).expect("it is positive") {
        return Err(CryptoError::Failed("Error while checking prime"));
    }
    let candidate = Bn::of(candidate);
    let checks = i32::try_from(checks.min(CHECKS_MAX)).expect("it is below the limit");
    // SAFETY: a number; the library makes its own scratch space.
    Ok(unsafe { c::BN_is_prime_ex(candidate.raw(), checks, ptr::null_mut(), ptr::null_mut()) == 1 })
}
