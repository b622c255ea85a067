//! The keys of the handshake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of `Sec-WebSocket-Accept` for a client's key; `None` for a key that is none.
pub(crate) fn accept_key(key: &[u8]) -> Option<String> {
    let is_key = STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16);
    is_key.then(|| tungstenite::handshake::derive_accept_key(key))
}

/// A fresh key for `Sec-WebSocket-Key`.
pub(crate) fn new_key() -> String {
    tungstenite::handshake::client::generate_key()
}
