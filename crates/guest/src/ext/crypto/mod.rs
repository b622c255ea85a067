//! Ops of Web Crypto that the engine's crypto does not have: digests that run at once and in pieces, MD5, checksums,
//! GHASH.
//!
//! Everything here is pure computation on bytes; keys and rules are the scripts' business.

use std::cell::RefCell;

use deno_core::{op2, v8};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A digest or a checksum that is being computed.
enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
    /// Reflected, as zlib has it.
    Crc32(Crc<u32>),
    /// Reflected, Castagnoli's polynomial.
    Crc32c(Crc<u32>),
    /// Reflected, the polynomial of NVMe.
    Crc64Nvme(Crc<u64>),
}

/// A reflected checksum with all bits set at the start and inverted at the end.
struct Crc<T> {
    table: Box<[T; 256]>,
    value: T,
}

macro_rules! crc {
    ($word:ty) => {
        impl Crc<$word> {
            fn new(polynomial: $word) -> Self {
                let mut table = Box::new([0; 256]);
                for (index, entry) in table.iter_mut().enumerate() {
                    let mut value = index as $word;
                    for _ in 0..8 {
                        value = if value & 1 == 1 { (value >> 1) ^ polynomial } else { value >> 1 };
                    }
                    *entry = value;
                }
                Self { table, value: <$word>::MAX }
            }

            fn update(&mut self, bytes: &[u8]) {
                for byte in bytes {
                    let index = ((self.value as u8) ^ byte) as usize;
                    self.value = self.table[index] ^ (self.value >> 8);
                }
            }

            fn finish(&self) -> Vec<u8> {
                (!self.value).to_be_bytes().to_vec()
            }
        }
    };
}

crc!(u32);
crc!(u64);

impl Hasher {
    /// `name` in lower case; checksums are for streams only.
    fn new(name: &str) -> Option<Self> {
        Some(match name {
            "md5" => Self::Md5(Md5::new()),
            "sha-1" => Self::Sha1(Sha1::new()),
            "sha-256" => Self::Sha256(Sha256::new()),
            "sha-384" => Self::Sha384(Sha384::new()),
            "sha-512" => Self::Sha512(Sha512::new()),
            "crc32" => Self::Crc32(Crc::<u32>::new(0xedb8_8320)),
            "crc32c" => Self::Crc32c(Crc::<u32>::new(0x82f6_3b78)),
            "crc64nvme" => Self::Crc64Nvme(Crc::<u64>::new(0x9a6c_9329_ac4b_c9b5)),
            _ => return None,
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
            Self::Crc32(crc) | Self::Crc32c(crc) => crc.update(bytes),
            Self::Crc64Nvme(crc) => crc.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Md5(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha384(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
            Self::Crc32(crc) | Self::Crc32c(crc) => crc.finish(),
            Self::Crc64Nvme(crc) => crc.finish(),
        }
    }
}

/// A digest in pieces, owned by V8's garbage collector.
pub struct DigestObject {
    /// Non-null until it was finished.
    hasher: RefCell<Option<Hasher>>,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it from a
// finaliser touches only its own memory.
unsafe impl v8::cppgc::GarbageCollected for DigestObject {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"DigestObject"
    }
}

/// Digests `data` at once. `name` is one of the five that the scripts check before.
#[op2]
#[buffer]
pub fn op_crypto_digest_now(#[string] name: &str, #[buffer] data: &[u8]) -> Vec<u8> {
    let mut hasher = Hasher::new(name).expect("the script has checked the name");
    hasher.update(data);
    hasher.finish()
}

/// Starts a digest in pieces; `null` for a name that there is none of.
#[op2]
pub fn op_crypto_digest_start<'s>(scope: &mut v8::PinScope<'s, '_>, #[string] name: &str) -> v8::Local<'s, v8::Value> {
    match Hasher::new(name) {
        Some(hasher) => {
            let object = DigestObject { hasher: RefCell::new(Some(hasher)) };
            deno_core::cppgc::make_cppgc_object(scope, object).into()
        }
        None => v8::null(scope).into(),
    }
}

/// Adds a piece.
#[op2(fast)]
pub fn op_crypto_digest_update(#[cppgc] digest: &DigestObject, #[buffer] data: &[u8]) {
    if let Some(hasher) = digest.hasher.borrow_mut().as_mut() {
        hasher.update(data);
    }
}

/// Ends a digest; empty when it was ended before.
#[op2]
#[buffer]
pub fn op_crypto_digest_finish(#[cppgc] digest: &DigestObject) -> Vec<u8> {
    digest.hasher.borrow_mut().take().map(Hasher::finish).unwrap_or_default()
}

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..16].copy_from_slice(&Md5::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Md5::new();
    inner.update(block.map(|byte| byte ^ 0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Md5::new();
    outer.update(block.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// HMAC with MD5.
#[op2]
#[buffer]
pub fn op_crypto_hmac_md5(#[buffer] key: &[u8], #[buffer] data: &[u8]) -> Vec<u8> {
    hmac_md5(key, &[data]).to_vec()
}

/// PBKDF2 with MD5; `length` in bytes.
#[op2]
#[buffer]
pub fn op_crypto_pbkdf2_md5(
    #[buffer] key: &[u8],
    #[buffer] salt: &[u8],
    #[smi] iterations: u32,
    #[smi] length: u32,
) -> Vec<u8> {
    let length = length as usize;
    let mut derived = Vec::with_capacity(length + 16);
    let mut number = 0_u32;
    while derived.len() < length {
        number += 1;
        let mut turn = hmac_md5(key, &[salt, &number.to_be_bytes()]);
        let mut block = turn;
        for _ in 1..iterations {
            turn = hmac_md5(key, &[&turn]);
            block.iter_mut().zip(turn).for_each(|(sum, byte)| *sum ^= byte);
        }
        derived.extend_from_slice(&block);
    }
    derived.truncate(length);
    derived
}

/// HKDF with MD5; `length` in bytes, at most 255 blocks.
#[op2]
#[buffer]
pub fn op_crypto_hkdf_md5(
    #[buffer] key: &[u8],
    #[buffer] salt: &[u8],
    #[buffer] info: &[u8],
    #[smi] length: u32,
) -> Vec<u8> {
    let length = length as usize;
    let secret = hmac_md5(salt, &[key]);
    let mut derived = Vec::with_capacity(length + 16);
    let mut last: Vec<u8> = Vec::new();
    let mut number = 0_u8;
    while derived.len() < length {
        number = number.wrapping_add(1);
        last = hmac_md5(&secret, &[&last, info, &[number]]).to_vec();
        derived.extend_from_slice(&last);
    }
    derived.truncate(length);
    derived
}

/// GHASH of `aad` and `data` under `h`, as NIST SP 800-38D has it: each padded to blocks, then both lengths in bits.
#[op2]
#[buffer]
pub fn op_crypto_ghash(#[buffer] h: &[u8], #[buffer] aad: &[u8], #[buffer] data: &[u8]) -> Vec<u8> {
    let block_of = |bytes: &[u8]| {
        let mut block = [0; 16];
        block[..bytes.len()].copy_from_slice(bytes);
        u128::from_be_bytes(block)
    };
    let h = block_of(&h[..h.len().min(16)]);
    let mut sum = 0_u128;
    let mut absorb = |block: u128| sum = multiply(sum ^ block, h);
    aad.chunks(16).chain(data.chunks(16)).for_each(|chunk| absorb(block_of(chunk)));
    absorb(((aad.len() as u128 * 8) << 64) | (data.len() as u128 * 8));
    sum.to_be_bytes().to_vec()
}

/// The product in the field of GCM, whose first bit is the highest of the number.
fn multiply(x: u128, y: u128) -> u128 {
    const R: u128 = 0xe1 << 120;
    let (mut product, mut v) = (0, y);
    for bit in (0..128).rev() {
        // No branch on secret bits.
        product ^= v & 0_u128.wrapping_sub((x >> bit) & 1);
        v = (v >> 1) ^ (R & 0_u128.wrapping_sub(v & 1));
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn checksums_have_their_check_values() {
        for (name, check) in [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")] {
            let mut hasher = Hasher::new(name).expect("it is known");
            hasher.update(b"1234");
            hasher.update(b"56789");
            assert_eq!(hex(&hasher.finish()), check, "{name}");
        }
    }

    #[test]
    fn hmac_md5_is_that_of_rfc_2202() {
        assert_eq!(
            hex(&hmac_md5(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "750c783e6ab0b503eaa86e310a5db738"
        );
        assert_eq!(
            hex(&hmac_md5(&[0xaa; 80], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
        );
    }

    #[test]
    fn the_field_has_a_one() {
        let one = 1_u128 << 127;
        let some = 0x66e9_4bd4_ef8a_2c3b_884c_fa59_ca34_2b2e;
        assert_eq!(multiply(one, some), some);
        assert_eq!(multiply(some, one), some);
        // The first product of the second test case of GCM's specification.
        let product = multiply(0x0388_dace_60b6_a392_f328_c2b9_71b2_fe78, some);
        assert_eq!(product, 0x5e2e_c746_9170_6288_2c85_b068_5353_deb7);
    }
}
