//! The certificate of `--local-protocol https`: the user's own, or a self-signed one kept in the state folder.
//!
//! A kept certificate is used again until it gets old, so that the exception a developer gave it in the browser
//! survives restarts. Its key is readable by the owner only.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use sha2::{Digest, Sha256};

use super::options::HttpsOptions;

/// Days a certificate is valid. Browsers refuse more than 398.
const VALID_DAYS: u64 = 397;
/// Days after which a kept certificate is replaced, well before it expires.
const RENEW_DAYS: u64 = 330;
const DAY_SECONDS: u64 = 86_400;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Only one of the two paths is given.
    #[error("Missing custom certificate file: --https-key-path needs --https-cert-path beside it.")]
    MissingCertificate,
    /// Only one of the two paths is given.
    #[error("Missing custom certificate key: --https-cert-path needs --https-key-path beside it.")]
    MissingKey,
    /// A file of the user cannot be read as PEM.
    #[error("Cannot read the {what} {}: {source}", path.display())]
    Unreadable {
        /// `certificate` or `private key`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// The key does not belong to the certificate, or is of a kind that is not supported.
    #[error("The https certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// Making the self-signed certificate failed.
    #[error("Cannot make a self-signed certificate: {0}")]
    Generate(#[from] rcgen::Error),
    /// Keeping it failed.
    #[error("Cannot keep the self-signed certificate in {}: {source}", path.display())]
    Keep {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The configuration of a TLS server for `hosts`, offering HTTP/2 and HTTP/1.1.
pub(super) fn server_config(options: &HttpsOptions, hosts: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate_path, key_path) = match (&options.cert_path, &options.key_path) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        (Some(_), None) => return Err(TlsError::MissingKey),
        (None, Some(_)) => return Err(TlsError::MissingCertificate),
        (None, None) => self_signed(&options.state_dir, hosts)?,
    };
    let unreadable = |what, path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Unreadable { what, path, source }
    };
    let chain = CertificateDer::pem_file_iter(&certificate_path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable("certificate", &certificate_path))?;
    let key = PrivateKeyDer::from_pem_file(&key_path).map_err(unreadable("private key", &key_path))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The protocol version and the cipher of a connection, named as `request.cf` names them.
pub(super) fn describe(connection: &ServerConnection) -> (&'static str, &'static str) {
    use rustls::{CipherSuite as Suite, ProtocolVersion as Version};
    let version = match connection.protocol_version() {
        Some(Version::TLSv1_3) => "TLSv1.3",
        Some(Version::TLSv1_2) => "TLSv1.2",
        _ => "",
    };
    let cipher = match connection.negotiated_cipher_suite().map(|suite| suite.suite()) {
        Some(Suite::TLS13_AES_128_GCM_SHA256) => "AEAD-AES128-GCM-SHA256",
        Some(Suite::TLS13_AES_256_GCM_SHA384) => "AEAD-AES256-GCM-SHA384",
        Some(Suite::TLS13_CHACHA20_POLY1305_SHA256) => "AEAD-CHACHA20-POLY1305-SHA256",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256) => "ECDHE-ECDSA-AES128-GCM-SHA256",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384) => "ECDHE-ECDSA-AES256-GCM-SHA384",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256) => "ECDHE-ECDSA-CHACHA20-POLY1305",
        Some(Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) => "ECDHE-RSA-AES128-GCM-SHA256",
        Some(Suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) => "ECDHE-RSA-AES256-GCM-SHA384",
        Some(Suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256) => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "",
    };
    (version, cipher)
}

/// The paths of a self-signed certificate for `hosts` and of its key; made anew when there is none or it is old.
fn self_signed(state_dir: &Path, hosts: &[String]) -> Result<(PathBuf, PathBuf), TlsError> {
    let mut names = vec!["localhost".to_owned(), "*.localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    for host in hosts {
        if !names.contains(host) {
            names.push(host.clone());
        }
    }
    let digest = Sha256::digest(names.join("\n").as_bytes());
    let stem: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let directory = state_dir.join("https");
    let (certificate, key) = (directory.join(format!("{stem}.crt")), directory.join(format!("{stem}.key")));
    if key.is_file() && is_fresh(&certificate) {
        return Ok((certificate, key));
    }
    let (certificate_pem, key_pem) = generate(&names)?;
    let keep = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Keep { path, source }
    };
    fs::create_dir_all(&directory).map_err(keep(&directory))?;
    // The key first: a certificate is only taken for usable when its key is there.
    write_private(&key, &key_pem).map_err(keep(&key))?;
    write_private(&certificate, &certificate_pem).map_err(keep(&certificate))?;
    Ok((certificate, key))
}

fn is_fresh(path: &Path) -> bool {
    let Ok(modified) = fs::metadata(path).and_then(|metadata| metadata.modified()) else { return false };
    // A file from the future has a clock problem, not an age.
    SystemTime::now().duration_since(modified).unwrap_or_default() < Duration::from_secs(RENEW_DAYS * DAY_SECONDS)
}

fn generate(names: &[String]) -> Result<(String, String), TlsError> {
    let mut parameters = rcgen::CertificateParams::default();
    for name in names {
        parameters.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(ip) => rcgen::SanType::IpAddress(ip),
            Err(_) => rcgen::SanType::DnsName(name.as_str().try_into()?),
        });
    }
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "lopata local development");
    let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / DAY_SECONDS;
    let date = |day: u64| {
        let (year, month, day) = civil(day);
        rcgen::date_time_ymd(year, month, day)
    };
    // A day of slack for a client in another time zone or with a slow clock.
    parameters.not_before = date(today.saturating_sub(1));
    parameters.not_after = date(today + VALID_DAYS - 1);
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = rcgen::KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// The date of a day since 1970-01-01 in the Gregorian calendar, by counting 400-year eras from March.
fn civil(day: u64) -> (i32, u8, u8) {
    let shifted = day + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}

/// Replaces `path` at once, readable by its owner only.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn options(state_dir: &Path) -> HttpsOptions {
        HttpsOptions { key_path: None, cert_path: None, state_dir: state_dir.to_owned() }
    }

    #[test]
    fn the_calendar_knows_leap_years() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(20_453), (2025, 12, 31));
        assert_eq!(civil(47_540), (2100, 2, 28));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }

    #[test]
    fn a_self_signed_certificate_is_kept_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        server_config(&options(folder.path()), &["example.com".to_owned()]).unwrap();
        let files = || {
            let mut all: Vec<_> = fs::read_dir(folder.path().join("https"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| (path.clone(), fs::read(path).unwrap()))
                .collect();
            all.sort();
            all
        };
        let first = files();
        assert_eq!(first.len(), 2);
        server_config(&options(folder.path()), &["example.com".to_owned()]).unwrap();
        assert_eq!(files(), first, "used again");
        server_config(&options(folder.path()), &["other.test".to_owned()]).unwrap();
        assert_eq!(files().len(), 4, "another host needs another certificate");
        #[cfg(unix)]
        for (path, _) in files() {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn half_a_pair_and_an_unreadable_file_are_explained() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.pem");
        fs::write(&file, "not pem").unwrap();
        let with = |key: bool, cert: bool| HttpsOptions {
            key_path: key.then(|| file.clone()),
            cert_path: cert.then(|| file.clone()),
            state_dir: folder.path().to_owned(),
        };
        assert!(matches!(server_config(&with(true, false), &[]), Err(TlsError::MissingCertificate)));
        assert!(matches!(server_config(&with(false, true), &[]), Err(TlsError::MissingKey)));
        let error = server_config(&with(true, true), &[]).unwrap_err().to_string();
        assert!(error.contains("x.pem"), "{error}");
    }
}
