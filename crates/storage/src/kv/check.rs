//! What the KV service refuses, with production's statuses and texts.
//!
//! Pure: the limits are in the protocol crate, the time is an argument.

use lopata_protocol::kv::KvError;
use lopata_protocol::limits::{
    KV_BULK_KEYS_MAX, KV_CACHE_TTL_SECONDS_MIN, KV_KEY_BYTES_MAX, KV_LIST_KEYS_MAX, KV_METADATA_BYTES_MAX,
    KV_TTL_SECONDS_MIN, KV_VALUE_BYTES_MAX,
};
use serde::de::IgnoredAny;

/// Bytes of all values of one bulk get (25 MiB).
pub(super) const BULK_BYTES_MAX: usize = 25 * 1024 * 1024;

fn refuse<T>(status: u16, text: String) -> Result<T, KvError> {
    Err(KvError { status, text })
}

pub(super) fn key(key: &str) -> Result<(), KvError> {
    match key {
        "" => refuse(400, "Key names must not be empty".to_string()),
        "." | ".." => refuse(400, format!("Illegal key name \"{key}\". Please use a different name.")),
        _ => key_length(key),
    }
}

fn key_length(key: &str) -> Result<(), KvError> {
    if key.len() <= KV_KEY_BYTES_MAX {
        return Ok(());
    }
    let length = key.len();
    refuse(414, format!("UTF-8 encoded length of {length} exceeds key length limit of {KV_KEY_BYTES_MAX}."))
}

pub(super) fn cache_ttl(seconds: Option<i32>) -> Result<(), KvError> {
    match seconds {
        Some(seconds) if i64::from(seconds) < KV_CACHE_TTL_SECONDS_MIN as i64 => refuse(
            400,
            format!("Invalid cache_ttl of {seconds}. Cache TTL must be at least {KV_CACHE_TTL_SECONDS_MIN}."),
        ),
        _ => Ok(()),
    }
}

/// The type and the number of keys of a bulk get.
pub(super) fn bulk(kind: Option<&str>, keys: usize) -> Result<(), KvError> {
    if let Some(kind) = kind
        && !matches!(kind, "" | "text" | "json")
    {
        return refuse(400, format!("\"{kind}\" is not a valid type. Use \"json\" or \"text\""));
    }
    if keys > KV_BULK_KEYS_MAX {
        return refuse(400, format!("You can request a maximum of {KV_BULK_KEYS_MAX} keys"));
    }
    if keys == 0 {
        return refuse(400, "You must request a minimum of 1 key".to_string());
    }
    Ok(())
}

pub(super) fn bulk_bytes(total: usize) -> Result<(), KvError> {
    if total <= BULK_BYTES_MAX {
        return Ok(());
    }
    refuse(413, format!("Total size of request exceeds the limit of {}MB", BULK_BYTES_MAX / 1024 / 1024))
}

/// The moment at which a value written now expires, in milliseconds since the Unix epoch.
pub(super) fn expiration(
    now_ms: i64,
    expiration: Option<i32>,
    expiration_ttl: Option<i32>,
) -> Result<Option<i64>, KvError> {
    let now = now_ms.div_euclid(1000);
    let least = KV_TTL_SECONDS_MIN as i64;
    if let Some(ttl) = expiration_ttl.map(i64::from) {
        if ttl <= 0 {
            return refuse(400, format!("Invalid expiration_ttl of {ttl}. Please specify integer greater than 0."));
        }
        if ttl < least {
            return refuse(400, format!("Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {least}."));
        }
        return Ok(Some((now + ttl) * 1000));
    }
    let Some(at) = expiration.map(i64::from) else { return Ok(None) };
    if at <= now {
        return refuse(
            400,
            format!(
                "Invalid expiration of {at}. Please specify integer greater than the current number of seconds \
                 since the UNIX epoch."
            ),
        );
    }
    if at < now + least {
        return refuse(
            400,
            format!("Invalid expiration of {at}. Expiration times must be at least {least} seconds in the future."),
        );
    }
    Ok(Some(at * 1000))
}

pub(super) fn metadata(json: Option<&str>) -> Result<(), KvError> {
    let Some(json) = json else { return Ok(()) };
    let length = json.len();
    if length > KV_METADATA_BYTES_MAX {
        return refuse(413, format!("Metadata length of {length} exceeds limit of {KV_METADATA_BYTES_MAX}."));
    }
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        // A function, a symbol: what JSON.stringify has no text for.
        return refuse(500, "Internal Server Error".to_string());
    }
    Ok(())
}

pub(super) fn value(length: usize) -> Result<(), KvError> {
    if length <= KV_VALUE_BYTES_MAX {
        return Ok(());
    }
    refuse(413, format!("Value length of {length} exceeds limit of {KV_VALUE_BYTES_MAX}."))
}

/// The number of keys of a page.
pub(super) fn list_limit(limit: Option<i32>) -> Result<usize, KvError> {
    let Some(limit) = limit else { return Ok(KV_LIST_KEYS_MAX as usize) };
    if limit < 1 {
        return refuse(400, format!("Invalid key_count_limit of {limit}. Please specify an integer greater than 0."));
    }
    if i64::from(limit) > i64::from(KV_LIST_KEYS_MAX) {
        return refuse(
            400,
            format!("Invalid key_count_limit of {limit}. Please specify an integer less than {KV_LIST_KEYS_MAX}."),
        );
    }
    Ok(limit as usize)
}

pub(super) fn list_prefix(prefix: &str) -> Result<(), KvError> {
    key_length(prefix)
}
