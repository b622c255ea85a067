//! Cursors of lists: the base64 of the last key of a page.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The cursor of a page that ends with `key`.
pub(crate) fn encode(key: &str) -> String {
    STANDARD.encode(key)
}

/// The key that a cursor stands for. As lenient as production: what is not base64 is skipped.
pub(crate) fn decode(cursor: &str) -> String {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::RequireNone)
            .with_decode_allow_trailing_bits(true),
    );
    let mut digits: Vec<u8> = cursor
        .bytes()
        .take_while(|byte| *byte != b'=')
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            _ => byte,
        })
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    let bytes = LENIENT.decode(digits).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
