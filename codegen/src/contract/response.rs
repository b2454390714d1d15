//! Responses and their headers.
//!
//! A response with `x-variant` is generated. One without it describes an error, which the service
//! writes itself (`Api::Failure: Into<Response>`): its schema and headers are documentation, which
//! the tests of the service compare with what it sends.

use super::{
    body::MEDIA_TYPE,
    checker::Checker,
    keys::{DOCUMENTATION, Keys},
    model, names,
    node::Node,
    shape::{Kind, Shape},
};

const RESPONSE: Keys = Keys {
    owner: "A response",
    lists: &[&[
        "description",
        "headers",
        "content",
        "x-variant",
        "x-verbatim",
    ]],
};

const HEADER: Keys = Keys {
    owner: "A header",
    lists: &[&[
        "description",
        "required",
        "deprecated",
        "schema",
        "example",
        "examples",
    ]],
};

const HEADER_SCHEMA: Keys = Keys {
    owner: "The schema of a header",
    lists: &[
        &[
            "type",
            "format",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "pattern",
            "enum",
            "const",
        ],
        &["x-set-by-middleware"],
        DOCUMENTATION,
    ],
};

const TEXT: Keys = Keys {
    owner: "Text in a response",
    lists: &[&["type"], DOCUMENTATION],
};

const REFERENCE: Keys = Keys {
    owner: "A reference",
    lists: &[&["$ref", "summary", "description"]],
};

/// Checks the responses of an operation.
pub fn check_all<'a>(checker: &Checker<'a>, responses: &Node<'a>) {
    let mut variants = Vec::new();
    for (status, response) in responses.entries() {
        check_reference(checker, &response);
        let Some(target) = checker.resolve(&response, "responses") else {
            continue;
        };
        check(checker, &target);
        check_status(checker, &response.place, &status, &target);
        if let Some(variant) = target.get("x-variant").as_ref().and_then(Node::as_str) {
            variants.push((response.place, variant));
        }
    }
    if variants.is_empty() {
        checker.refuse(
            &responses.place,
            "An operation needs a response with `x-variant`, its success.",
        );
    }
    names::check_distinct(checker, variants.into_iter());
}

/// Checks a response, wherever it stands.
pub fn check<'a>(checker: &Checker<'a>, response: &Node<'a>) {
    if !checker.keys(response, &RESPONSE) {
        return;
    }
    let variant = checker.text(response, "x-variant");
    if let Some(variant) = variant {
        names::check_variant(checker, &response.place_of("x-variant"), variant);
    }
    let headers = checker.entries(response, "headers");
    for (name, header) in &headers {
        names::check_header_name(checker, &header.place, name);
        if name.eq_ignore_ascii_case("body") {
            let reason = "The generated code has another `body`; choose another name.";
            checker.refuse(&header.place, reason);
        }
        check_reference(checker, header);
        if let Some(target) = checker.resolve(header, "headers") {
            check_header(checker, &target);
            check_presence(checker, header, &target, variant.is_some());
        }
    }
    names::check_distinct(
        checker,
        headers
            .iter()
            .map(|(name, header)| (header.place.clone(), name.as_str())),
    );
    let verbatim = checker.switch(response, "x-verbatim");
    let json = check_content(checker, response, variant.is_some());
    if verbatim && !(json && variant.is_some()) {
        checker.refuse(
            response.place_of("x-verbatim"),
            "Only JSON in a response with `x-variant` is sent verbatim.",
        );
    }
}

/// Checks a header of a response.
pub fn check_header<'a>(checker: &Checker<'a>, header: &Node<'a>) {
    if !checker.keys(header, &HEADER) {
        return;
    }
    checker.flag(header, "required");
    let Some(schema) = header.get("schema") else {
        if header.get("content").is_none() {
            checker.refuse(&header.place, "A header needs a `schema`.");
        }
        return;
    };
    if let Some(reference) = schema.get("$ref") {
        checker.refuse(
            reference.place,
            "A reference to a schema is not supported in a header; write it out.",
        );
        return;
    }
    let Some(shape) = Shape::of(checker, &schema) else {
        return;
    };
    checker.keys(&schema, &HEADER_SCHEMA);
    checker.switch(&schema, "x-set-by-middleware");
    match shape.kind {
        Kind::String | Kind::Integer if !shape.nullable => {}
        _ => checker.refuse(
            schema.place_of("type"),
            "A header is a string or an integer.",
        ),
    }
    if shape.kind == Kind::Integer && checker.text(&schema, "format") != Some("int32") {
        checker.refuse(
            schema.place_of("format"),
            "An integer in a header has 32 bits; write `format: int32`.",
        );
    }
}

/// A header of a variant is a field that is not optional.
fn check_presence<'a>(checker: &Checker<'a>, place: &Node<'a>, header: &Node<'a>, generated: bool) {
    let required = header
        .get("required")
        .is_some_and(|required| required.value.as_bool() == Some(true));
    if generated && !required {
        let reason = "An optional header is not generated; write `required: true`, or a \
            response for each case.";
        checker.refuse(&place.place, reason);
    }
}

fn check_reference<'a>(checker: &Checker<'a>, node: &Node<'a>) {
    if node.get("$ref").is_some() {
        checker.keys(node, &REFERENCE);
    }
}

fn check_status(checker: &Checker, place: &str, status: &str, response: &Node) {
    let Some(code) = status.parse().ok().filter(|code| (200..600).contains(code)) else {
        let reason = format!(
            "A response has one status from 200 to 599; write out those that `{status}` stands for."
        );
        checker.refuse(place, reason);
        return;
    };
    if code < 400 && response.get("x-variant").is_none() {
        checker.refuse(
            place,
            "A response that is no error needs `x-variant`, the name of its variant.",
        );
    }
    if matches!(code, 204 | 205 | 304) && response.get("content").is_some() {
        checker.refuse(
            response.place_of("content"),
            format!("A response with status {code} has no content."),
        );
    }
}

/// Checks what a response carries. True if that is JSON.
fn check_content<'a>(checker: &Checker<'a>, response: &Node<'a>, generated: bool) -> bool {
    let Some(content) = response.get("content") else {
        return false;
    };
    let media_types = content.entries();
    let [(name, media_type)] = media_types.as_slice() else {
        checker.refuse(
            content.place,
            "A response has at most one media type; leave `content` out if there is none.",
        );
        return false;
    };
    checker.keys(media_type, &MEDIA_TYPE);
    let Some(schema) = media_type.get("schema") else {
        checker.refuse(&media_type.place, "A media type needs a `schema`.");
        return false;
    };
    let json = is_json(name);
    if json {
        check_json(checker, &schema);
    } else {
        check_text(checker, &schema, generated);
    }
    json
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn check_json<'a>(checker: &Checker<'a>, schema: &Node<'a>) {
    if schema.get("$ref").is_some() {
        model::check_reference(checker, schema);
        return;
    }
    let Some(shape) = Shape::of(checker, schema) else {
        return;
    };
    if shape.kind == Kind::Array && !shape.nullable {
        model::check_items(checker, schema);
    } else {
        let reason = "JSON in a response is a reference to `components.schemas` or an array.";
        checker.refuse(&schema.place, reason);
    }
}

fn check_text<'a>(checker: &Checker<'a>, schema: &Node<'a>, generated: bool) {
    let string = schema
        .get("type")
        .is_some_and(|kind| kind.as_str() == Some("string"));
    if !string || !generated {
        checker.refuse(
            &schema.place,
            "A response that is not JSON has an `x-variant` and the schema `type: string`.",
        );
        return;
    }
    if let Some(format) = schema.get("format") {
        checker.refuse(format.place, "Only text is generated; leave `format` out.");
        return;
    }
    checker.keys(schema, &TEXT);
}
