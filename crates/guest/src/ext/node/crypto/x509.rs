//! Certificates, and signed public keys with a challenge.

use std::ffi::{CString, c_long, c_uint, c_ulong};
use std::ptr;

use aws_lc_sys as c;
use deno_core::op2;

use super::digest::collected;
use super::keys::{KeyHandle, is_whole, passphrase};
use super::ssl::{Bio, Bn, Md, Pkey, Quiet, Spki, X509, allocated, bytes_of, constant, flags};
use super::{CryptoError, CryptoError::Failed};

/// A certificate, owned by V8's garbage collector.
pub struct CertificateHandle(X509);

collected!(CertificateHandle, c"NodeCertificate");

/// How names are printed: a line for each part.
const LINES: i32 =
    c::ASN1_STRFLGS_ESC_2253 | c::ASN1_STRFLGS_ESC_CTRL | c::ASN1_STRFLGS_UTF8_CONVERT | c::XN_FLAG_SEP_MULTILINE;

/// How names inside of other names are printed.
const INSIDE: i32 = c::XN_FLAG_RFC2253 & !c::ASN1_STRFLGS_ESC_MSB & !c::ASN1_STRFLGS_ESC_CTRL;

/// A certificate out of PEM or DER; null if it is none.
#[op2]
#[cppgc]
pub fn op_nodecrypto_x509(#[buffer] bytes: &[u8]) -> Option<CertificateHandle> {
    let _quiet = Quiet::new();
    // SAFETY: the library reads the slice, or the buffer that has its bytes.
    let certificate = unsafe {
        let none = ptr::null_mut();
        X509::own(c::PEM_read_bio_X509(Bio::of(bytes).raw(), ptr::null_mut(), Some(passphrase), none)).or_else(|| {
            let mut data = bytes.as_ptr();
            X509::own(c::d2i_X509(ptr::null_mut(), &mut data, c_long::try_from(bytes.len()).unwrap_or(0)))
        })
    };
    certificate.map(CertificateHandle)
}

fn name_text(name: *const c::X509_NAME, how: i32) -> Option<String> {
    let bio = Bio::sink();
    // SAFETY: a name of a certificate that is there.
    let done = unsafe { c::X509_NAME_print_ex(bio.raw(), name, 0, c_ulong::from(flags(how))) };
    (done > 0).then(|| bio.text())
}

fn time_text(time: *const c::ASN1_TIME) -> String {
    let bio = Bio::sink();
    // SAFETY: a time of a certificate that is there.
    unsafe { c::ASN1_TIME_print(bio.raw(), time) };
    bio.text()
}

fn fingerprint(certificate: &X509, md: Md) -> String {
    let mut bytes = [0; c::EVP_MAX_MD_SIZE as usize];
    let mut length: c_uint = 0;
    // SAFETY: no digest is longer than that.
    unsafe { c::X509_digest(certificate.raw(), md, bytes.as_mut_ptr(), &mut length) };
    let pairs: Vec<String> = bytes[..length as usize].iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The bytes of a string of ASN.1.
///
/// # Safety
///
/// It is one, and lives as long as the slice is used.
unsafe fn slice_of<'a>(string: *const c::ASN1_STRING) -> &'a [u8] {
    // SAFETY: as above.
    unsafe {
        let length = usize::try_from(c::ASN1_STRING_length(string)).unwrap_or_default();
        if length == 0 { &[] } else { std::slice::from_raw_parts(c::ASN1_STRING_get0_data(string), length) }
    }
}

/// A name as it stands, or quoted where it could be taken for more than one.
fn alternative(bytes: &[u8], utf8: bool) -> String {
    let unsafe_byte = |byte: &u8| match byte {
        b'"' | b'\\' | b',' | b'\'' | 0..=0x1f | 0x7f => true,
        0x80.. => !utf8,
        _ => false,
    };
    if !bytes.iter().any(unsafe_byte) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut quoted = vec![b'"'];
    for byte in bytes {
        match byte {
            b'\\' => quoted.extend(b"\\\\"),
            b'"' => quoted.extend(b"\\\""),
            b' '..=b'~' if *byte != b',' => quoted.push(*byte),
            0x80.. if utf8 => quoted.push(*byte),
            _ => quoted.extend(format!("\\u00{byte:02x}").into_bytes()),
        }
    }
    quoted.push(b'"');
    String::from_utf8_lossy(&quoted).into_owned()
}

/// One of the alternative names.
///
/// # Safety
///
/// `name` is one.
unsafe fn general_name(name: *const c::GENERAL_NAME) -> Option<String> {
    // SAFETY: as above; the type says which member there is.
    unsafe {
        Some(match (*name).type_ {
            c::GEN_DNS => format!("DNS:{}", alternative(slice_of((*name).d.dNSName), false)),
            c::GEN_EMAIL => format!("email:{}", alternative(slice_of((*name).d.rfc822Name), false)),
            c::GEN_URI => format!("URI:{}", alternative(slice_of((*name).d.uniformResourceIdentifier), false)),
            c::GEN_DIRNAME => {
                format!("DirName:{}", alternative(name_text((*name).d.directoryName, INSIDE)?.as_bytes(), true))
            }
            c::GEN_IPADD => match slice_of((*name).d.iPAddress) {
                [a, b, c, d] => format!("IP Address:{a}.{b}.{c}.{d}"),
                address if address.len() == 16 => {
                    let pair = |pair: &[u8]| format!("{:X}", u16::from(pair[0]) << 8 | u16::from(pair[1]));
                    format!("IP Address:{}", address.chunks(2).map(pair).collect::<Vec<String>>().join(":"))
                }
                _ => "IP Address:<invalid>".to_string(),
            },
            c::GEN_RID => format!("Registered ID:{}", object_text((*name).d.registeredID, true)),
            c::GEN_OTHERNAME => "othername:<unsupported>".to_string(),
            c::GEN_X400 => "X400Name:<unsupported>".to_string(),
            _ => "EdiPartyName:<unsupported>".to_string(),
        })
    }
}

fn object_text(object: *const c::ASN1_OBJECT, number: bool) -> String {
    const LENGTH: i32 = 256;
    let mut text = [0; LENGTH as usize];
    // SAFETY: no more is written than there is room for, with an end.
    unsafe {
        c::OBJ_obj2txt(text.as_mut_ptr(), LENGTH, object, number.into());
        std::ffi::CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
    }
}

fn alternative_names(certificate: &X509) -> Option<String> {
    // SAFETY: the extension is a list of names, which is freed once.
    unsafe {
        let none = ptr::null_mut();
        let names = c::X509_get_ext_d2i(certificate.raw(), c::NID_subject_alt_name, none, ptr::null_mut());
        if names.is_null() {
            return None;
        }
        let list = names.cast::<c::OPENSSL_STACK>();
        let texts = (0..c::OPENSSL_sk_num(list)).map(|index| general_name(c::OPENSSL_sk_value(list, index).cast()));
        let text = texts.collect::<Option<Vec<String>>>().map(|texts| texts.join(", "));
        c::GENERAL_NAMES_free(names.cast());
        text
    }
}

fn info_access(certificate: &X509) -> Option<String> {
    // SAFETY: the extension is a list of descriptions, which is freed once.
    unsafe {
        let none = ptr::null_mut();
        let descriptions = c::X509_get_ext_d2i(certificate.raw(), c::NID_info_access, none, ptr::null_mut());
        if descriptions.is_null() {
            return None;
        }
        let list = descriptions.cast::<c::OPENSSL_STACK>();
        let lines = (0..c::OPENSSL_sk_num(list)).map(|index| {
            let description = c::OPENSSL_sk_value(list, index).cast::<c::ACCESS_DESCRIPTION>();
            let location = general_name((*description).location)?;
            Some(format!("{} - {location}\n", object_text((*description).method, false)))
        });
        let text = lines.collect::<Option<String>>();
        c::AUTHORITY_INFO_ACCESS_free(descriptions.cast());
        text
    }
}

/// The text of a part of the certificate; null if there is none.
#[op2]
#[string]
pub fn op_nodecrypto_x509_text(#[cppgc] certificate: &CertificateHandle, #[string] which: &str) -> Option<String> {
    let _quiet = Quiet::new();
    let this = &certificate.0;
    // SAFETY: parts of a certificate that is there; constants.
    unsafe {
        match which {
            "subject" => name_text(c::X509_get_subject_name(this.raw()), LINES),
            "issuer" => name_text(c::X509_get_issuer_name(this.raw()), LINES),
            "subjectAltName" => alternative_names(this),
            "infoAccess" => info_access(this),
            "validFrom" => Some(time_text(c::X509_get0_notBefore(this.raw()))),
            "validTo" => Some(time_text(c::X509_get0_notAfter(this.raw()))),
            "fingerprint" => Some(fingerprint(this, c::EVP_sha1())),
            "fingerprint256" => Some(fingerprint(this, c::EVP_sha256())),
            "fingerprint512" => Some(fingerprint(this, c::EVP_sha512())),
            "serialNumber" => {
                let number = Bn::own(c::ASN1_INTEGER_to_BN(c::X509_get_serialNumber(this.raw()), ptr::null_mut()))?;
                Some(bytes_of(number.raw()).iter().map(|byte| format!("{byte:02X}")).collect())
            }
            "pem" => {
                let bio = Bio::sink();
                (c::PEM_write_bio_X509(bio.raw(), this.raw()) == 1).then(|| bio.text())
            }
            _ => None,
        }
    }
}

/// The certificate as DER.
#[op2]
#[buffer]
pub fn op_nodecrypto_x509_raw(#[cppgc] certificate: &CertificateHandle) -> Vec<u8> {
    // SAFETY: a certificate that is there.
    unsafe { allocated(|out| c::i2d_X509(certificate.0.raw(), out)) }.unwrap_or_default()
}

/// What the key may be used for, by numbers, with spaces between; null if the certificate does not say.
#[op2]
#[string]
pub fn op_nodecrypto_x509_usage(#[cppgc] certificate: &CertificateHandle) -> Option<String> {
    let _quiet = Quiet::new();
    // SAFETY: the extension is a list of objects, which is freed once.
    unsafe {
        let none = ptr::null_mut();
        let usages = c::X509_get_ext_d2i(certificate.0.raw(), c::NID_ext_key_usage, none, ptr::null_mut());
        if usages.is_null() {
            return None;
        }
        let list = usages.cast::<c::OPENSSL_STACK>();
        let texts =
            (0..c::OPENSSL_sk_num(list)).map(|index| object_text(c::OPENSSL_sk_value(list, index).cast(), true));
        let text = texts.collect::<Vec<String>>().join(" ");
        c::EXTENDED_KEY_USAGE_free(usages.cast());
        Some(text)
    }
}

/// The names of subject or issuer, as pairs of type and value, one after the other.
#[op2]
pub fn op_nodecrypto_x509_names(#[cppgc] certificate: &CertificateHandle, issuer: bool) -> Vec<String> {
    let mut names = Vec::new();
    // SAFETY: parts of a certificate that is there; what the library allocates is freed.
    unsafe {
        let this = certificate.0.raw();
        let name = if issuer { c::X509_get_issuer_name(this) } else { c::X509_get_subject_name(this) };
        for index in 0..c::X509_NAME_entry_count(name) {
            let entry = c::X509_NAME_get_entry(name, index);
            let object = c::X509_NAME_ENTRY_get_object(entry);
            let known = constant(c::OBJ_nid2sn(c::OBJ_obj2nid(object))).filter(|name| name != "UNDEF");
            let value = allocated(|out| c::ASN1_STRING_to_UTF8(out, c::X509_NAME_ENTRY_get_data(entry)));
            names.push(known.unwrap_or_else(|| object_text(object, true)));
            names.push(String::from_utf8_lossy(&value.unwrap_or_default()).into_owned());
        }
    }
    names
}

/// The key that the certificate is of; null if it cannot be read.
#[op2]
#[cppgc]
pub fn op_nodecrypto_x509_key(#[cppgc] certificate: &CertificateHandle) -> Option<KeyHandle> {
    let _quiet = Quiet::new();
    // SAFETY: a certificate that is there.
    let key = unsafe { Pkey::own(c::X509_get_pubkey(certificate.0.raw())) };
    key.filter(is_whole).map(KeyHandle::Public)
}

/// Whether it may sign others.
#[op2(fast)]
pub fn op_nodecrypto_x509_ca(#[cppgc] certificate: &CertificateHandle) -> bool {
    let _quiet = Quiet::new();
    // SAFETY: a certificate that is there.
    unsafe { c::X509_check_ca(certificate.0.raw()) == 1 }
}

/// The part of the certificate that is meant by a host's name; null if it is none of its own.
#[op2]
#[string]
pub fn op_nodecrypto_x509_host(
    #[cppgc] certificate: &CertificateHandle,
    #[string] name: String,
    #[smi] options: u32,
) -> Result<Option<String>, CryptoError> {
    let _quiet = Quiet::new();
    // Without a length, the library would look for the end itself.
    if name.is_empty() {
        return Ok(None);
    }
    let mut peer = ptr::null_mut();
    // SAFETY: a string and its length; what the library allocates is freed.
    unsafe {
        let this = certificate.0.raw();
        let found = c::X509_check_host(this, name.as_ptr().cast(), name.len(), options, &mut peer);
        let matched = (!peer.is_null()).then(|| {
            let text = std::ffi::CStr::from_ptr(peer).to_string_lossy().into_owned();
            c::OPENSSL_free(peer.cast());
            text
        });
        match found {
            1 => Ok(Some(matched.unwrap_or(name))),
            0 => Ok(None),
            -2 => Err(Failed("Invalid name")),
            _ => Err(Failed("Operation failed")),
        }
    }
}

/// Whether an address of mail is one of its own.
#[op2(fast)]
pub fn op_nodecrypto_x509_email(
    #[cppgc] certificate: &CertificateHandle,
    #[string] email: &str,
    #[smi] options: u32,
) -> Result<bool, CryptoError> {
    let _quiet = Quiet::new();
    if email.is_empty() {
        return Ok(false);
    }
    // SAFETY: a string and its length, which is not zero.
    match unsafe { c::X509_check_email(certificate.0.raw(), email.as_ptr().cast(), email.len(), options) } {
        1 => Ok(true),
        0 => Ok(false),
        -2 => Err(Failed("Invalid name")),
        _ => Err(Failed("Operation failed")),
    }
}

/// Whether an address is one of its own.
#[op2(fast)]
pub fn op_nodecrypto_x509_ip(
    #[cppgc] certificate: &CertificateHandle,
    #[string] ip: &str,
    #[smi] options: u32,
) -> Result<bool, CryptoError> {
    let _quiet = Quiet::new();
    let Ok(ip) = CString::new(ip) else { return Err(Failed("Invalid IP")) };
    // SAFETY: a string with its end.
    match unsafe { c::X509_check_ip_asc(certificate.0.raw(), ip.as_ptr(), options) } {
        1 => Ok(true),
        0 => Ok(false),
        -2 => Err(Failed("Invalid IP")),
        _ => Err(Failed("Operation failed")),
    }
}

/// Whether `issuer` could have issued the certificate.
#[op2(fast)]
pub fn op_nodecrypto_x509_issued(
    #[cppgc] certificate: &CertificateHandle,
    #[cppgc] issuer: &CertificateHandle,
) -> bool {
    let _quiet = Quiet::new();
    // SAFETY: certificates that are there.
    unsafe { c::X509_check_issued(issuer.0.raw(), certificate.0.raw()) == c::X509_V_OK }
}

/// Whether the certificate is signed with the key.
#[op2(fast)]
pub fn op_nodecrypto_x509_verify(#[cppgc] certificate: &CertificateHandle, #[cppgc] key: &KeyHandle) -> bool {
    let _quiet = Quiet::new();
    // SAFETY: a certificate and a key that are there.
    key.asymmetric().is_some_and(|key| unsafe { c::X509_verify(certificate.0.raw(), key.raw()) == 1 })
}

fn spki(bytes: &[u8]) -> Option<Spki> {
    let text = bytes.trim_ascii_end();
    // Without a length, the library would look for the end itself.
    if text.is_empty() {
        return None;
    }
    // SAFETY: a slice and its length, which is not zero.
    unsafe { Spki::own(c::NETSCAPE_SPKI_b64_decode(text.as_ptr().cast(), isize::try_from(text.len()).ok()?)) }
}

/// The public key of a signed one, as PEM; empty if it is none.
#[op2]
#[buffer]
pub fn op_nodecrypto_spkac_key(#[buffer] bytes: &[u8]) -> Vec<u8> {
    let _quiet = Quiet::new();
    let bio = Bio::sink();
    // SAFETY: a signed key that is there.
    let key = spki(bytes).and_then(|spki| unsafe { Pkey::own(c::NETSCAPE_SPKI_get_pubkey(spki.raw())) });
    if let Some(key) = key {
        // SAFETY: a key that is there.
        unsafe { c::PEM_write_bio_PUBKEY(bio.raw(), key.raw()) };
    }
    bio.bytes()
}

/// The challenge of a signed public key; empty if it is none.
#[op2]
#[buffer]
pub fn op_nodecrypto_spkac_challenge(#[buffer] bytes: &[u8]) -> Vec<u8> {
    let _quiet = Quiet::new();
    // SAFETY: a signed key has a challenge.
    let challenge = spki(bytes).and_then(|spki| unsafe {
        let challenge = (*(*spki.raw()).spkac).challenge;
        allocated(|out| c::ASN1_STRING_to_UTF8(out, challenge))
    });
    challenge.unwrap_or_default()
}
