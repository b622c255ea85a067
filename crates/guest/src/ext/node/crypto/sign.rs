//! Signatures.

use std::cell::RefCell;
use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::digest::collected;
use super::keys::KeyHandle;
use super::ssl::{Bn, EcdsaSig, Md, MdCtx, Pkey, PkeyCtx, Quiet, allocated, padded_bytes_of};
use super::{CryptoError, CryptoError::Failed, digest_by_name};

/// What is signed or verified, in pieces; owned by V8's garbage collector.
pub struct SignHandle {
    md: Md,
    verifies: bool,
    /// Null once it was used.
    ctx: RefCell<Option<MdCtx>>,
}

collected!(SignHandle, c"NodeSign");

/// How a signature of RSA is made. Numbers that the caller did not give are null.
struct Options {
    padding: Option<i32>,
    salt: Option<i32>,
}

fn id_of(key: &Pkey) -> i32 {
    // SAFETY: it is a key.
    unsafe { c::EVP_PKEY_id(key.raw()) }
}

/// The bytes of each of the two numbers of a signature; null where signatures are not two numbers.
fn half_of(key: &Pkey) -> Option<usize> {
    if id_of(key) != c::EVP_PKEY_EC {
        return None;
    }
    // SAFETY: a key on a curve has its curve.
    let bits = unsafe { c::EC_GROUP_order_bits(c::EC_KEY_get0_group(c::EVP_PKEY_get0_EC_KEY(key.raw()))) };
    usize::try_from(bits).ok().map(|bits| bits.div_ceil(8))
}

fn to_plain(key: &Pkey, signature: Vec<u8>) -> Vec<u8> {
    let Some(half) = half_of(key) else { return signature };
    // SAFETY: slices and their lengths; the two numbers are the signature's.
    let plain = unsafe {
        EcdsaSig::own(c::ECDSA_SIG_from_bytes(signature.as_ptr(), signature.len())).and_then(|parsed| {
            let (mut r, mut s) = (ptr::null(), ptr::null());
            c::ECDSA_SIG_get0(parsed.raw(), &mut r, &mut s);
            Some([padded_bytes_of(r, half)?, padded_bytes_of(s, half)?].concat())
        })
    };
    plain.unwrap_or(signature)
}

fn to_der(key: &Pkey, signature: &[u8]) -> Vec<u8> {
    let Some(half) = half_of(key) else { return signature.to_vec() };
    if signature.len() != 2 * half {
        return Vec::new();
    }
    let (r, s) = signature.split_at(half);
    // SAFETY: the signature owns both numbers from here on.
    unsafe {
        let made = EcdsaSig::own(c::ECDSA_SIG_new()).expect("there is memory");
        c::ECDSA_SIG_set0(made.raw(), Bn::of(r).release(), Bn::of(s).release());
        allocated(|out| c::i2d_ECDSA_SIG(made.raw(), out)).unwrap_or_default()
    }
}

/// Starts what is to be signed or verified.
#[op2]
#[cppgc]
pub fn op_nodecrypto_sign_start(verifies: bool, #[string] digest: String) -> Result<SignHandle, CryptoError> {
    let Some(md) = digest_by_name(&digest) else { return Err(CryptoError::UnknownDigest(digest)) };
    // SAFETY: a new context and a constant.
    let ctx = unsafe {
        let ctx = MdCtx::own(c::EVP_MD_CTX_new()).expect("there is memory");
        c::EVP_DigestInit_ex(ctx.raw(), md, ptr::null_mut());
        ctx
    };
    Ok(SignHandle { md, verifies, ctx: RefCell::new(Some(ctx)) })
}

impl SignHandle {
    fn finalized(&self) -> CryptoError {
        Failed(if self.verifies {
            "Verification context has already been finalized"
        } else {
            "Signing context has already been finalized"
        })
    }

    fn digest(&self) -> Result<Vec<u8>, CryptoError> {
        let ctx = self.ctx.take().ok_or_else(|| self.finalized())?;
        // SAFETY: a digest has as many bytes as its method says.
        unsafe {
            let mut bytes = vec![0; c::EVP_MD_size(self.md)];
            c::EVP_DigestFinal_ex(ctx.raw(), bytes.as_mut_ptr(), ptr::null_mut());
            Ok(bytes)
        }
    }

    /// An operation with the key, initialised by `init`.
    fn operation(
        &self,
        key: &Pkey,
        init: unsafe extern "C" fn(*mut c::EVP_PKEY_CTX) -> i32,
        options: &Options,
    ) -> Result<PkeyCtx, CryptoError> {
        // SAFETY: the key is one, the context is new.
        unsafe {
            let ctx = PkeyCtx::own(c::EVP_PKEY_CTX_new(key.raw(), ptr::null_mut())).expect("there is memory");
            if id_of(key) == c::EVP_PKEY_X25519 || init(ctx.raw()) != 1 {
                return Err(Failed(if self.verifies {
                    "Failed to initialize key for verification"
                } else {
                    "Failed to initialize signing context"
                }));
            }
            if id_of(key) == c::EVP_PKEY_RSA {
                let padding = options.padding.unwrap_or(c::RSA_PKCS1_PADDING);
                let pss = padding == c::RSA_PKCS1_PSS_PADDING;
                // As long as the digest, where nothing is said.
                let salt = options.salt.unwrap_or(-1);
                if c::EVP_PKEY_CTX_set_rsa_padding(ctx.raw(), padding) != 1
                    || (pss && c::EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx.raw(), salt) != 1)
                {
                    return Err(Failed("Failed to set RSA parameters for signature"));
                }
            }
            if id_of(key) == c::EVP_PKEY_ED25519 || c::EVP_PKEY_CTX_set_signature_md(ctx.raw(), self.md) != 1 {
                return Err(Failed(if self.verifies {
                    "Failed to set digest context for signature verification"
                } else {
                    "Failed to set signature digest"
                }));
            }
            Ok(ctx)
        }
    }
}

/// Adds a piece.
#[op2(fast)]
pub fn op_nodecrypto_sign_update(#[cppgc] sign: &SignHandle, #[buffer] data: &[u8]) -> Result<(), CryptoError> {
    let ctx = sign.ctx.borrow();
    let ctx = ctx.as_ref().ok_or_else(|| sign.finalized())?;
    // SAFETY: the context was initialised; a slice and its length.
    unsafe { c::EVP_DigestUpdate(ctx.raw(), data.as_ptr().cast(), data.len()) };
    Ok(())
}

/// Signs what was added.
#[op2]
#[buffer]
pub fn op_nodecrypto_sign_finish(
    #[cppgc] sign: &SignHandle,
    #[cppgc] key: &KeyHandle,
    padding: Option<i32>,
    salt: Option<i32>,
    plain: bool,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    if sign.ctx.borrow().is_none() {
        return Err(sign.finalized());
    }
    let key = key.asymmetric().ok_or(Failed("Invalid key for sign operation"))?;
    if id_of(key) == c::EVP_PKEY_DSA {
        return Err(Failed("Signing with DSA keys is not currently supported"));
    }
    let digest = sign.digest()?;
    let ctx = sign.operation(key, c::EVP_PKEY_sign_init, &Options { padding, salt })?;
    // SAFETY: a signature is at most as long as the key says.
    let signature = unsafe {
        let mut length = usize::try_from(c::EVP_PKEY_size(key.raw())).unwrap_or_default();
        let mut signature = vec![0; length];
        if c::EVP_PKEY_sign(ctx.raw(), signature.as_mut_ptr(), &mut length, digest.as_ptr(), digest.len()) != 1 {
            return Err(Failed("Failed to generate signature"));
        }
        signature.truncate(length);
        signature
    };
    Ok(if plain { to_plain(key, signature) } else { signature })
}

/// Whether a signature is one of what was added.
#[op2]
pub fn op_nodecrypto_verify_finish(
    #[cppgc] verify: &SignHandle,
    #[cppgc] key: &KeyHandle,
    #[buffer] signature: &[u8],
    padding: Option<i32>,
    salt: Option<i32>,
    plain: bool,
) -> Result<bool, CryptoError> {
    let _quiet = Quiet::new();
    if verify.ctx.borrow().is_none() {
        return Err(verify.finalized());
    }
    let key = key.asymmetric().ok_or(Failed("Invalid key for verify operation"))?;
    match id_of(key) {
        c::EVP_PKEY_ED25519 => return Err(Failed("Unsupported operation for this key")),
        c::EVP_PKEY_DSA => return Err(Failed("Verifying with DSA keys is not currently supported")),
        _ => {}
    }
    let digest = verify.digest()?;
    let ctx = verify.operation(key, c::EVP_PKEY_verify_init, &Options { padding, salt })?;
    let signature = if plain { to_der(key, signature) } else { signature.to_vec() };
    // SAFETY: slices and their lengths.
    let valid =
        unsafe { c::EVP_PKEY_verify(ctx.raw(), signature.as_ptr(), signature.len(), digest.as_ptr(), digest.len()) };
    Ok(valid == 1)
}

/// What an operation at once asks of key and digest, which production's library refuses itself.
fn at_once(key: &Pkey, digest: Option<String>, refused: &'static str) -> Result<Option<Md>, CryptoError> {
    let md = match digest {
        None => None,
        Some(name) => match digest_by_name(&name) {
            Some(md) => Some(md),
            None => return Err(CryptoError::UnknownDigest(name)),
        },
    };
    match (id_of(key), md) {
        (c::EVP_PKEY_ED25519, None) => Ok(None),
        (c::EVP_PKEY_RSA | c::EVP_PKEY_EC, Some(md)) => Ok(Some(md)),
        _ => Err(Failed(refused)),
    }
}

/// Signs at once. `digest` is null for keys that have their own.
#[op2]
#[buffer]
pub fn op_nodecrypto_sign_now(
    #[cppgc] key: &KeyHandle,
    #[string] digest: Option<String>,
    #[buffer] data: &[u8],
    plain: bool,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let key = key.asymmetric().ok_or(Failed("Invalid key for sign operation"))?;
    if id_of(key) == c::EVP_PKEY_DSA {
        return Err(Failed("Signing with DSA keys is not currently supported"));
    }
    let refused = "Failed to initialize signing context";
    let md = at_once(key, digest, refused)?;
    // SAFETY: slices and their lengths; the library says how much room it wants.
    let signature = unsafe {
        let ctx = MdCtx::own(c::EVP_MD_CTX_new()).expect("there is memory");
        let none = ptr::null_mut();
        if c::EVP_DigestSignInit(ctx.raw(), ptr::null_mut(), md.unwrap_or(ptr::null()), none, key.raw()) != 1 {
            return Err(Failed(refused));
        }
        let mut length = 0;
        c::EVP_DigestSign(ctx.raw(), ptr::null_mut(), &mut length, data.as_ptr(), data.len());
        let mut signature = vec![0; length];
        // With a key that cannot sign, production gives no bytes.
        if c::EVP_DigestSign(ctx.raw(), signature.as_mut_ptr(), &mut length, data.as_ptr(), data.len()) != 1 {
            length = 0;
        }
        signature.truncate(length);
        signature
    };
    Ok(if plain { to_plain(key, signature) } else { signature })
}

/// Verifies at once.
#[op2]
pub fn op_nodecrypto_verify_now(
    #[cppgc] key: &KeyHandle,
    #[string] digest: Option<String>,
    #[buffer] data: &[u8],
    #[buffer] signature: &[u8],
    plain: bool,
) -> Result<bool, CryptoError> {
    let _quiet = Quiet::new();
    let key = key.asymmetric().ok_or(Failed("Invalid key for verification operation"))?;
    if id_of(key) == c::EVP_PKEY_DSA {
        return Err(Failed("Verifying with DSA keys is not currently supported"));
    }
    let refused = "Failed to initialize verification context";
    let md = at_once(key, digest, refused)?;
    let signature = if plain { to_der(key, signature) } else { signature.to_vec() };
    // SAFETY: slices and their lengths.
    unsafe {
        let ctx = MdCtx::own(c::EVP_MD_CTX_new()).expect("there is memory");
        let none = ptr::null_mut();
        if c::EVP_DigestVerifyInit(ctx.raw(), ptr::null_mut(), md.unwrap_or(ptr::null()), none, key.raw()) != 1 {
            return Err(Failed(refused));
        }
        let valid = c::EVP_DigestVerify(ctx.raw(), signature.as_ptr(), signature.len(), data.as_ptr(), data.len());
        Ok(valid == 1)
    }
}
