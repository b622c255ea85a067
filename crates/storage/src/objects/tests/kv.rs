//! Key-value pairs.

use proptest::prelude::*;

use super::*;

#[test]
fn lists_are_in_the_order_of_bytes() {
    let mut f = fixture();
    let keys = ["", "A", "a", "a\0", "aa", "b", "\u{e9}", "\u{ffff}", "\u{1f600}"];
    for key in keys.iter().rev() {
        put(&mut f.store, key, key);
    }
    let mut list = |range: KvRange<'_>| {
        let mut found = Vec::new();
        f.store.kv_list(&range, |key, _| found.push(String::from_utf8(key.to_vec()).unwrap())).unwrap();
        found
    };
    assert_eq!(list(KvRange::default()), keys);
    assert_eq!(list(KvRange { prefix: b"a", ..KvRange::default() }), ["a", "a\0", "aa"]);
    assert_eq!(list(KvRange { start: b"a", end: Some(b"b"), ..KvRange::default() }), ["a", "a\0", "aa"]);
    assert_eq!(list(KvRange { start_after: Some(b"a"), end: Some(b"b"), ..KvRange::default() }), ["a\0", "aa"]);
    assert_eq!(list(KvRange { reverse: true, limit: Some(2), ..KvRange::default() }), ["\u{1f600}", "\u{ffff}"]);
    assert_eq!(list(KvRange { prefix: b"a", start: b"a\0", reverse: true, ..KvRange::default() }), ["aa", "a\0"]);
    assert_eq!(list(KvRange { prefix: b"a", start: b"b", ..KvRange::default() }), [""; 0]);
    assert_eq!(list(KvRange { prefix: b"b", end: Some(b"a"), ..KvRange::default() }), [""; 0]);
    assert_eq!(list(KvRange { start: b"b", end: Some(b"b"), ..KvRange::default() }), [""; 0]);
}

proptest! {
    #[test]
    fn lists_are_what_a_sorted_map_says(
        keys in prop::collection::btree_set("[ab\u{e9}\u{10ffff}]{0,3}", 0..20),
        start in "[ab\u{e9}]{0,2}", after in prop::option::of("[ab]{0,2}"), end in prop::option::of("[ab\u{e9}]{0,2}"),
        prefix in "[ab\u{10ffff}]{0,2}", reverse: bool, limit in prop::option::of(1_u64..5),
    ) {
        let mut store = ObjectStore::new(Place::memory());
        for key in &keys {
            store.kv_put(key, key.as_bytes()).unwrap();
        }
        let range = KvRange {
            start: start.as_bytes(),
            start_after: after.as_ref().map(|key| key.as_bytes()),
            end: end.as_ref().map(|key| key.as_bytes()),
            prefix: prefix.as_bytes(),
            reverse,
            limit,
        };
        let mut found = Vec::new();
        store.kv_list(&range, |key, value| {
            assert_eq!(key, value);
            found.push(String::from_utf8(key.to_vec()).unwrap());
        }).unwrap();
        let mut expected: Vec<String> = keys.into_iter().filter(|key| {
            after.as_ref().map_or(*key >= start, |after| key > after)
                && end.as_ref().is_none_or(|end| key < end)
                && key.starts_with(&prefix)
        }).collect();
        if reverse {
            expected.reverse();
        }
        expected.truncate(limit.unwrap_or(u64::MAX) as usize);
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_list_that_is_taken_one_by_one_ends_with_the_next() {
    let mut f = fixture();
    let none = f.store.kv_begin_list(&KvRange::default()).unwrap();
    assert_eq!(f.store.kv_next(none, |_, _| ()).unwrap(), None);
    for key in ["a", "b", "c"] {
        put(&mut f.store, key, key);
    }
    let key = |key: &[u8], _: &[u8]| String::from_utf8(key.to_vec()).unwrap();
    let first = f.store.kv_begin_list(&KvRange::default()).unwrap();
    assert_eq!(f.store.kv_next(first, key).unwrap().as_deref(), Some("a"));
    f.store.commit().unwrap();
    assert_eq!(f.store.kv_next(first, key).unwrap().as_deref(), Some("b"));
    let second = f.store.kv_begin_list(&KvRange { limit: Some(1), ..KvRange::default() }).unwrap();
    let error = f.store.kv_next(first, key).unwrap_err().to_string();
    assert!(error.starts_with("kv.list() iterator was invalidated"), "{error}");
    assert_eq!(f.store.kv_next(second, key).unwrap().as_deref(), Some("a"));
    assert_eq!(f.store.kv_next(second, key).unwrap(), None);
    assert_eq!(f.store.kv_next(second, key).unwrap(), None);
    assert!(!f.store.has_running_cursors());
    let third = f.store.kv_begin_list(&KvRange::default()).unwrap();
    f.store.kv_list(&KvRange::default(), |_, _| {}).unwrap();
    assert!(matches!(f.store.kv_next(third, key), Err(ObjectError::ListReplaced)));
}

/// The texts are those of wrangler 4.86.
#[test]
fn values_have_a_limit_and_several_are_put_or_none() {
    let mut f = fixture();
    f.store.kv_put("k", &vec![0; 2_100_000]).unwrap();
    let text = f.store.kv_put("k", &vec![1; 2_200_000]).unwrap_err();
    assert_eq!((text.to_string().as_str(), text.is_for_script()), ("string or blob too big: SQLITE_TOOBIG", true));
    let big = vec![0; 2_200_000];
    f.store.kv_put_all([(&b"x"[..], &b"1"[..]), (b"y", &big)]).unwrap_err();
    assert_eq!(get(&mut f.store, "x"), None);
    f.store.kv_put_all([(&b"x"[..], &b"1"[..]), (b"y", b"2")]).unwrap();
    assert_eq!((get(&mut f.store, "y").as_deref(), f.store.broken().is_some()), (Some("2"), false));
}
