//! Secrets that two agree on: Diffie-Hellman, and the same on curves.

use std::cell::RefCell;
use std::ffi::c_int;
use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::digest::collected;
use super::keys::{CURVES, KeyHandle, curve_number};
use super::ssl::{Bn, Dh, EcGroup, EcKey, EcPoint, Quiet, bytes_of};
use super::{CryptoError, CryptoError::Failed};

/// Parameters and keys of Diffie-Hellman, owned by V8's garbage collector.
pub struct DhHandle(Dh);

collected!(DhHandle, c"NodeDh");

/// Largest prime in bits; production's limit.
const PRIME_BITS_MAX: usize = 10_000;

const PARAMETERS: CryptoError = Failed("DiffieHellman init failed: could not generate parameters");
const PRIME: CryptoError = Failed("DiffieHellman init failed: Invalid DH prime generated");

fn made(prime: Bn, generator: Bn) -> Result<DhHandle, CryptoError> {
    // SAFETY: numbers are such; the new value owns both.
    unsafe {
        if c::BN_is_odd(prime.raw()) != 1 || c::BN_ucmp(generator.raw(), prime.raw()) >= 0 {
            return Err(PRIME);
        }
        let dh = Dh::own(c::DH_new()).expect("there is memory");
        if c::DH_set0_pqg(dh.raw(), prime.release(), ptr::null_mut(), generator.release()) != 1 {
            return Err(Failed("DiffieHellman init failed: could not set keys"));
        }
        Ok(DhHandle(dh))
    }
}

/// With a new prime of `bits` bits.
#[op2]
#[cppgc]
pub fn op_nodecrypto_dh_generate(#[smi] bits: i32, #[smi] generator: i32) -> Result<DhHandle, CryptoError> {
    let _quiet = Quiet::new();
    if usize::try_from(bits).is_ok_and(|bits| bits > PRIME_BITS_MAX) {
        return Err(CryptoError::Range("DiffieHellman init failed: requested prime size too large"));
    }
    let Ok(base) = u64::try_from(generator) else { return Err(PARAMETERS) };
    // What makes the generator suit a safe prime.
    let (add, rem) = match base {
        0 | 1 => return Err(PARAMETERS),
        2 => (24, 11),
        5 => (10, 3),
        _ => (2, 1),
    };
    // A shorter number cannot leave that remainder.
    const BITS_MIN: i32 = 16;
    if bits < BITS_MIN {
        return Err(PARAMETERS);
    }
    let prime = Bn::word(0);
    // SAFETY: numbers are such; no callback.
    let done = unsafe {
        c::BN_generate_prime_ex(prime.raw(), bits, 1, Bn::word(add).raw(), Bn::word(rem).raw(), ptr::null_mut())
    };
    if done == 1 { made(prime, Bn::word(base)) } else { Err(PARAMETERS) }
}

/// With this prime, and a generator that is a number or (if that is zero) bytes.
#[op2]
#[cppgc]
pub fn op_nodecrypto_dh_of(
    #[buffer] prime: &[u8],
    #[smi] generator: i32,
    #[buffer] bytes: Option<&[u8]>,
) -> Result<DhHandle, CryptoError> {
    let _quiet = Quiet::new();
    if prime.len() > PRIME_BITS_MAX / 8 {
        return Err(CryptoError::Range("DiffieHellman init failed: key is too large"));
    }
    if prime.is_empty() {
        return Err(Failed("DiffieHellman init failed: invalid key"));
    }
    let generator = match bytes {
        Some(bytes) => {
            if bytes.iter().all(|byte| *byte == 0)
                || (bytes.ends_with(&[1]) && bytes.iter().rev().skip(1).all(|b| *b == 0))
            {
                return Err(Failed("DiffieHellman init failed: invalid generator"));
            }
            Bn::of(bytes)
        }
        None => match u64::try_from(generator) {
            Ok(generator) if generator >= 2 => Bn::word(generator),
            _ => return Err(CryptoError::Range("DiffieHellman init failed: generator too small")),
        },
    };
    made(Bn::of(prime), generator)
}

/// The prime of a group of RFC 3526; empty if production does not have it.
fn group_prime(name: &str) -> Option<Bn> {
    // SAFETY: each makes a new number.
    unsafe {
        Bn::own(match name.to_ascii_lowercase().as_str() {
            "modp14" => c::BN_get_rfc3526_prime_2048(ptr::null_mut()),
            "modp15" => c::BN_get_rfc3526_prime_3072(ptr::null_mut()),
            "modp16" => c::BN_get_rfc3526_prime_4096(ptr::null_mut()),
            "modp17" => c::BN_get_rfc3526_prime_6144(ptr::null_mut()),
            "modp18" => c::BN_get_rfc3526_prime_8192(ptr::null_mut()),
            _ => return None,
        })
    }
}

/// The prime of a group, whose generator is 2; empty if production does not have the group.
#[op2]
#[buffer]
pub fn op_nodecrypto_dh_group(#[string] name: &str) -> Vec<u8> {
    // SAFETY: it is a number.
    group_prime(name).map(|prime| unsafe { bytes_of(prime.raw()) }).unwrap_or_default()
}

/// What is wrong with the parameters: Node's bits. About the generator, production's library asks for the remainders
/// that this one no longer looks at.
#[op2(fast)]
#[smi]
pub fn op_nodecrypto_dh_check(#[cppgc] dh: &DhHandle) -> i32 {
    const OF_PRIME: i32 = c::DH_CHECK_P_NOT_PRIME | c::DH_CHECK_P_NOT_SAFE_PRIME;
    let _quiet = Quiet::new();
    let mut codes = 0;
    // SAFETY: the parameters are set.
    unsafe {
        let dh = dh.0.raw();
        c::DH_check(dh, &mut codes);
        let (prime, generator) = (c::DH_get0_p(dh), c::DH_get0_g(dh));
        let of_generator = if c::BN_is_word(generator, 2) == 1 {
            if c::BN_mod_word(prime, 24) == 11 { 0 } else { c::DH_CHECK_NOT_SUITABLE_GENERATOR }
        } else if c::BN_is_word(generator, 5) == 1 {
            if matches!(c::BN_mod_word(prime, 10), 3 | 7) { 0 } else { c::DH_CHECK_NOT_SUITABLE_GENERATOR }
        } else {
            c::DH_CHECK_UNABLE_TO_CHECK_GENERATOR
        };
        (codes & OF_PRIME) | of_generator
    }
}

/// Makes a pair, or what is missing of it; gives the public key.
#[op2]
#[buffer]
pub fn op_nodecrypto_dh_keys(#[cppgc] dh: &DhHandle) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    // SAFETY: the parameters are set, then the key is.
    unsafe {
        if c::DH_generate_key(dh.0.raw()) != 1 {
            return Err(Failed("Error while generating DiffieHellman keys"));
        }
        Ok(bytes_of(c::DH_get0_pub_key(dh.0.raw())))
    }
}

/// A number of it: "prime", "generator", "public", "private".
#[op2]
#[buffer]
pub fn op_nodecrypto_dh_number(#[cppgc] dh: &DhHandle, #[string] which: &str) -> Result<Vec<u8>, CryptoError> {
    let dh = dh.0.raw();
    // SAFETY: null is looked for.
    unsafe {
        let (number, missing) = match which {
            "prime" => (c::DH_get0_p(dh), "Error while retrieving DiffieHellman prime"),
            "generator" => (c::DH_get0_g(dh), "Error while retrieving DiffieHellman generator"),
            "public" => (c::DH_get0_pub_key(dh), "No public key"),
            _ => (c::DH_get0_priv_key(dh), "No private key"),
        };
        if number.is_null() { Err(Failed(missing)) } else { Ok(bytes_of(number)) }
    }
}

/// Sets a key.
#[op2(fast)]
pub fn op_nodecrypto_dh_set(#[cppgc] dh: &DhHandle, #[buffer] key: &[u8], public: bool) {
    let number = Bn::of(key).release();
    let none = ptr::null_mut();
    // SAFETY: the value owns the number, and drops the one before.
    unsafe {
        if public {
            c::DH_set0_key(dh.0.raw(), number, none);
        } else {
            c::DH_set0_key(dh.0.raw(), none, number);
        }
    }
}

/// The secret shared with the owner of a public key, as long as the prime.
#[op2]
#[buffer]
pub fn op_nodecrypto_dh_secret(#[cppgc] dh: &DhHandle, #[buffer] key: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    if key.is_empty() {
        return Err(Failed("DiffieHellman computeSecret() failed: invalid key"));
    }
    let key = Bn::of(key);
    let dh = dh.0.raw();
    // SAFETY: numbers are such; a secret is at most as long as is said.
    unsafe {
        let mut problems = 0;
        if c::DH_check_pub_key(dh, key.raw(), &mut problems) == 1 && problems != 0 {
            if problems & c::DH_CHECK_PUBKEY_TOO_SMALL != 0 {
                return Err(CryptoError::Range("DiffieHellman computeSecret() failed: Supplied key is too small"));
            }
            if problems & c::DH_CHECK_PUBKEY_TOO_LARGE != 0 {
                return Err(CryptoError::Range("DiffieHellman computeSecret() failed: Supplied key is too large"));
            }
        }
        let size = usize::try_from(c::DH_size(dh)).unwrap_or_default();
        let mut secret = vec![0; size];
        let written = c::DH_compute_key(secret.as_mut_ptr(), key.raw(), dh);
        let Ok(written) = usize::try_from(written) else {
            return Err(Failed("DiffieHellman computeSecret() failed: error computing shared secret"));
        };
        secret.truncate(written);
        Ok([vec![0; size - written], secret].concat())
    }
}

/// The secret of two keys. Production does it for keys of Diffie-Hellman only, and so does this.
#[op2]
#[buffer]
pub fn op_nodecrypto_dh_stateless(
    #[cppgc] private: &KeyHandle,
    #[cppgc] public: &KeyHandle,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let failed = Failed("Failed to derive shared diffie-hellman secret");
    let (Some(private), Some(public)) = (private.asymmetric(), public.asymmetric()) else { return Err(failed) };
    // SAFETY: both are keys, which is asked for their kind.
    unsafe {
        let (ours, theirs) = (c::EVP_PKEY_get0_DH(private.raw()), c::EVP_PKEY_get0_DH(public.raw()));
        if ours.is_null() || theirs.is_null() {
            return Err(failed);
        }
        let size = usize::try_from(c::DH_size(ours)).unwrap_or_default();
        let mut secret = vec![0; size];
        let written = c::DH_compute_key_padded(secret.as_mut_ptr(), c::DH_get0_pub_key(theirs), ours);
        if written < 0 { Err(failed) } else { Ok(secret) }
    }
}

/// A pair on a curve, owned by V8's garbage collector.
pub struct EcdhHandle(RefCell<EcKey>);

collected!(EcdhHandle, c"NodeEcdh");

const NO_LENGTH: CryptoError = Failed("Failed to get public key length");

/// The number of a curve that production has, by its short name.
fn curve(name: &str, unsupported: &'static str) -> Result<c_int, CryptoError> {
    let nid = curve_number(name).ok_or(Failed("Invalid curve"))?;
    if CURVES.iter().any(|known| known.0 == nid) { Ok(nid) } else { Err(Failed(unsupported)) }
}

/// A point as bytes. Production's library has no hybrid form.
///
/// # Safety
///
/// Both are of one curve.
unsafe fn written(group: *const c::EC_GROUP, point: *const c::EC_POINT, format: &str) -> Result<Vec<u8>, CryptoError> {
    let form = match format {
        "compressed" => c::point_conversion_form_t::POINT_CONVERSION_COMPRESSED,
        "uncompressed" => c::point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED,
        _ => return Err(NO_LENGTH),
    };
    // SAFETY: as above; the library says how much room it wants.
    unsafe {
        let length = c::EC_POINT_point2oct(group, point, form, ptr::null_mut(), 0, ptr::null_mut());
        if length == 0 {
            return Err(NO_LENGTH);
        }
        let mut bytes = vec![0; length];
        c::EC_POINT_point2oct(group, point, form, bytes.as_mut_ptr(), length, ptr::null_mut());
        Ok(bytes)
    }
}

/// # Safety
///
/// `group` is a curve.
unsafe fn read(group: *const c::EC_GROUP, bytes: &[u8]) -> Result<EcPoint, CryptoError> {
    // SAFETY: as above; a slice and its length.
    unsafe {
        let point = EcPoint::own(c::EC_POINT_new(group)).expect("there is memory");
        let form_known = matches!(bytes.first(), Some(2..=4));
        if !form_known || c::EC_POINT_oct2point(group, point.raw(), bytes.as_ptr(), bytes.len(), ptr::null_mut()) != 1 {
            return Err(Failed("Failed to set point"));
        }
        Ok(point)
    }
}

/// On the curve of this name, without keys.
#[op2]
#[cppgc]
pub fn op_nodecrypto_ecdh(#[string] name: &str) -> Result<EcdhHandle, CryptoError> {
    let _quiet = Quiet::new();
    let failed = "Failed to create key using named curve";
    let nid = curve(name, failed)?;
    // SAFETY: a new value.
    let key = unsafe { EcKey::own(c::EC_KEY_new_by_curve_name(nid)) };
    Ok(EcdhHandle(RefCell::new(key.ok_or(Failed(failed))?)))
}

/// Makes a pair.
#[op2(fast)]
pub fn op_nodecrypto_ecdh_generate(#[cppgc] ecdh: &EcdhHandle) -> Result<(), CryptoError> {
    let _quiet = Quiet::new();
    // SAFETY: it has a curve.
    let done = unsafe { c::EC_KEY_generate_key(ecdh.0.borrow().raw()) };
    if done == 1 { Ok(()) } else { Err(Failed("Failed to generate keys")) }
}

/// The private key, in as few bytes as it has.
#[op2]
#[buffer]
pub fn op_nodecrypto_ecdh_private(#[cppgc] ecdh: &EcdhHandle) -> Result<Vec<u8>, CryptoError> {
    // SAFETY: null is looked for.
    unsafe {
        let number = c::EC_KEY_get0_private_key(ecdh.0.borrow().raw());
        if number.is_null() { Err(Failed("Failed to get ECDH private key")) } else { Ok(bytes_of(number)) }
    }
}

/// The public key.
#[op2]
#[buffer]
pub fn op_nodecrypto_ecdh_public(#[cppgc] ecdh: &EcdhHandle, #[string] format: &str) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let key = ecdh.0.borrow();
    // SAFETY: null is looked for; the point is of the key's curve.
    unsafe {
        let point = c::EC_KEY_get0_public_key(key.raw());
        if point.is_null() {
            return Err(Failed("Failed to get ECDH public key"));
        }
        written(c::EC_KEY_get0_group(key.raw()), point, format)
    }
}

/// Sets the private key, and the public one that belongs to it.
#[op2(fast)]
pub fn op_nodecrypto_ecdh_set(#[cppgc] ecdh: &EcdhHandle, #[buffer] bytes: &[u8]) -> Result<(), CryptoError> {
    let _quiet = Quiet::new();
    let number = Bn::of(bytes);
    let key = ecdh.0.borrow();
    // SAFETY: numbers, points and keys are such, of one curve; the library copies what it is given.
    unsafe {
        let group = c::EC_KEY_get0_group(key.raw());
        let order = c::EC_GROUP_get0_order(group);
        if c::BN_is_zero(number.raw()) == 1 || c::BN_ucmp(number.raw(), order) >= 0 {
            return Err(Failed("Private key is not valid for specified curve."));
        }
        let point = EcPoint::own(c::EC_POINT_new(group)).expect("there is memory");
        let none = ptr::null_mut();
        if c::EC_KEY_set_private_key(key.raw(), number.raw()) != 1
            || c::EC_POINT_mul(group, point.raw(), number.raw(), ptr::null(), ptr::null(), none) != 1
            || c::EC_KEY_set_public_key(key.raw(), point.raw()) != 1
        {
            return Err(Failed("Failed to convert BN to a private key"));
        }
    }
    Ok(())
}

/// The secret shared with the owner of a public key.
#[op2]
#[buffer]
pub fn op_nodecrypto_ecdh_secret(#[cppgc] ecdh: &EcdhHandle, #[buffer] public: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let key = ecdh.0.borrow();
    // SAFETY: points are of the key's curve; a secret is as long as the field.
    unsafe {
        if c::EC_KEY_check_key(key.raw()) != 1 {
            return Err(Failed("Invalid keypair"));
        }
        let group = c::EC_KEY_get0_group(key.raw());
        let point = read(group, public)?;
        let mut secret = vec![0; (c::EC_GROUP_get_degree(group) as usize).div_ceil(8)];
        if c::ECDH_compute_key(secret.as_mut_ptr().cast(), secret.len(), point.raw(), key.raw(), None) < 1 {
            return Err(Failed("Failed to compute ECDH key"));
        }
        Ok(secret)
    }
}

/// A public key in another form.
#[op2]
#[buffer]
pub fn op_nodecrypto_ecdh_convert(
    #[buffer] key: &[u8],
    #[string] name: &str,
    #[string] format: &str,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let nid = curve(name, "Failed to allocate EC_POINT for a public key")?;
    // SAFETY: a curve that exists; the point is of it.
    unsafe {
        let group = EcGroup::own(c::EC_GROUP_new_by_curve_name(nid)).ok_or(Failed("Invalid curve"))?;
        let point = read(group.raw(), key)?;
        written(group.raw(), point.raw(), format)
    }
}
