//! Values of aws-lc that free themselves, and the few things that every op does with them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{self, NonNull};

use aws_lc_sys as c;

/// A digest's method: a constant of the library.
pub type Md = *const c::EVP_MD;

macro_rules! owned {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $free:path) => {
        $(#[$doc])*
        pub struct $name(NonNull<$raw>);

        impl $name {
            /// Takes what the library has made; `None` for null.
            ///
            /// # Safety
            ///
            /// `raw` is null, or a value that nobody else frees.
            pub unsafe fn own(raw: *mut $raw) -> Option<Self> {
                NonNull::new(raw).map(Self)
            }

            /// For a call into the library.
            pub fn raw(&self) -> *mut $raw {
                self.0.as_ptr()
            }

            /// Gives the value away: the library frees it from now on.
            #[allow(dead_code)]
            pub fn release(self) -> *mut $raw {
                let raw = self.raw();
                std::mem::forget(self);
                raw
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: it is owned, and this is its end.
                unsafe { $free(self.raw()) };
            }
        }
    };
}

owned!(
    /// A buffer that the library writes text to or reads it from.
    Bio, c::BIO, c::BIO_free
);
owned!(
    /// A large number.
    Bn, c::BIGNUM, c::BN_clear_free
);
owned!(
    /// A state of a digest.
    MdCtx, c::EVP_MD_CTX, c::EVP_MD_CTX_free
);
owned!(
    /// A state of a cipher.
    CipherCtx, c::EVP_CIPHER_CTX, c::EVP_CIPHER_CTX_free
);
owned!(
    /// A key of an authenticated cipher that works at once.
    AeadCtx, c::EVP_AEAD_CTX, c::EVP_AEAD_CTX_free
);
owned!(
    /// An asymmetric key.
    Pkey, c::EVP_PKEY, c::EVP_PKEY_free
);
owned!(
    /// An operation with an asymmetric key.
    PkeyCtx, c::EVP_PKEY_CTX, c::EVP_PKEY_CTX_free
);
owned!(
    /// A key of RSA.
    Rsa, c::RSA, c::RSA_free
);
owned!(
    /// A key on a curve.
    EcKey, c::EC_KEY, c::EC_KEY_free
);
owned!(
    /// A point on a curve.
    EcPoint, c::EC_POINT, c::EC_POINT_free
);
owned!(
    /// A curve.
    EcGroup, c::EC_GROUP, c::EC_GROUP_free
);
owned!(
    /// Parameters and keys of Diffie-Hellman.
    Dh, c::DH, c::DH_free
);
owned!(
    /// A signature on a curve, as its two numbers.
    EcdsaSig, c::ECDSA_SIG, c::ECDSA_SIG_free
);
owned!(
    /// A certificate.
    X509, c::X509, c::X509_free
);
owned!(
    /// A signed public key with a challenge.
    Spki, c::NETSCAPE_SPKI, c::NETSCAPE_SPKI_free
);

impl Bio {
    /// An empty one to write to.
    pub fn sink() -> Self {
        // SAFETY: a new value, which is null only without memory.
        unsafe { Self::own(c::BIO_new(c::BIO_s_mem())) }.expect("there is memory")
    }

    /// One that reads `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let bio = Self::sink();
        let length = c_int::try_from(bytes.len()).expect("arguments are below two gigabytes");
        // SAFETY: the library copies the bytes.
        unsafe { c::BIO_write(bio.raw(), bytes.as_ptr().cast(), length) };
        bio
    }

    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        let (mut data, mut length) = (ptr::null(), 0);
        // SAFETY: the library fills in where its bytes are, which stay there while nothing is written.
        unsafe {
            if c::BIO_mem_contents(self.raw(), &mut data, &mut length) != 1 || length == 0 {
                return Vec::new();
            }
            std::slice::from_raw_parts(data, length).to_vec()
        }
    }

    /// What was written, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

impl Bn {
    /// The number that `bytes` are, the highest first. More of them than the library has numbers for are zero, which
    /// nothing takes for a key, a prime or a part of them.
    pub fn of(bytes: &[u8]) -> Self {
        /// Below the library's own limit, which is one of words.
        const BYTES_MAX: usize = 32 << 20;
        let bytes = if bytes.len() > BYTES_MAX { &[] } else { bytes };
        // SAFETY: a new value, which is null only without memory.
        unsafe { Self::own(c::BN_bin2bn(bytes.as_ptr(), bytes.len(), ptr::null_mut())) }.expect("there is memory")
    }

    /// A small number.
    pub fn word(value: u64) -> Self {
        Self::of(&value.to_be_bytes())
    }
}

/// The bytes of a number, as many as it has.
///
/// # Safety
///
/// `number` is a number.
pub unsafe fn bytes_of(number: *const c::BIGNUM) -> Vec<u8> {
    // SAFETY: as above; the vector has as many bytes as are written.
    unsafe {
        let mut bytes = vec![0; (c::BN_num_bits(number) as usize).div_ceil(8)];
        c::BN_bn2bin(number, bytes.as_mut_ptr());
        bytes
    }
}

/// The bytes of a number with zeros before them; `None` if there are more of them than `length`.
///
/// # Safety
///
/// `number` is a number.
pub unsafe fn padded_bytes_of(number: *const c::BIGNUM, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    // SAFETY: as above; the vector is as long as is said.
    let done = unsafe { c::BN_bn2bin_padded(bytes.as_mut_ptr(), length, number) };
    (done == 1).then_some(bytes)
}

/// The bytes that a function writes which allocates them itself, as those of names `i2d_...` do.
///
/// # Safety
///
/// `write` is such a function, bound to its value.
pub unsafe fn allocated(write: impl FnOnce(*mut *mut u8) -> c_int) -> Option<Vec<u8>> {
    let mut data = ptr::null_mut();
    let length = usize::try_from(write(&mut data)).ok().filter(|_| !data.is_null())?;
    // SAFETY: the function has allocated and filled so many bytes, which are the caller's now.
    unsafe {
        let bytes = std::slice::from_raw_parts(data, length).to_vec();
        c::OPENSSL_free(data.cast::<c_void>());
        Some(bytes)
    }
}

/// Forgets what went wrong before, and what goes wrong until its end: nobody reads the library's own texts.
pub struct Quiet;

impl Quiet {
    /// From here on.
    pub fn new() -> Self {
        // SAFETY: it is a list of this thread.
        unsafe { c::ERR_clear_error() };
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { c::ERR_clear_error() };
    }
}

/// The text of a constant of the library; empty for null.
///
/// # Safety
///
/// `text` is null or a string that is never freed.
pub unsafe fn constant(text: *const c_char) -> Option<String> {
    // SAFETY: as above.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// Flags of the library are of either sign.
pub fn flags(bits: i32) -> c_uint {
    bits.cast_unsigned()
}
