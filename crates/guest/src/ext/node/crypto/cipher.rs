//! Symmetric ciphers: those that work in pieces, and the authenticated ones that work at once.
//!
//! ```text
//! new -> setAAD* -> update* -> final -> (getAuthTag)
//!        setAuthTag (decipher, before the first update)
//! ```
//!
//! A failed `final` leaves the state as it is, as in production.

use std::cell::RefCell;
use std::ffi::c_int;
use std::ptr;

use aws_lc_sys as c;
use deno_core::{ToV8, op2, v8};

use super::digest::collected;
use super::ssl::{AeadCtx, CipherCtx, Quiet};
use super::{CryptoError, CryptoError::Failed};

/// How a cipher is carried out.
#[derive(Clone, Copy)]
enum Method {
    /// In pieces.
    Cipher(unsafe extern "C" fn() -> *const c::EVP_CIPHER),
    /// At once, with a tag.
    Aead(unsafe extern "C" fn() -> *const c::EVP_AEAD),
    /// Production's library has it, this one does not.
    Absent,
}

/// What is known of a cipher.
struct Known {
    /// In small letters; names are compared without regard to case.
    name: &'static str,
    /// What `getCipherInfo` calls it.
    shown: &'static str,
    nid: i32,
    block: u32,
    iv: u32,
    key: u32,
    mode: &'static str,
    method: Method,
}

const fn known(
    name: &'static str,
    shown: &'static str,
    (nid, block, iv, key): (i32, u32, u32, u32),
    mode: &'static str,
    method: Method,
) -> Known {
    Known { name, shown, nid, block, iv, key, mode, method }
}

/// Production's ciphers. Source: its `getCipherInfo` of each of its `getCiphers`.
#[rustfmt::skip]
static CIPHERS: &[Known] = &[
    known("aes-128-cbc", "AES-128-CBC", (419, 16, 16, 16), "cbc", Method::Cipher(c::EVP_aes_128_cbc)),
    known("aes-192-cbc", "AES-192-CBC", (423, 16, 16, 24), "cbc", Method::Cipher(c::EVP_aes_192_cbc)),
    known("aes-256-cbc", "AES-256-CBC", (427, 16, 16, 32), "cbc", Method::Cipher(c::EVP_aes_256_cbc)),
    known("aes-128-ctr", "AES-128-CTR", (904, 1, 16, 16), "ctr", Method::Cipher(c::EVP_aes_128_ctr)),
    known("aes-192-ctr", "AES-192-CTR", (905, 1, 16, 24), "ctr", Method::Cipher(c::EVP_aes_192_ctr)),
    known("aes-256-ctr", "AES-256-CTR", (906, 1, 16, 32), "ctr", Method::Cipher(c::EVP_aes_256_ctr)),
    known("aes-128-ecb", "AES-128-ECB", (418, 16, 0, 16), "ecb", Method::Cipher(c::EVP_aes_128_ecb)),
    known("aes-192-ecb", "AES-192-ECB", (422, 16, 0, 24), "ecb", Method::Cipher(c::EVP_aes_192_ecb)),
    known("aes-256-ecb", "AES-256-ECB", (426, 16, 0, 32), "ecb", Method::Cipher(c::EVP_aes_256_ecb)),
    known("aes-128-ofb", "AES-128-OFB", (420, 1, 16, 16), "ofb", Method::Cipher(c::EVP_aes_128_ofb)),
    known("aes-192-ofb", "AES-192-OFB", (424, 1, 16, 24), "ofb", Method::Cipher(c::EVP_aes_192_ofb)),
    known("aes-256-ofb", "AES-256-OFB", (428, 1, 16, 32), "ofb", Method::Cipher(c::EVP_aes_256_ofb)),
    known("aes-128-gcm", "id-aes128-GCM", (895, 1, 12, 16), "gcm", Method::Cipher(c::EVP_aes_128_gcm)),
    known("aes-192-gcm", "id-aes192-GCM", (898, 1, 12, 24), "gcm", Method::Cipher(c::EVP_aes_192_gcm)),
    known("aes-256-gcm", "id-aes256-GCM", (901, 1, 12, 32), "gcm", Method::Cipher(c::EVP_aes_256_gcm)),
    known("des-cbc", "DES-CBC", (31, 8, 8, 8), "cbc", Method::Cipher(c::EVP_des_cbc)),
    known("des-ecb", "DES-ECB", (29, 8, 0, 8), "ecb", Method::Cipher(c::EVP_des_ecb)),
    known("des-ede", "DES-EDE", (32, 8, 0, 16), "ecb", Method::Cipher(c::EVP_des_ede)),
    known("des-ede-cbc", "DES-EDE-CBC", (43, 8, 8, 16), "cbc", Method::Cipher(c::EVP_des_ede_cbc)),
    known("des-ede3-cbc", "DES-EDE3-CBC", (44, 8, 8, 24), "cbc", Method::Cipher(c::EVP_des_ede3_cbc)),
    known("rc2-cbc", "RC2-CBC", (37, 8, 8, 16), "cbc", Method::Cipher(c::EVP_rc2_cbc)),
    known("rc4", "RC4", (5, 1, 0, 16), "stream", Method::Cipher(c::EVP_rc4)),
    known("chacha20-poly1305", "chacha20-poly1305", (950, 1, 12, 32), "stream", Method::Aead(c::EVP_aead_chacha20_poly1305)),
    known("xchacha20-poly1305", "xchacha20-poly1305", (0, 1, 24, 32), "stream", Method::Aead(c::EVP_aead_xchacha20_poly1305)),
    known("aes-128-gcm-siv", "aes-128-gcm-siv", (0, 1, 12, 16), "gcm", Method::Aead(c::EVP_aead_aes_128_gcm_siv)),
    known("aes-256-gcm-siv", "aes-256-gcm-siv", (0, 1, 12, 32), "gcm", Method::Aead(c::EVP_aead_aes_256_gcm_siv)),
    known("aes-128-gcm-randnonce", "aes-128-gcm-randnonce", (0, 1, 0, 16), "gcm", Method::Aead(c::EVP_aead_aes_128_gcm_randnonce)),
    known("aes-256-gcm-randnonce", "aes-256-gcm-randnonce", (0, 1, 0, 32), "gcm", Method::Aead(c::EVP_aead_aes_256_gcm_randnonce)),
    known("aes-128-ccm-bluetooth", "aes-128-ccm-bluetooth", (0, 1, 13, 16), "ccm", Method::Aead(c::EVP_aead_aes_128_ccm_bluetooth)),
    known("aes-128-ccm-bluetooth-8", "aes-128-ccm-bluetooth-8", (0, 1, 13, 16), "ccm", Method::Aead(c::EVP_aead_aes_128_ccm_bluetooth_8)),
    known("aes-128-ccm-matter", "aes-128-ccm-matter", (0, 1, 13, 16), "ccm", Method::Aead(c::EVP_aead_aes_128_ccm_matter)),
    known("aes-128-ctr-hmac-sha256", "aes-128-ctr-hmac-sha256", (0, 1, 12, 48), "ctr", Method::Aead(c::EVP_aead_aes_128_ctr_hmac_sha256)),
    known("aes-256-ctr-hmac-sha256", "aes-256-ctr-hmac-sha256", (0, 1, 12, 64), "ctr", Method::Aead(c::EVP_aead_aes_256_ctr_hmac_sha256)),
    known("aes-128-eax", "aes-128-eax", (0, 1, 16, 16), "stream", Method::Absent),
    known("aes-256-eax", "aes-256-eax", (0, 1, 16, 32), "stream", Method::Absent),
];

fn by_name(name: &str) -> Option<&'static Known> {
    CIPHERS.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The cipher of this name that a key can be exported with.
pub(super) fn key_cipher(name: &str) -> Option<*const c::EVP_CIPHER> {
    match by_name(name)?.method {
        // SAFETY: it returns a constant.
        Method::Cipher(method) => Some(unsafe { method() }),
        Method::Aead(_) | Method::Absent => None,
    }
}

/// The tag's lengths that NIST SP 800-38D lets GCM have.
fn is_gcm_tag_length(length: usize) -> bool {
    length == 4 || length == 8 || (12..=16).contains(&length)
}

/// What carries a cipher out.
enum Engine {
    Cipher {
        ctx: CipherCtx,
        block: usize,
        gcm: bool,
    },
    Aead {
        ctx: AeadCtx,
        iv: Vec<u8>,
        additional: Vec<u8>,
        /// Whether the one update has been.
        used: bool,
    },
}

struct State {
    encrypt: bool,
    /// Null after a `final` that worked.
    engine: Option<Engine>,
    /// Asked for, or given with the tag.
    tag_length: Option<usize>,
    /// What was made, or is to be found.
    tag: Option<Vec<u8>>,
    /// Whether the library knows the tag that is to be found.
    tag_passed: bool,
}

/// A cipher at work, owned by V8's garbage collector.
pub struct CipherHandle(RefCell<State>);

collected!(CipherHandle, c"NodeCipher");

const FINALIZED: CryptoError = Failed("Cipher/decipher context has already been finalized");
const IV: CryptoError = Failed("Invalid initialization vector");
const TAG_LENGTH: CryptoError = Failed("Invalid authentication tag length");
const NO_TAG: CryptoError = Failed("No auth tag provided");
const AUTHENTICATION: CryptoError = Failed("Authentication failed");

fn start(encrypt: bool, name: String, key: &[u8], iv: &[u8], tag: Option<usize>) -> Result<State, CryptoError> {
    let _quiet = Quiet::new();
    let Some(known) = by_name(&name) else { return Err(CryptoError::UnknownCipher(name)) };
    let gcm = matches!(known.method, Method::Cipher(_)) && known.mode == "gcm";
    let authenticated = gcm || matches!(known.method, Method::Aead(_)) || known.name.ends_with("-eax");
    let expected = known.iv as usize;
    if (expected > 0 && iv.is_empty()) || ((!authenticated || !gcm) && !iv.is_empty() && iv.len() != expected) {
        return Err(IV);
    }
    let engine = match known.method {
        Method::Cipher(method) => {
            if let (true, Some(length)) = (gcm, tag)
                && !is_gcm_tag_length(length)
            {
                return Err(TAG_LENGTH);
            }
            // SAFETY: a new context, a constant, slices of the lengths that the library is told or has checked.
            unsafe {
                let ctx = CipherCtx::own(c::EVP_CIPHER_CTX_new()).expect("there is memory");
                let way = c_int::from(encrypt);
                c::EVP_CipherInit_ex(ctx.raw(), method(), ptr::null_mut(), ptr::null(), ptr::null(), way);
                let iv_length = c_int::try_from(iv.len()).map_err(|_| IV)?;
                if gcm && c::EVP_CIPHER_CTX_ctrl(ctx.raw(), c::EVP_CTRL_AEAD_SET_IVLEN, iv_length, ptr::null_mut()) != 1
                {
                    return Err(IV);
                }
                let key_length = u32::try_from(key.len()).unwrap_or(u32::MAX);
                if c::EVP_CIPHER_CTX_set_key_length(ctx.raw(), key_length) != 1 {
                    return Err(Failed("Invalid key length"));
                }
                let none = ptr::null_mut();
                if c::EVP_CipherInit_ex(ctx.raw(), ptr::null(), none, key.as_ptr(), iv.as_ptr(), way) != 1 {
                    return Err(Failed("Failed to initialize cipher/cipher context"));
                }
                Engine::Cipher { ctx, block: known.block as usize, gcm }
            }
        }
        Method::Aead(method) => {
            let own_length = known.mode == "gcm" || known.nid != 0;
            if tag.is_none() && !own_length {
                return Err(CryptoError::TagLengthRequired(name));
            }
            if key.len() != known.key as usize {
                return Err(Failed("Invalid key length"));
            }
            let length = tag.unwrap_or(0);
            // SAFETY: the key has the length that the method wants.
            let ctx = unsafe { AeadCtx::own(c::EVP_AEAD_CTX_new(method(), key.as_ptr(), key.len(), length)) };
            Engine::Aead { ctx: ctx.ok_or(TAG_LENGTH)?, iv: iv.to_vec(), additional: Vec::new(), used: false }
        }
        Method::Absent => {
            if tag.is_none() {
                return Err(CryptoError::TagLengthRequired(name));
            }
            return Err(Failed("lopata's library has no such cipher: EAX works in production only"));
        }
    };
    let tag_length = if matches!(engine, Engine::Aead { .. }) { Some(tag.unwrap_or(16)) } else { tag };
    Ok(State { encrypt, engine: Some(engine), tag_length, tag: None, tag_passed: false })
}

impl Engine {
    fn authenticated(&self) -> bool {
        matches!(self, Self::Aead { .. } | Self::Cipher { gcm: true, .. })
    }
}

impl State {
    /// Tells the library which tag is to be found.
    fn pass_tag(&mut self) -> Result<(), CryptoError> {
        let Some(engine) = &self.engine else { return Err(FINALIZED) };
        if self.encrypt || !engine.authenticated() || self.tag_passed {
            return Ok(());
        }
        let tag = self.tag.as_mut().ok_or(NO_TAG)?;
        self.tag_passed = true;
        if let Engine::Cipher { ctx, .. } = engine {
            let length = c_int::try_from(tag.len()).map_err(|_| TAG_LENGTH)?;
            // SAFETY: the library copies as many bytes as it is told.
            let done =
                unsafe { c::EVP_CIPHER_CTX_ctrl(ctx.raw(), c::EVP_CTRL_AEAD_SET_TAG, length, tag.as_mut_ptr().cast()) };
            if done != 1 {
                return Err(Failed("Failed to set auth tag"));
            }
        }
        Ok(())
    }

    fn update(&mut self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let _quiet = Quiet::new();
        self.pass_tag()?;
        let (encrypt, tag) = (self.encrypt, self.tag.clone());
        match self.engine.as_mut().ok_or(FINALIZED)? {
            Engine::Cipher { ctx, block, .. } => {
                let mut out = vec![0; data.len() + *block];
                let mut written = 0;
                let length = c_int::try_from(data.len()).map_err(|_| Failed("Data too large"))?;
                // SAFETY: an update writes at most a block more than it reads.
                unsafe {
                    c::EVP_CipherUpdate(ctx.raw(), out.as_mut_ptr(), &mut written, data.as_ptr(), length);
                }
                out.truncate(usize::try_from(written).unwrap_or_default());
                Ok(out)
            }
            Engine::Aead { ctx, iv, additional, used } => {
                if std::mem::replace(used, true) {
                    return Err(Failed("update() can only be invoked once on an AEAD"));
                }
                let sealed;
                let input = match &tag {
                    Some(tag) if !encrypt => {
                        sealed = [data, tag].concat();
                        &sealed[..]
                    }
                    _ => data,
                };
                let (out, done) = run_aead(ctx, encrypt, iv, additional, input);
                if !done {
                    return Err(AUTHENTICATION);
                }
                if !encrypt {
                    return Ok(out);
                }
                let mut out = out;
                self.tag = Some(out.split_off(data.len()));
                Ok(out)
            }
        }
    }

    fn finish(&mut self, failed: &mut bool) -> Result<Vec<u8>, CryptoError> {
        let _quiet = Quiet::new();
        self.pass_tag()?;
        let tag_length = self.tag_length.unwrap_or(16);
        let mut out = Vec::new();
        match self.engine.as_mut().ok_or(FINALIZED)? {
            Engine::Cipher { ctx, block, gcm } => {
                out.resize(*block, 0);
                let mut written = 0;
                // SAFETY: the end of a cipher writes at most a block.
                if unsafe { c::EVP_CipherFinal_ex(ctx.raw(), out.as_mut_ptr(), &mut written) } != 1 {
                    *failed = true;
                    return Err(AUTHENTICATION);
                }
                out.truncate(usize::try_from(written).unwrap_or_default());
                if self.encrypt && *gcm {
                    let mut tag = vec![0; tag_length];
                    let length = c_int::try_from(tag_length).expect("it is a valid length");
                    // SAFETY: the library writes as many bytes as it is told.
                    let done = unsafe {
                        c::EVP_CIPHER_CTX_ctrl(ctx.raw(), c::EVP_CTRL_AEAD_GET_TAG, length, tag.as_mut_ptr().cast())
                    };
                    if done != 1 {
                        return Err(AUTHENTICATION);
                    }
                    self.tag = Some(tag);
                }
            }
            Engine::Aead { .. } => {}
        }
        self.engine = None;
        Ok(out)
    }
}

/// One run of a cipher that works at once: what it wrote, and whether it worked.
fn run_aead(ctx: &AeadCtx, encrypt: bool, iv: &[u8], additional: &[u8], input: &[u8]) -> (Vec<u8>, bool) {
    const OVERHEAD_MAX: usize = 64;
    let mut out = vec![0; input.len() + OVERHEAD_MAX];
    let mut written = 0;
    let run = if encrypt { c::EVP_AEAD_CTX_seal } else { c::EVP_AEAD_CTX_open };
    // SAFETY: slices and their lengths; the library is told how much room there is.
    let done = unsafe {
        run(
            ctx.raw(),
            out.as_mut_ptr(),
            &mut written,
            out.len(),
            iv.as_ptr(),
            iv.len(),
            input.as_ptr(),
            input.len(),
            additional.as_ptr(),
            additional.len(),
        )
    };
    out.truncate(written);
    (out, done == 1)
}

/// Starts a cipher. `tag` is the length of the tag in bytes.
#[op2]
#[cppgc]
pub fn op_nodecrypto_cipher(
    encrypt: bool,
    #[string] name: String,
    #[buffer] key: &[u8],
    #[buffer] iv: &[u8],
    tag: Option<u32>,
) -> Result<CipherHandle, CryptoError> {
    let state = start(encrypt, name, key, iv, tag.map(|length| length as usize))?;
    Ok(CipherHandle(RefCell::new(state)))
}

/// Adds a piece, and takes what it gives.
#[op2]
#[buffer]
pub fn op_nodecrypto_cipher_update(
    #[cppgc] cipher: &CipherHandle,
    #[buffer] data: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    cipher.0.borrow_mut().update(data)
}

/// Ends a cipher.
#[op2]
#[buffer]
pub fn op_nodecrypto_cipher_final(#[cppgc] cipher: &CipherHandle) -> Result<Vec<u8>, CryptoError> {
    cipher.0.borrow_mut().finish(&mut false)
}

/// Adds data that is authenticated and not encrypted.
#[op2(fast)]
pub fn op_nodecrypto_cipher_aad(#[cppgc] cipher: &CipherHandle, #[buffer] data: &[u8]) -> Result<(), CryptoError> {
    let _quiet = Quiet::new();
    let mut state = cipher.0.borrow_mut();
    match state.engine.as_mut().ok_or(FINALIZED)? {
        Engine::Cipher { ctx, gcm: true, .. } => {
            let mut written = 0;
            let length = c_int::try_from(data.len()).map_err(|_| Failed("Data too large"))?;
            // SAFETY: without a place to write to, the data is taken as additional.
            let done = unsafe { c::EVP_CipherUpdate(ctx.raw(), ptr::null_mut(), &mut written, data.as_ptr(), length) };
            if done == 1 { Ok(()) } else { Err(Failed("Failed to set AAD")) }
        }
        Engine::Aead { used: true, .. } => Err(Failed("Failed to set AAD")),
        Engine::Aead { additional, .. } => {
            additional.extend_from_slice(data);
            Ok(())
        }
        Engine::Cipher { .. } => Err(Failed("Cipher does not support authenticated mode")),
    }
}

/// Whether the last block is filled up.
#[op2(fast)]
pub fn op_nodecrypto_cipher_padding(#[cppgc] cipher: &CipherHandle, padding: bool) -> Result<(), CryptoError> {
    match cipher.0.borrow_mut().engine.as_mut().ok_or(FINALIZED)? {
        Engine::Cipher { ctx, .. } => {
            // SAFETY: the context was initialised.
            unsafe { c::EVP_CIPHER_CTX_set_padding(ctx.raw(), padding.into()) };
            Ok(())
        }
        Engine::Aead { .. } => Ok(()),
    }
}

/// Says which tag is to be found.
#[op2(fast)]
pub fn op_nodecrypto_cipher_set_tag(#[cppgc] cipher: &CipherHandle, #[buffer] tag: &[u8]) -> Result<(), CryptoError> {
    let mut state = cipher.0.borrow_mut();
    let engine = state.engine.as_ref().ok_or(FINALIZED)?;
    if !engine.authenticated() {
        return Err(Failed("Cipher does not support authenticated mode"));
    }
    if state.tag.is_some() {
        return Err(Failed("Auth tag is already set"));
    }
    let asked = state.tag_length;
    let valid = match engine {
        Engine::Cipher { .. } => asked.is_none_or(|length| length == tag.len()) && is_gcm_tag_length(tag.len()),
        Engine::Aead { .. } => asked == Some(tag.len()),
    };
    if !valid {
        return Err(TAG_LENGTH);
    }
    state.tag_length = Some(tag.len());
    state.tag = Some(tag.to_vec());
    Ok(())
}

/// The tag, once.
#[op2]
#[buffer]
pub fn op_nodecrypto_cipher_tag(#[cppgc] cipher: &CipherHandle) -> Result<Vec<u8>, CryptoError> {
    let mut state = cipher.0.borrow_mut();
    if state.engine.is_some() {
        return Err(Failed("Auth tag is only available once cipher context has been finalized"));
    }
    Ok(state.tag.take().unwrap_or_default())
}

/// What `getCipherInfo` says.
#[derive(ToV8)]
pub struct CipherInfo {
    name: String,
    nid: i32,
    block_size: u32,
    iv_length: u32,
    key_length: u32,
    mode: String,
}

/// What is known of a cipher, by its name or (if that is empty) its number; null if there is none such, or if it
/// cannot have these lengths (-1: any).
#[op2]
pub fn op_nodecrypto_cipher_info(
    #[string] name: &str,
    #[smi] nid: i32,
    #[smi] key_length: i32,
    #[smi] iv_length: i32,
) -> Option<CipherInfo> {
    let found = if name.is_empty() { CIPHERS.iter().find(|known| known.nid == nid && nid != 0) } else { by_name(name) };
    let known = found?;
    let key = u32::try_from(key_length).unwrap_or(known.key);
    // Of all of them, only RC4 and RC2 have keys of any length.
    if key != known.key && (!known.name.starts_with("rc") || key == 0) {
        return None;
    }
    let iv = u32::try_from(iv_length).unwrap_or(known.iv);
    let any_iv = known.mode == "gcm" && known.nid != 0 && iv > 0;
    if iv != known.iv && !any_iv && !(known.mode == "ccm" && (7..=13).contains(&iv)) {
        return None;
    }
    Some(CipherInfo {
        // Those that have no name of OpenSSL are called as they were asked for.
        name: if known.shown == known.name && !name.is_empty() { name } else { known.shown }.to_string(),
        nid: known.nid,
        block_size: known.block,
        iv_length: iv,
        key_length: key,
        mode: known.mode.to_string(),
    })
}
