//! Schemas of values that the generated code reads from a request: parameters and body members.
//!
//! Decoding enforces what is allowed here, so nothing may be allowed that it does not enforce.

use super::{
    checker::Checker,
    keys::{DOCUMENTATION, Keys},
    node::Node,
    shape::{Kind, Shape},
};

/// Where a value is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Body,
    Header,
    Path,
    Query,
}

const STRING: &[&str] = &["type", "minLength", "maxLength", "pattern"];
const UUID: &[&str] = &["type", "format"];
const INTEGER: &[&str] = &["type", "format", "minimum", "maximum"];

/// A default replaces an absent parameter, but not an absent member.
const DEFAULT: &[&str] = &["default"];

/// What stands at a parameter stands at the schema of a member.
const MEMBER: &[&str] = &["x-when-missing", "x-when-invalid", "x-must"];

impl Source {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Body => MEMBER,
            Self::Header | Self::Path | Self::Query => DEFAULT,
        }
    }
}

/// Checks the schema of one value.
pub fn check(checker: &Checker, schema: &Node, source: Source) {
    if let Some(reference) = schema.get("$ref") {
        let reason = "A reference to a schema is not supported here; write a string or an integer.";
        checker.refuse(reference.place, reason);
        return;
    }
    let Some(shape) = Shape::of(checker, schema) else {
        return;
    };
    if shape.nullable {
        let reason = "`null` is not decoded here; make the value optional instead.";
        checker.refuse(schema.place_of("type"), reason);
    }
    match (shape.kind, schema.get("format")) {
        (Kind::String, Some(format)) => check_format(checker, schema, &format, source),
        (Kind::String, None) => check_string(checker, schema, source),
        (Kind::Integer, _) => check_integer(checker, schema, source),
        (Kind::Array | Kind::Boolean | Kind::Number | Kind::Object, _) => {
            let reason = "Only strings and integers are decoded here; write one of them.";
            checker.refuse(schema.place_of("type"), reason);
        }
    }
}

fn check_format(checker: &Checker, schema: &Node, format: &Node, source: Source) {
    if format.as_str() != Some("uuid") {
        let reason = "The only `format` of a string that is enforced here is `uuid`; write a \
            `pattern` instead.";
        checker.refuse(&format.place, reason);
    } else if source == Source::Body {
        let reason = "A UUID is not decoded from a body; write a `pattern` instead.";
        checker.refuse(&format.place, reason);
    } else {
        let lists = &[UUID, DOCUMENTATION];
        checker.keys(
            schema,
            &Keys {
                owner: "A UUID",
                lists,
            },
        );
    }
}

fn check_string(checker: &Checker, schema: &Node, source: Source) {
    if source == Source::Path {
        let reason =
            "A string in a path is not percent-decoded; write `format: uuid` or an integer.";
        checker.refuse(&schema.place, reason);
    }
    let more = source.keys();
    let owner = "A string in a request";
    let lists = &[STRING, more, DOCUMENTATION];
    checker.keys(schema, &Keys { owner, lists });
    let least = checker.integer(schema, "minLength", 0, u32::MAX.into());
    let most = checker.integer(schema, "maxLength", 0, u32::MAX.into());
    if let Some(pattern) = checker.text(schema, "pattern") {
        check_pattern(checker, schema, pattern);
    }
    if let Some(default) = checker.text(schema, "default") {
        let length = i64::try_from(default.chars().count()).unwrap_or(i64::MAX);
        let bounds = least.unwrap_or(0)..=most.unwrap_or(i64::MAX);
        if !bounds.contains(&length) || schema.get("pattern").is_some() {
            let reason = "A default is not checked against `pattern`, and has to be within \
                the bounds of its length.";
            checker.refuse(schema.place_of("default"), reason);
        }
    }
}

/// Holds a pattern to what means the same in ECMA-262 and in the `regex` crate.
fn check_pattern(checker: &Checker, schema: &Node, pattern: &str) {
    let place = schema.place_of("pattern");
    if ["(?", "\\1", "\\k", "\\c", "\\u"]
        .iter()
        .any(|construct| pattern.contains(construct))
    {
        let reason = "Only groups, classes and repetitions are supported in a pattern; the \
            `regex` crate has no look-around and no back-references.";
        checker.refuse(&place, reason);
    }
    let classes = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B"];
    if let Some(class) = classes.iter().find(|class| pattern.contains(*class)) {
        let reason = format!(
            "`{class}` also means characters beyond ASCII here; write a class such as `[0-9]`."
        );
        checker.refuse(&place, reason);
    }
    if pattern.starts_with('/') {
        checker.refuse(
            &place,
            "A pattern has no delimiters; begin it with `^` or a character other than `/`.",
        );
    }
}

fn check_integer(checker: &Checker, schema: &Node, source: Source) {
    let more = source.keys();
    let owner = "An integer in a request";
    let lists = &[INTEGER, more, DOCUMENTATION];
    checker.keys(schema, &Keys { owner, lists });
    if checker.text(schema, "format") != Some("int32") {
        checker.refuse(
            schema.place_of("format"),
            "An integer in a request has 32 bits; write `format: int32`.",
        );
    }
    let (least, most) = (i32::MIN.into(), i32::MAX.into());
    let least = checker
        .integer(schema, "minimum", least, most)
        .unwrap_or(least);
    let most = checker
        .integer(schema, "maximum", least, most)
        .unwrap_or(most);
    checker.integer(schema, "default", least, most);
}
