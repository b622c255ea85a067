//! Digests and HMAC, in pieces.

use std::cell::RefCell;
use std::ptr;

use aws_lc_sys as c;
use deno_core::{op2, v8};

use super::ssl::{Md, MdCtx};
use super::{CryptoError, digest_by_name};

const UNKNOWN: CryptoError = CryptoError::Failed("Digest method not supported");

/// A digest that is being computed.
struct Running {
    md: Md,
    ctx: MdCtx,
}

impl Running {
    fn new(md: Md) -> Self {
        // SAFETY: `md` is a constant of the library, the context is new.
        unsafe {
            let ctx = MdCtx::own(c::EVP_MD_CTX_new()).expect("there is memory");
            c::EVP_DigestInit_ex(ctx.raw(), md, ptr::null_mut());
            Self { md, ctx }
        }
    }

    fn size(&self) -> usize {
        // SAFETY: `md` is a constant of the library.
        unsafe { c::EVP_MD_size(self.md) }
    }

    fn update(&self, data: &[u8]) {
        // SAFETY: the context was initialised; reading the slice.
        unsafe { c::EVP_DigestUpdate(self.ctx.raw(), data.as_ptr().cast(), data.len()) };
    }

    fn copy(&self) -> Self {
        // SAFETY: both are contexts, and this one was initialised.
        unsafe {
            let ctx = MdCtx::own(c::EVP_MD_CTX_new()).expect("there is memory");
            c::EVP_MD_CTX_copy_ex(ctx.raw(), self.ctx.raw());
            Self { md: self.md, ctx }
        }
    }

    /// The digest of all pieces; the state stays, so that more can follow.
    fn finish(&self) -> Vec<u8> {
        let copy = self.copy();
        let mut bytes = vec![0; self.size()];
        // SAFETY: a digest has as many bytes as its method says.
        unsafe { c::EVP_DigestFinal_ex(copy.ctx.raw(), bytes.as_mut_ptr(), ptr::null_mut()) };
        bytes
    }
}

fn digest(md: Md, parts: &[&[u8]]) -> Vec<u8> {
    let running = Running::new(md);
    parts.iter().for_each(|part| running.update(part));
    running.finish()
}

/// A digest, owned by V8's garbage collector.
pub struct HashHandle(Running);

/// A code of a key, likewise.
pub struct HmacHandle {
    inner: Running,
    /// What has taken the key's second form, and takes the inner digest last. Null once that was done.
    outer: RefCell<Option<Running>>,
}

macro_rules! collected {
    ($type:ty, $name:literal) => {
        // SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it
        // from a finaliser touches only memory of the library that is its own.
        unsafe impl v8::cppgc::GarbageCollected for $type {
            fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

            fn get_name(&self) -> &'static std::ffi::CStr {
                $name
            }
        }
    };
}
pub(super) use collected;

collected!(HashHandle, c"NodeHash");
collected!(HmacHandle, c"NodeHmac");

/// `length` is that which the caller asks for: no digest here has another than its own.
fn sized(md: Md, length: Option<u32>) -> Result<(), CryptoError> {
    // SAFETY: `md` is a constant of the library.
    let size = unsafe { c::EVP_MD_size(md) };
    match length {
        Some(length) if length as usize != size => Err(CryptoError::Failed("invalid digest size")),
        _ => Ok(()),
    }
}

/// Starts a digest.
#[op2]
#[cppgc]
pub fn op_nodecrypto_hash(#[string] name: &str, length: Option<u32>) -> Result<HashHandle, CryptoError> {
    let md = digest_by_name(name).ok_or(UNKNOWN)?;
    sized(md, length)?;
    Ok(HashHandle(Running::new(md)))
}

/// Another digest in the same state.
#[op2]
#[cppgc]
pub fn op_nodecrypto_hash_copy(#[cppgc] hash: &HashHandle, length: Option<u32>) -> Result<HashHandle, CryptoError> {
    sized(hash.0.md, length)?;
    Ok(HashHandle(hash.0.copy()))
}

/// Adds a piece.
#[op2(fast)]
pub fn op_nodecrypto_hash_update(#[cppgc] hash: &HashHandle, #[buffer] data: &[u8]) {
    hash.0.update(data);
}

/// The digest.
#[op2]
#[buffer]
pub fn op_nodecrypto_hash_digest(#[cppgc] hash: &HashHandle) -> Vec<u8> {
    hash.0.finish()
}

/// A digest at once.
#[op2]
#[buffer]
pub fn op_nodecrypto_hash_now(#[string] name: &str, #[buffer] data: &[u8]) -> Result<Vec<u8>, CryptoError> {
    Ok(digest(digest_by_name(name).ok_or(UNKNOWN)?, &[data]))
}

/// Starts a code of `key`.
#[op2]
#[cppgc]
pub fn op_nodecrypto_hmac(#[string] name: &str, #[buffer] key: &[u8]) -> Result<HmacHandle, CryptoError> {
    let md = digest_by_name(name).ok_or(UNKNOWN)?;
    // SAFETY: `md` is a constant of the library.
    let mut block = vec![0_u8; unsafe { c::EVP_MD_block_size(md) }];
    if key.len() > block.len() {
        let short = digest(md, &[key]);
        block[..short.len()].copy_from_slice(&short);
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let with = |pad: u8| {
        let running = Running::new(md);
        running.update(&block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
        running
    };
    Ok(HmacHandle { inner: with(0x36), outer: RefCell::new(Some(with(0x5c))) })
}

/// Adds a piece.
#[op2(fast)]
pub fn op_nodecrypto_hmac_update(#[cppgc] hmac: &HmacHandle, #[buffer] data: &[u8]) {
    hmac.inner.update(data);
}

/// The code; empty when it was taken before.
#[op2]
#[buffer]
pub fn op_nodecrypto_hmac_digest(#[cppgc] hmac: &HmacHandle) -> Vec<u8> {
    let Some(outer) = hmac.outer.take() else { return Vec::new() };
    outer.update(&hmac.inner.finish());
    outer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_can_be_taken_and_gone_on_with() {
        let running = Running::new(digest_by_name("sha1").expect("it is known"));
        running.update(b"a");
        let first = running.finish();
        running.update(b"b");
        assert_eq!(first, digest(digest_by_name("SHA1").expect("it is known"), &[b"a"]));
        assert_eq!(running.finish(), digest(digest_by_name("RSA-SHA1").expect("it is known"), &[b"ab"]));
    }

    #[test]
    fn names_are_production_s() {
        for name in ["sha3-256", "ripemd160", "Sha256", "rsa-sha1", "sha512-224", "shake128", ""] {
            assert!(digest_by_name(name).is_none(), "{name}");
        }
    }
}
