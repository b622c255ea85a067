//! Values that V8 has written, and bytes that nobody has.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap()).collect()
}

/// What `v8.Serializer` of Node 20 writes, and how it is shown.
const WRITTEN: &[(&str, &str)] = &[
    ("ff0f5f", "undefined"),
    ("ff0f30", "null"),
    ("ff0f54", "true"),
    ("ff0f4909", "-5"),
    ("ff0f5a20d20a3f4eeee073c3f60fe98e01000000", "123456789012345678901234567890n"),
    ("ff0f5a110500000000000000", "-5n"),
    ("ff0f5a00", "0n"),
    ("ff0f4e000000000000f83f", "1.5"),
    ("ff0f4e000000000000f87f", "NaN"),
    ("ff0f4e000000000000f0ff", "-Infinity"),
    ("ff0f4e0000000000000080", "-0"),
    ("ff0f4e0000e0ffffffef41", "4294967295"),
    ("ff0f4e9c7500883ce4377e", "1e+300"),
    ("ff0f4ebbbdd7d9df7cdb3d", "1e-10"),
    ("ff0f220568e96c6c6f", "'héllo'"),
    ("ff0f630ae5652c6727000a000100", "'日本\\'\\n\\x01'"),
    ("ff0f44000000a2941a6d42", "2001-09-09T01:46:40.000Z"),
    ("ff0f44000000000000f87f", "Invalid Date"),
    ("ff0f440000c65ae348ccc2", "-000001-01-01T00:00:00.000Z"),
    ("ff0f522203612b623f", "/a+b/gimsuy"),
    (
        "ff0f6f490a490c22016149022201626f22016361044900490249024904490649064003047b012203782079307b04",
        "{ 5: 6, a: 1, b: { c: [ 1, 2, <empty>, 3 ] }, 'x y': null }",
    ),
    ("ff0f3b49026f22016149047b0122016b2749022201322c023a04", "Map(2) { 1 => { a: 2 }, 'k' => Set(2) { 1, '2' } }"),
    ("ff0f42030102ff", "ArrayBuffer { [Uint8Contents]: <01 02 ff>, byteLength: 3 }"),
    ("ff0f42030102ff5642000300", "Uint8Array(3) [ 1, 2, 255 ]"),
    ("ff0f4210000000000000f83f00000000000000c05646001000", "Float64Array(2) [ 1.5, -2 ]"),
    ("ff0f4203000000563f000300", "DataView(3) <00 00 00>"),
    ("ff0f4204ffff02005677000400", "Int16Array(2) [ -1, 2 ]"),
    ("ff0f4208ffffffffffffffff5671000800", "BigInt64Array(1) [ -1n ]"),
    (
        "ff0f72546d22026e6f632203776879732214547970654572726f723a206e6f0a2020617420782e",
        "TypeError: no\n  at x { [cause]: 'why' }",
    ),
    (
        "ff0f41046e000000000000f03f73220173787a100500000000000000240004",
        "[ [Number: 1], [String: 's'], [Boolean: false], [BigInt: 5n] ]",
    ),
    (
        "ff0f6f2201784902220473656c665e0022016f6f22016149027b0122026f325e017b04",
        "{ x: 1, self: [Circular *0], o: { a: 1 }, o2: [Circular *1] }",
    ),
    ("ff0f41046f7b0041002400003b3a00272c00240004", "[ {}, [], Map(0) {}, Set(0) {} ]"),
    (
        "ff0f6f2201614105490222017830546f2201624e000000000000f83f7b012400057b01",
        "{ a: [ 1, 'x', null, true, { b: 1.5 } ] }",
    ),
    ("ff0f6105490649022203666f6f4904400205", "[ <empty>, <empty>, <empty>, 1, foo: 2 ]"),
    ("ff0f61a18d0649c09a0c49024001a18d06", "[ 100000: 1 ]"),
];

#[test]
fn values_are_shown_as_the_console_shows_them() {
    for (hex, shown) in WRITTEN {
        assert_eq!(read(&bytes(hex)).unwrap().text(), *shown, "{hex}");
    }
}

#[test]
fn plain_data_is_json_and_everything_else_is_not() {
    let json = |index: usize| read(&bytes(WRITTEN[index].0)).unwrap().json();
    let by_text = |shown: &str| WRITTEN.iter().position(|(_, text)| *text == shown).unwrap();
    let plain = by_text("{ a: [ 1, 'x', null, true, { b: 1.5 } ] }");
    assert_eq!(json(plain), Some(serde_json::json!({ "a": [1, "x", null, true, { "b": 1.5 }] })));
    for shown in ["undefined", "NaN", "-0", "-5n", "2001-09-09T01:46:40.000Z", "Uint8Array(3) [ 1, 2, 255 ]"] {
        assert_eq!(json(by_text(shown)), None, "{shown}");
    }
    assert_eq!(json(by_text("-5")), Some(serde_json::json!(-5)));
}

#[test]
fn versions_and_padding() {
    // Two headers, as the runtime writes them, and a two-byte string that was padded to its alignment.
    assert_eq!(read(&bytes("ff0fff0f4902")).unwrap(), Value::Number(1.0));
    assert_eq!(read(&bytes("ff0f006302e565")).unwrap(), Value::Text("\u{65e5}".to_string()));
    assert_eq!(read(&bytes("ff0d4902")).unwrap(), Value::Number(1.0));
    assert_eq!(read(&bytes("ff10220178")).unwrap(), Value::Text("x".to_string()));
    assert_eq!(read(&bytes("ff634902")), Err(Unreadable::Version(99)));
    assert_eq!(read(&bytes("ff0f5c")), Err(Unreadable::Kind(0x5c)));
    assert_eq!(read(&[]), Err(Unreadable::CutOff));
}

#[test]
fn deep_values_are_refused() {
    let deep: Vec<u8> = [0xff, 0x0f].into_iter().chain(std::iter::repeat_n([b'A', 1], 10_000).flatten()).collect();
    assert_eq!(read(&deep), Err(Unreadable::Deep));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(hex in prop::collection::vec(any::<u8>(), 0..100), which in 0..WRITTEN.len(), at in 0..40usize, byte in any::<u8>()) {
        let _ = read(&hex).map(|value| (value.text(), value.json()));
        let mut changed = bytes(WRITTEN[which].0);
        let index = at % changed.len();
        changed[index] = byte;
        let _ = read(&changed).map(|value| (value.text(), value.json()));
        changed.truncate(index);
        let _ = read(&changed);
    }
}
