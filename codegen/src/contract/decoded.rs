//! Values that the generated code reads from a request: parameters and body members.
//!
//! Decoding enforces what is allowed here. A value with `x-type` is read by a type of the service
//! instead: then all bounds are documentation, which that type enforces.

use super::{
    checker::Checker,
    keys::{DOCUMENTATION, Keys},
    model, names,
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

/// The object with the extensions of a value: the parameter, or the schema of the member.
#[derive(Clone, Debug)]
pub struct Value<'a> {
    pub extended: Node<'a>,
    pub schema: Node<'a>,
    pub source: Source,
    pub required: bool,
}

/// Extensions of every value.
pub const EXTENSIONS: &[&str] = &["x-type", "x-when-missing", "x-when-invalid"];

const STRING: &[&str] = &["type", "minLength", "maxLength"];
const UUID: &[&str] = &["type", "format"];
const INTEGER: &[&str] = &["type", "format", "minimum", "maximum"];
const BOOLEAN: &[&str] = &["type"];

/// Bounds that are enforced by a type of the service.
const TYPED: &[&str] = &[
    "type",
    "format",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];

/// Checks one value.
pub fn check<'a>(checker: &Checker<'a>, value: &Value<'a>) {
    let schema = &value.schema;
    check_codes(checker, value);
    check_default(checker, value);
    let typed = check_type(checker, value);
    if schema.get("$ref").is_some() {
        check_enumeration(checker, value, typed);
        return;
    }
    let Some(shape) = Shape::of(checker, schema) else {
        return;
    };
    if shape.nullable {
        let reason = "`null` is not decoded here; make the value optional instead.";
        checker.refuse(schema.place_of("type"), reason);
    }
    match shape.kind {
        Kind::Array | Kind::Object => {
            let reason =
                "A value in a request is one string, number or boolean; write one of them.";
            checker.refuse(schema.place_of("type"), reason);
            return;
        }
        Kind::String if value.source == Source::Path && !is_uuid(schema) => {
            let reason = "A string in a path is not percent-decoded; write `format: uuid`.";
            checker.refuse(&schema.place, reason);
        }
        _ => {}
    }
    match shape.kind {
        _ if typed => value.keys(checker, "A value with `x-type`", TYPED),
        Kind::String => check_string(checker, value),
        Kind::Integer => check_integer(checker, value),
        Kind::Boolean => {
            value.keys(checker, "A boolean in a request", BOOLEAN);
            checker.flag(schema, "default");
        }
        _ => checker.refuse(
            schema.place_of("type"),
            "A number with fractions is read by a type of the service; write an `x-type`.",
        ),
    }
}

/// Checks the error codes that decoding reports.
fn check_codes<'a>(checker: &Checker<'a>, value: &Value<'a>) {
    let steps = ["components", "schemas", "ErrorCode", "enum"];
    let codes = steps
        .iter()
        .try_fold(checker.contract(), |node, step| node.get(step));
    let codes = codes.map(|codes| codes.items()).unwrap_or_default();
    for key in ["x-when-missing", "x-when-invalid"] {
        let Some(code) = checker.text(&value.extended, key) else {
            continue;
        };
        if !codes.iter().any(|known| known.as_str() == Some(code)) {
            let reason = format!("`{code}` is not a value of `components.schemas.ErrorCode`.");
            checker.refuse(value.extended.place_of(key), reason);
        }
    }
    if value.extended.get("x-when-missing").is_some() && !value.required {
        let reason = "An optional value is never missing; write `required: true`.";
        checker.refuse(value.extended.place_of("x-when-missing"), reason);
    }
}

fn check_default<'a>(checker: &Checker<'a>, value: &Value<'a>) {
    let Some(default) = value.schema.get("default") else {
        return;
    };
    if value.source == Source::Body {
        let reason = "A default is not applied in a body; leave it out and describe it.";
        checker.refuse(default.place, reason);
    } else if value.required {
        let reason = "A required parameter has no default; leave one of the two out.";
        checker.refuse(default.place, reason);
    } else if value.schema.get("$ref").is_none() && !takes_default(&value.schema) {
        let reason = "A default of such a value is not applied; leave it out and describe it.";
        checker.refuse(default.place, reason);
    }
}

/// True if a type of the service reads the value.
fn check_type<'a>(checker: &Checker<'a>, value: &Value<'a>) -> bool {
    let Some(name) = checker.text(&value.extended, "x-type") else {
        return false;
    };
    names::check_associated_type(checker, &value.extended.place_of("x-type"), name);
    true
}

/// A reference is the way to an enumeration.
fn check_enumeration<'a>(checker: &Checker<'a>, value: &Value<'a>, typed: bool) {
    let schema = &value.schema;
    let place = schema.place_of("$ref");
    model::check_reference_keys(checker, schema);
    let Some(target) = checker.resolve(schema, "schemas") else {
        return;
    };
    if target.get("enum").is_none() {
        let reason = "A reference here leads to an enumeration; write other schemas out.";
        checker.refuse(&place, reason);
    } else if value.source == Source::Path {
        checker.refuse(
            &place,
            "A string in a path is not percent-decoded; write `format: uuid`.",
        );
    } else if typed && value.source != Source::Body {
        let reason = "`x-type` is not read beside an enumeration; leave it out.";
        checker.refuse(value.extended.place_of("x-type"), reason);
    }
}

fn check_string<'a>(checker: &Checker<'a>, value: &Value<'a>) {
    let schema = &value.schema;
    if is_uuid(schema) {
        value.keys(checker, "A UUID", UUID);
        return;
    }
    value.keys(checker, "A string in a request", STRING);
    let least = checker.integer(schema, "minLength", 0, u32::MAX.into());
    let most = checker.integer(schema, "maxLength", 0, u32::MAX.into());
    if let Some(default) = checker.text(schema, "default") {
        let length = i64::try_from(default.chars().count()).unwrap_or(i64::MAX);
        if !(least.unwrap_or(0)..=most.unwrap_or(i64::MAX)).contains(&length) {
            let reason = "The default is shorter or longer than the schema allows.";
            checker.refuse(schema.place_of("default"), reason);
        }
        // The default stands in a raw string.
        if default.contains('"') {
            let reason = "A default with `\"` is not supported; leave it out and describe it.";
            checker.refuse(schema.place_of("default"), reason);
        }
    }
}

fn check_integer<'a>(checker: &Checker<'a>, value: &Value<'a>) {
    let schema = &value.schema;
    value.keys(checker, "An integer in a request", INTEGER);
    let (least, most) = match checker.text(schema, "format") {
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => {
            let reason = "An integer has a size; write `format: int32` or `format: int64`.";
            checker.refuse(schema.place_of("format"), reason);
            return;
        }
    };
    let least = checker
        .integer(schema, "minimum", least, most)
        .unwrap_or(least);
    let most = checker
        .integer(schema, "maximum", least, most)
        .unwrap_or(most);
    checker.integer(schema, "default", least, most);
}

/// openapi-generator drops the default of any other value.
fn takes_default(schema: &Node) -> bool {
    let has = |key| schema.get(key).is_some();
    match schema.get("type").as_ref().and_then(Node::as_str) {
        Some("string") => !has("format") && !has("enum") && !has("const"),
        Some("integer" | "boolean") => !has("enum") && !has("const"),
        _ => false,
    }
}

fn is_uuid(schema: &Node) -> bool {
    schema
        .get("format")
        .is_some_and(|format| format.as_str() == Some("uuid"))
}

// === impl Value ===

impl<'a> Value<'a> {
    /// Checks the members of the schema, to which the extensions of a body member belong.
    fn keys(&self, checker: &Checker<'a>, owner: &'static str, keys: &'static [&'static str]) {
        let more = match self.source {
            Source::Body => EXTENSIONS,
            Source::Header | Source::Path | Source::Query => &[],
        };
        let lists = &[keys, &["default"], more, DOCUMENTATION];
        checker.keys(&self.schema, &Keys { owner, lists });
    }
}
