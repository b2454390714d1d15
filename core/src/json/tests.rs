//! Reading and canonical form.

use alloc::{format, string::ToString};

use proptest::prelude::*;

use super::*;

fn canonical(json: &str) -> String {
    let mut out = String::new();
    Value::parse(json.as_bytes())
        .unwrap()
        .write_canonical(&mut out)
        .unwrap();
    out
}

#[test]
fn white_space_and_member_order_do_not_matter_and_array_order_does() {
    assert_eq!(
        canonical(" { \"b\" : [ 2 , 1 ] ,\n\"a\":null } "),
        r#"{"a":null,"b":[2,1]}"#
    );
    assert_ne!(canonical("[1,2]"), canonical("[2,1]"));
}

#[test]
fn the_sorting_example_of_the_rfc_holds() {
    // RFC 8785 §3.2.3.
    let json = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
        "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
    let names: Vec<_> = match Value::parse(canonical(json).as_bytes()) {
        Ok(Value::Object(members)) => members.into_iter().map(|(name, _)| name).collect(),
        other => panic!("{other:?}"),
    };
    assert_eq!(names, ["\r", "1", "\u{80}", "ö", "€", "😀", "\u{fb33}"]);
}

#[test]
fn numbers_are_written_as_in_ecmascript() {
    for (json, expected) in [
        ("-0", "0"),
        ("-0.0e9", "0"),
        ("1.0", "1"),
        ("1E3", "1000"),
        ("9007199254740992", "9007199254740992"),
        ("-9007199254740992", "-9007199254740992"),
        ("9007199254740991.0", "9007199254740991"),
        ("0.000001", "0.000001"),
        ("1e-7", "1e-7"),
        ("5e-324", "5e-324"),
        ("333333333.33333329", "333333333.3333333"),
    ] {
        assert_eq!(canonical(json), expected, "{json}");
    }
}

#[test]
fn a_number_beyond_the_integers_of_a_double_has_no_canonical_form() {
    for json in [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740993.0",
        "18446744073709551615",
        "-9223372036854775808",
        "100000000000000000001",
        "1e16",
        "1.7976931348623157e308",
    ] {
        let value = Value::parse(json.as_bytes()).unwrap();
        let refused = value.write_canonical(&mut String::new());
        assert_eq!(refused, Err(NotCanonical::InexactNumber), "{json}");
    }
}

#[test]
fn an_integer_may_have_a_point_and_an_exponent() {
    for (json, expected) in [
        ("1234", 1234),
        ("1234.0", 1234),
        ("-1234.000", -1234),
        ("1.234e3", 1234),
        ("123400E-2", 1234),
        ("0.5e1", 5),
        ("0", 0),
        ("-0.0e999999999", 0),
        ("9223372036854775807", i64::MAX),
        ("-9.223372036854775808e+18", i64::MIN),
    ] {
        assert_eq!(integer(json), Some(expected), "{json}");
    }
    for json in [
        "1234.5",
        "1234.00000000000000000000001",
        "1e-1",
        "9223372036854775808",
        "1e999999999999999999999",
        "1e99999999",
        "",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"1\"",
        "null",
        "0x10",
        "01",
        "00",
        "1 ",
    ] {
        assert_eq!(integer(json), None, "{json}");
    }
}

#[test]
fn strings_escape_only_required_characters() {
    let json = r#""\u0000\u001F\b\t\n\f\r\"\\\/\u007f\u20ac""#;
    assert_eq!(
        canonical(json),
        "\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\u{7f}€\""
    );
}

#[test]
fn a_duplicate_is_found_at_any_depth_and_after_unescaping() {
    let duplicate = |json: &str| {
        Value::parse(json.as_bytes())
            .unwrap()
            .write_canonical(&mut String::new())
            .unwrap_err()
    };
    let twice = |name: &str| NotCanonical::DuplicateMember(name.into());
    assert_eq!(duplicate(r#"{"a":1,"b":2,"\u0061":1}"#), twice("a"));
    assert_eq!(duplicate(r#"[{"x":[{"é":1,"\u00e9":1}]}]"#), twice("é"));
    assert_eq!(canonical(r#"{"a":{"a":1}}"#), r#"{"a":{"a":1}}"#);
}

#[test]
fn nesting_ends_exactly_at_the_limit() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(canonical(&nested(JSON_DEPTH_MAX)), nested(JSON_DEPTH_MAX));
    assert!(Value::parse(nested(JSON_DEPTH_MAX + 1).as_bytes()).is_err());
    assert!(Value::parse("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn texts_that_are_not_json_are_refused() {
    for json in [
        &b""[..],
        b" \n",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{,}",
        b"[1,]",
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"1e400",
        b"-1e400",
        b"NaN",
        b"'a'",
        b"\"\n\"",
        b"\"\\ud800\"",
        b"\"\\udc00\"",
        b"\"\xff\"",
        b"{a:1}",
        b"nul",
        b"// c\n1",
        b"\x0c1",
    ] {
        assert!(
            Value::parse(json).is_err(),
            "{}",
            String::from_utf8_lossy(json)
        );
    }
}

const EXACT: i64 = 1 << 53;

/// Any double that a body may have.
fn doubles() -> impl Strategy<Value = f64> {
    any::<u64>()
        .prop_map(f64::from_bits)
        .prop_filter("too far from zero", |number| number.abs() < EXACT as f64)
}

/// Any document with a canonical form.
fn documents() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-EXACT..=EXACT).prop_map(Into::into),
        doubles().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let members = prop::collection::btree_map(any::<String>(), inner.clone(), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(Into::into),
            members.prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_independent_implementation_agrees(document in documents()) {
        let expected = serde_json_canonicalizer::to_string(&document).unwrap();
        prop_assert_eq!(canonical(&document.to_string()), expected);
    }

    #[test]
    fn an_independent_implementation_agrees_on_doubles(numbers in prop::collection::vec(doubles(), 100)) {
        for number in numbers {
            let expected = serde_json_canonicalizer::to_string(&number).unwrap();
            prop_assert_eq!(canonical(&format!("{number:e}")), expected);
        }
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(document in documents()) {
        let once = canonical(&document.to_string());
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn parsing_never_panics(bytes: Vec<u8>, json in r#"[\[\]{}",:0-9eE.+\-\\u]{0,40}"#) {
        let _ = Value::parse(&bytes);
        let _ = Value::parse(json.as_bytes());
    }
}
