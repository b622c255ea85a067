//! Keys: made, read, written, compared.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr;

use aws_lc_sys as c;
use deno_core::{ToV8, op2};

use super::digest::collected;
use super::ssl::{Bio, Bn, Dh, EcKey, Pkey, Quiet, Rsa, X509, allocated, bytes_of};
use super::{CryptoError, CryptoError::Failed};

/// A key, owned by V8's garbage collector.
pub enum KeyHandle {
    /// Bytes.
    Secret(Box<[u8]>),
    /// The half that everybody may know.
    Public(Pkey),
    /// Both halves.
    Private(Pkey),
}

collected!(KeyHandle, c"NodeKey");

impl KeyHandle {
    /// The key, if it is not a secret one.
    pub(super) fn asymmetric(&self) -> Option<&Pkey> {
        match self {
            Self::Secret(_) => None,
            Self::Public(key) | Self::Private(key) => Some(key),
        }
    }
}

const PARSE_PRIVATE: CryptoError = Failed("Failed to parse private key");
const PARSE_PUBLIC: CryptoError = Failed("Failed to parse public key");

/// Curves that production has: number, name, name of NIST.
pub(super) const CURVES: [(i32, &str, &str); 4] = [
    (c::NID_secp224r1, "secp224r1", "P-224"),
    (c::NID_X9_62_prime256v1, "prime256v1", "P-256"),
    (c::NID_secp384r1, "secp384r1", "P-384"),
    (c::NID_secp521r1, "secp521r1", "P-521"),
];

/// The curve of a key: an entry of [`CURVES`].
pub(super) fn curve_of(key: &Pkey) -> Option<&'static (i32, &'static str, &'static str)> {
    // SAFETY: it is a key; null is looked for.
    let nid = unsafe {
        let ec = c::EVP_PKEY_get0_EC_KEY(key.raw());
        if ec.is_null() {
            return None;
        }
        c::EC_GROUP_get_curve_name(c::EC_KEY_get0_group(ec))
    };
    CURVES.iter().find(|curve| curve.0 == nid)
}

pub(super) fn id_of(key: &Pkey) -> i32 {
    // SAFETY: it is a key.
    unsafe { c::EVP_PKEY_id(key.raw()) }
}

/// A key of a kind that production's library reads.
fn known(key: Option<Pkey>) -> Option<Pkey> {
    key.filter(|key| match id_of(key) {
        c::EVP_PKEY_RSA | c::EVP_PKEY_ED25519 | c::EVP_PKEY_X25519 => true,
        c::EVP_PKEY_DSA => is_whole(key),
        c::EVP_PKEY_EC => curve_of(key).is_some(),
        _ => false,
    })
}

/// Whether a key can be used by itself. The numbers of a DSA key may be left to whoever issued its certificate; the
/// library reads such a key, and goes astray when it is asked about it.
pub(super) fn is_whole(key: &Pkey) -> bool {
    if id_of(key) != c::EVP_PKEY_DSA {
        return true;
    }
    let (mut p, mut q, mut g) = (ptr::null(), ptr::null(), ptr::null());
    // SAFETY: it is a DSA key; what is written is borrowed from it.
    unsafe { c::DSA_get0_pqg(c::EVP_PKEY_get0_DSA(key.raw()), &mut p, &mut q, &mut g) };
    !p.is_null() && !q.is_null() && !g.is_null()
}

/// Gives the library the passphrase that `data` is a slice of. Without a function of ours the library asks whoever sits
/// at the terminal.
///
/// # Safety
///
/// `buffer` has room for `size` bytes, `data` is null or points to a `&[u8]`.
pub(super) unsafe extern "C" fn passphrase(
    buffer: *mut c_char,
    size: c_int,
    _writes: c_int,
    data: *mut c_void,
) -> c_int {
    if data.is_null() {
        return -1;
    }
    // SAFETY: as above; no more is copied than there is room for.
    unsafe {
        let phrase: &[u8] = *data.cast::<&[u8]>();
        if phrase.len() > usize::try_from(size).unwrap_or_default() {
            return -1;
        }
        ptr::copy_nonoverlapping(phrase.as_ptr(), buffer.cast(), phrase.len());
        c_int::try_from(phrase.len()).unwrap_or(-1)
    }
}

/// What [`passphrase`] is given: it lives as long as the call.
fn asked(phrase: &Option<&[u8]>) -> *mut c_void {
    phrase.as_ref().map_or(ptr::null_mut(), |phrase| ptr::from_ref(phrase).cast_mut().cast())
}

pub(super) fn length_of(bytes: &[u8]) -> c_long {
    c_long::try_from(bytes.len()).expect("memory is smaller than that")
}

fn read_private(bytes: &[u8], pem: bool, kind: &str, phrase: Option<&[u8]>) -> Option<Pkey> {
    let none = ptr::null_mut();
    // SAFETY: the library reads the slice or the buffer that has its bytes, and the phrase during the call.
    let key = unsafe {
        let mut data = bytes.as_ptr();
        if pem {
            Pkey::own(c::PEM_read_bio_PrivateKey(Bio::of(bytes).raw(), none, Some(passphrase), asked(&phrase)))
        } else if kind == "pkcs1" {
            Pkey::own(c::d2i_PrivateKey(c::EVP_PKEY_RSA, none, &mut data, length_of(bytes)))
        } else if kind == "sec1" {
            Pkey::own(c::d2i_PrivateKey(c::EVP_PKEY_EC, none, &mut data, length_of(bytes)))
        } else {
            let encrypted =
                Pkey::own(c::d2i_PKCS8PrivateKey_bio(Bio::of(bytes).raw(), none, Some(passphrase), asked(&phrase)));
            encrypted.or_else(|| {
                let mut bytes_left = c::CBS { data: bytes.as_ptr(), len: bytes.len() };
                Pkey::own(c::EVP_parse_private_key(&mut bytes_left))
            })
        }
    };
    known(key)
}

pub(super) fn of_rsa(rsa: Option<Rsa>) -> Option<Pkey> {
    let rsa = rsa?;
    // SAFETY: the new key shares the other.
    unsafe {
        let key = Pkey::own(c::EVP_PKEY_new()).expect("there is memory");
        (c::EVP_PKEY_set1_RSA(key.raw(), rsa.raw()) == 1).then_some(key)
    }
}

fn read_public(bytes: &[u8], pem: bool, kind: &str, phrase: Option<&[u8]>) -> Option<Pkey> {
    let none = ptr::null_mut();
    let no_password = ptr::null_mut();
    // SAFETY: as above.
    let key = unsafe {
        if pem {
            let bio = || Bio::of(bytes);
            Pkey::own(c::PEM_read_bio_PUBKEY(bio().raw(), none, Some(passphrase), no_password))
                .or_else(|| {
                    of_rsa(Rsa::own(c::PEM_read_bio_RSAPublicKey(
                        bio().raw(),
                        ptr::null_mut(),
                        Some(passphrase),
                        no_password,
                    )))
                })
                .or_else(|| {
                    let certificate =
                        X509::own(c::PEM_read_bio_X509(bio().raw(), ptr::null_mut(), Some(passphrase), no_password))?;
                    Pkey::own(c::X509_get_pubkey(certificate.raw()))
                })
                .or_else(|| public_of(&read_private(bytes, true, "", phrase)?))
        } else {
            let mut data = bytes.as_ptr();
            if kind == "spki" {
                Pkey::own(c::d2i_PUBKEY(none, &mut data, length_of(bytes)))
            } else {
                of_rsa(Rsa::own(c::d2i_RSAPublicKey(ptr::null_mut(), &mut data, length_of(bytes))))
            }
        }
    };
    known(key)
}

/// The public half of a key.
pub(super) fn public_of(key: &Pkey) -> Option<Pkey> {
    // SAFETY: it is a key; what is written is read again.
    unsafe {
        if id_of(key) == c::EVP_PKEY_DH {
            let from = c::EVP_PKEY_get0_DH(key.raw());
            let dh = Dh::own(c::DHparams_dup(from))?;
            c::DH_set0_key(dh.raw(), c::BN_dup(c::DH_get0_pub_key(from)), ptr::null_mut());
            return of_dh(&dh);
        }
        let spki = allocated(|out| c::i2d_PUBKEY(key.raw(), out))?;
        let mut data = spki.as_ptr();
        Pkey::own(c::d2i_PUBKEY(ptr::null_mut(), &mut data, length_of(&spki)))
    }
}

pub(super) fn of_dh(dh: &Dh) -> Option<Pkey> {
    // SAFETY: the new key shares the other.
    unsafe {
        let key = Pkey::own(c::EVP_PKEY_new()).expect("there is memory");
        (c::EVP_PKEY_set1_DH(key.raw(), dh.raw()) == 1).then_some(key)
    }
}

/// A secret key.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_secret(#[buffer] bytes: &[u8]) -> KeyHandle {
    KeyHandle::Secret(bytes.into())
}

/// A private key out of PEM or DER; `kind` is "pkcs1", "pkcs8", "sec1" or empty.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_private(
    #[buffer] bytes: &[u8],
    pem: bool,
    #[string] kind: &str,
    #[buffer] phrase: Option<&[u8]>,
) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    read_private(bytes, pem, kind, phrase).map(KeyHandle::Private).ok_or(PARSE_PRIVATE)
}

/// A public key out of PEM (of a private key and of a certificate, too) or DER; `kind` is "pkcs1", "spki" or empty.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_public(
    #[buffer] bytes: &[u8],
    pem: bool,
    #[string] kind: &str,
    #[buffer] phrase: Option<&[u8]>,
) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    read_public(bytes, pem, kind, phrase).map(KeyHandle::Public).ok_or(PARSE_PUBLIC)
}

/// The public key that belongs to a private one.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_public_of(#[cppgc] key: &KeyHandle) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    let public = key.asymmetric().and_then(public_of);
    public.map(KeyHandle::Public).ok_or(Failed("Failed to derive public key from private key"))
}

/// A key of RSA out of its numbers; with six empty ones at the end, a public one.
#[op2]
#[cppgc]
#[allow(clippy::too_many_arguments)]
pub fn op_nodecrypto_key_rsa(
    #[buffer] n: &[u8],
    #[buffer] e: &[u8],
    #[buffer] d: &[u8],
    #[buffer] p: &[u8],
    #[buffer] q: &[u8],
    #[buffer] dp: &[u8],
    #[buffer] dq: &[u8],
    #[buffer] qi: &[u8],
) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    let number = |bytes: &[u8]| Bn::of(bytes).release();
    let private = !d.is_empty();
    // SAFETY: the key owns each number that is set.
    let rsa = unsafe {
        let rsa = Rsa::own(c::RSA_new()).expect("there is memory");
        c::RSA_set0_key(rsa.raw(), number(n), number(e), if private { number(d) } else { ptr::null_mut() });
        if private {
            c::RSA_set0_factors(rsa.raw(), number(p), number(q));
            c::RSA_set0_crt_params(rsa.raw(), number(dp), number(dq), number(qi));
        }
        rsa
    };
    let key = of_rsa(Some(rsa)).ok_or(Failed("RSA JWK invalid key"))?;
    Ok(if private { KeyHandle::Private(key) } else { KeyHandle::Public(key) })
}

/// A key on a curve out of its numbers; with an empty `d`, a public one.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_ec(
    #[string] curve: &str,
    #[buffer] x: &[u8],
    #[buffer] y: &[u8],
    #[buffer] d: &[u8],
) -> Result<KeyHandle, CryptoError> {
    let _quiet = Quiet::new();
    let nid = CURVES.iter().find(|known| known.2 == curve).ok_or(Failed("EC JWK unsupported crv parameter"))?.0;
    // SAFETY: numbers and keys are such; the library copies what it is given.
    let key = unsafe {
        let ec = EcKey::own(c::EC_KEY_new_by_curve_name(nid)).expect("there is memory");
        if c::EC_KEY_set_public_key_affine_coordinates(ec.raw(), Bn::of(x).raw(), Bn::of(y).raw()) != 1 {
            return Err(Failed("EC JWK invalid public key"));
        }
        if !d.is_empty() && c::EC_KEY_set_private_key(ec.raw(), Bn::of(d).raw()) != 1 {
            // Production's spelling.
            return Err(Failed("EW JWK invalid private key"));
        }
        let key = Pkey::own(c::EVP_PKEY_new()).expect("there is memory");
        c::EVP_PKEY_set1_EC_KEY(key.raw(), ec.raw());
        key
    };
    Ok(if d.is_empty() { KeyHandle::Public(key) } else { KeyHandle::Private(key) })
}

/// A key of Ed25519 or X25519 out of its bytes; null where they are none.
#[op2]
#[cppgc]
pub fn op_nodecrypto_key_raw(#[string] curve: &str, #[buffer] bytes: &[u8], private: bool) -> Option<KeyHandle> {
    let _quiet = Quiet::new();
    let id = if curve == "Ed25519" { c::EVP_PKEY_ED25519 } else { c::EVP_PKEY_X25519 };
    let none = ptr::null_mut();
    // SAFETY: a slice and its length.
    unsafe {
        if private {
            Pkey::own(c::EVP_PKEY_new_raw_private_key(id, none, bytes.as_ptr(), bytes.len())).map(KeyHandle::Private)
        } else {
            Pkey::own(c::EVP_PKEY_new_raw_public_key(id, none, bytes.as_ptr(), bytes.len())).map(KeyHandle::Public)
        }
    }
}

/// "secret", "public" or "private".
#[op2]
#[string]
pub fn op_nodecrypto_key_type(#[cppgc] key: &KeyHandle) -> &'static str {
    match key {
        KeyHandle::Secret(_) => "secret",
        KeyHandle::Public(_) => "public",
        KeyHandle::Private(_) => "private",
    }
}

/// The bytes of a secret key; empty for others.
#[op2]
#[buffer]
pub fn op_nodecrypto_key_bytes(#[cppgc] key: &KeyHandle) -> Vec<u8> {
    match key {
        KeyHandle::Secret(bytes) => bytes.to_vec(),
        KeyHandle::Public(_) | KeyHandle::Private(_) => Vec::new(),
    }
}

/// Which kind of asymmetric key; empty for a secret one.
#[op2]
#[string]
pub fn op_nodecrypto_key_kind(#[cppgc] key: &KeyHandle) -> &'static str {
    match key.asymmetric().map(id_of) {
        Some(c::EVP_PKEY_RSA) => "rsa",
        Some(c::EVP_PKEY_EC) => "ec",
        Some(c::EVP_PKEY_ED25519) => "ed25519",
        Some(c::EVP_PKEY_X25519) => "x25519",
        Some(c::EVP_PKEY_DSA) => "dsa",
        Some(c::EVP_PKEY_DH) => "dh",
        _ => "",
    }
}

/// What `asymmetricKeyDetails` is made of. Non-null exactly where the kind of key has it.
#[derive(Default, ToV8)]
pub struct KeyDetails {
    modulus_length: Option<u32>,
    public_exponent: Option<String>,
    divisor_length: Option<u32>,
    named_curve: Option<String>,
}

/// Details of an asymmetric key; the exponent in hexadecimal digits.
#[op2]
pub fn op_nodecrypto_key_details(#[cppgc] key: &KeyHandle) -> KeyDetails {
    let Some(key) = key.asymmetric() else { return KeyDetails::default() };
    // SAFETY: keys have what is asked of their kinds.
    unsafe {
        match id_of(key) {
            c::EVP_PKEY_RSA => {
                let (mut n, mut e, mut d) = (ptr::null(), ptr::null(), ptr::null());
                c::RSA_get0_key(c::EVP_PKEY_get0_RSA(key.raw()), &mut n, &mut e, &mut d);
                let digits = bytes_of(e).iter().map(|byte| format!("{byte:02x}")).collect();
                KeyDetails {
                    modulus_length: Some(c::BN_num_bits(n)),
                    public_exponent: Some(digits),
                    ..Default::default()
                }
            }
            c::EVP_PKEY_DSA => {
                let (mut p, mut q, mut g) = (ptr::null(), ptr::null(), ptr::null());
                c::DSA_get0_pqg(c::EVP_PKEY_get0_DSA(key.raw()), &mut p, &mut q, &mut g);
                KeyDetails {
                    modulus_length: Some(c::BN_num_bits(p)),
                    divisor_length: Some(c::BN_num_bits(q)),
                    ..Default::default()
                }
            }
            _ => KeyDetails { named_curve: curve_of(key).map(|curve| curve.1.to_string()), ..Default::default() },
        }
    }
}

/// Whether two keys of one type are the same.
#[op2(fast)]
pub fn op_nodecrypto_key_equals(#[cppgc] one: &KeyHandle, #[cppgc] other: &KeyHandle) -> bool {
    let _quiet = Quiet::new();
    match (one, other) {
        (KeyHandle::Secret(one), KeyHandle::Secret(other)) => same_bytes(one, other),
        (KeyHandle::Public(one), KeyHandle::Public(other)) | (KeyHandle::Private(one), KeyHandle::Private(other)) => {
            // SAFETY: both are keys.
            unsafe { c::EVP_PKEY_cmp(one.raw(), other.raw()) == 1 }
        }
        _ => false,
    }
}

/// Whether bytes are the same, in a time that does not tell where they differ.
pub(super) fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    // SAFETY: slices of one length.
    one.len() == other.len() && unsafe { c::CRYPTO_memcmp(one.as_ptr().cast(), other.as_ptr().cast(), one.len()) == 0 }
}

/// The number of anything that has this short name.
pub(super) fn curve_number(name: &str) -> Option<c_int> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: a string with its end.
    let nid = unsafe { c::OBJ_sn2nid(name.as_ptr()) };
    (nid != c::NID_undef).then_some(nid)
}
