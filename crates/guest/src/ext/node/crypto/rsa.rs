//! Encrypting with keys of RSA.

use aws_lc_sys as c;
use deno_core::op2;

use super::keys::KeyHandle;
use super::ssl::{Pkey, PkeyCtx, Quiet};
use super::{CryptoError, CryptoError::Failed, digest_by_name};

type Run = unsafe extern "C" fn(*mut c::EVP_PKEY_CTX, *mut u8, *mut usize, *const u8, usize) -> i32;

struct Options<'a> {
    padding: i32,
    /// Empty where the operation knows no such padding.
    digest: &'a str,
    label: Option<&'a [u8]>,
}

fn run(ctx: &PkeyCtx, run: Run, data: &[u8], options: &Options<'_>) -> Result<Vec<u8>, CryptoError> {
    let md = match options.digest {
        "" => None,
        name => Some(digest_by_name(name).ok_or(Failed("Unsupported hash digest"))?),
    };
    // SAFETY: the context was initialised for the operation; slices and their lengths; the library owns the label's
    // copy, and tells how much room it wants.
    unsafe {
        if c::EVP_PKEY_CTX_set_rsa_padding(ctx.raw(), options.padding) != 1 {
            return Err(Failed("Failed to set the padding"));
        }
        if let (Some(md), c::RSA_PKCS1_OAEP_PADDING) = (md, options.padding) {
            if c::EVP_PKEY_CTX_set_rsa_oaep_md(ctx.raw(), md) != 1 {
                return Err(Failed("Failed to set the digest"));
            }
            if c::EVP_PKEY_CTX_set_rsa_mgf1_md(ctx.raw(), md) != 1 {
                return Err(Failed("Failed to set the mgf1 digest"));
            }
        }
        if let Some(label) = options.label {
            let copy = c::OPENSSL_memdup(label.as_ptr().cast(), label.len()).cast();
            if c::EVP_PKEY_CTX_set0_rsa_oaep_label(ctx.raw(), copy, label.len()) != 1 {
                c::OPENSSL_free(copy.cast());
                return Err(Failed("Failed to set the OAEP label"));
            }
        }
        let mut length = 0;
        if run(ctx.raw(), std::ptr::null_mut(), &mut length, data.as_ptr(), data.len()) != 1 {
            return Err(Failed("Failed to determine output size"));
        }
        let mut out = vec![0; length];
        if run(ctx.raw(), out.as_mut_ptr(), &mut length, data.as_ptr(), data.len()) != 1 {
            return Err(Failed("Failed to cipher/decipher"));
        }
        out.truncate(length);
        Ok(out)
    }
}

fn rsa_of(key: &KeyHandle) -> Result<&Pkey, CryptoError> {
    let key = key.asymmetric().ok_or(Failed("No key provided"))?;
    // SAFETY: it is a key.
    if unsafe { c::EVP_PKEY_id(key.raw()) } == c::EVP_PKEY_RSA {
        Ok(key)
    } else {
        // Production says so of all four.
        Err(Failed("publicEncrypt() currently only supports RSA keys"))
    }
}

/// Which of the four operations.
const PUBLIC_ENCRYPT: u32 = 0;
const PRIVATE_DECRYPT: u32 = 1;
const PUBLIC_DECRYPT: u32 = 2;

/// Encrypts or decrypts: 0 `publicEncrypt`, 1 `privateDecrypt`, 2 `publicDecrypt`, 3 `privateEncrypt`.
#[op2]
#[buffer]
pub fn op_nodecrypto_rsa(
    #[smi] operation: u32,
    #[cppgc] key: &KeyHandle,
    #[buffer] data: &[u8],
    #[smi] padding: i32,
    #[string] digest: &str,
    #[buffer] label: Option<&[u8]>,
) -> Result<Vec<u8>, CryptoError> {
    let _quiet = Quiet::new();
    let key = rsa_of(key)?;
    // SAFETY: it is a key; the context is new.
    let (ctx, ready) = unsafe {
        let ctx = PkeyCtx::own(c::EVP_PKEY_CTX_new(key.raw(), std::ptr::null_mut())).expect("there is memory");
        let ready = match operation {
            PUBLIC_ENCRYPT => c::EVP_PKEY_encrypt_init(ctx.raw()),
            PRIVATE_DECRYPT => c::EVP_PKEY_decrypt_init(ctx.raw()),
            PUBLIC_DECRYPT => c::EVP_PKEY_verify_recover_init(ctx.raw()),
            _ => c::EVP_PKEY_sign_init(ctx.raw()),
        };
        (ctx, ready)
    };
    let (method, digest): (Run, &str) = match operation {
        PUBLIC_ENCRYPT => (c::EVP_PKEY_encrypt, digest),
        PRIVATE_DECRYPT => (c::EVP_PKEY_decrypt, digest),
        PUBLIC_DECRYPT => (c::EVP_PKEY_verify_recover, ""),
        _ => (c::EVP_PKEY_sign, ""),
    };
    if ready != 1 {
        let encrypts = operation == PUBLIC_ENCRYPT || operation > PUBLIC_DECRYPT;
        return Err(Failed(if encrypts { "Failed to init for encryption" } else { "Failed to init for decryption" }));
    }
    let label = if operation <= PRIVATE_DECRYPT { label } else { None };
    run(&ctx, method, data, &Options { padding, digest, label })
}
