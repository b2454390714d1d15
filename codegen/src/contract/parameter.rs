//! Parameters of operations.

use super::{
    checker::Checker,
    decoded::{self, Source},
    keys::Keys,
    names,
    node::Node,
};

const PARAMETER: Keys = Keys {
    owner: "A parameter",
    lists: &[&[
        "name",
        "in",
        "required",
        "description",
        "deprecated",
        "example",
        "examples",
        "schema",
        "x-when-missing",
        "x-when-invalid",
        "x-must",
    ]],
};

/// Names of local variables of the generated code.
const TAKEN: [&str; 3] = ["body", "input", "pattern"];

/// What an operation has to know of its parameter.
#[derive(Debug)]
pub struct Parameter<'a> {
    pub place: String,
    pub source: Source,
    pub name: &'a str,
}

/// Checks a parameter. None if it has no place in a request.
pub fn check<'a>(checker: &Checker<'a>, node: &Node<'a>) -> Option<Parameter<'a>> {
    let node = checker.resolve(node, "parameters")?;
    if !checker.keys(&node, &PARAMETER) {
        return None;
    }
    let required = checker.flag(&node, "required");
    check_codes(checker, &node, required);
    let source = check_source(checker, &node)?;
    check_schema(checker, &node, source, required);
    let name = checker.text(&node, "name")?;
    check_name(checker, &node, source, name);
    if source == Source::Path && !required {
        checker.refuse(
            node.place_of("required"),
            "A path parameter is always `required: true`.",
        );
    }
    Some(Parameter {
        place: node.place,
        source,
        name,
    })
}

/// Checks the error codes that decoding reports. Also for members of a body.
pub fn check_codes<'a>(checker: &Checker<'a>, node: &Node<'a>, required: bool) {
    for key in ["x-when-missing", "x-when-invalid"] {
        let Some(code) = checker.text(node, key) else {
            continue;
        };
        let codes = checker.contract();
        let codes = ["components", "schemas", "ErrorCode", "enum"]
            .iter()
            .try_fold(codes, |node, key| node.get(key));
        let known = codes.is_some_and(|codes| {
            codes
                .items()
                .iter()
                .any(|known| known.as_str() == Some(code))
        });
        if !known {
            let reason = format!("`{code}` is not a value of `components.schemas.ErrorCode`.");
            checker.refuse(node.place_of(key), reason);
        }
    }
    if node.get("x-when-missing").is_some() && !required {
        checker.refuse(
            node.place_of("x-when-missing"),
            "An optional value is never missing; write `required: true`.",
        );
    }
}

/// Checks the words that stand for a pattern. Also for members of a body.
pub fn check_must(checker: &Checker, node: &Node, schema: &Node) {
    if checker.text(node, "x-must").is_some() && schema.get("pattern").is_none() {
        checker.refuse(
            node.place_of("x-must"),
            "`x-must` describes a `pattern`, and there is none.",
        );
    }
}

fn check_source(checker: &Checker, node: &Node) -> Option<Source> {
    match checker.text(node, "in") {
        Some("header") => Some(Source::Header),
        Some("path") => Some(Source::Path),
        Some("query") => Some(Source::Query),
        Some("cookie") => {
            checker.refuse(
                node.place_of("in"),
                "Cookies are not decoded; send the value in a header.",
            );
            None
        }
        _ => {
            checker.refuse(
                node.place_of("in"),
                "A parameter is `in` `header`, `path` or `query`.",
            );
            None
        }
    }
}

fn check_name(checker: &Checker, node: &Node, source: Source, name: &str) {
    let place = node.place_of("name");
    match source {
        Source::Header => names::check_header_name(checker, &place, name),
        Source::Path if !is_path_name(name) => {
            let reason = format!(
                "The name `{name}` would be changed; write lowercase words such as `order_id`."
            );
            checker.refuse(&place, reason);
        }
        _ => names::check_name(checker, &place, name),
    }
    if TAKEN.contains(&name.to_ascii_lowercase().as_str()) {
        checker.refuse(
            &place,
            format!("The generated code has another `{name}`; choose another name."),
        );
    }
}

/// The engine writes the path's templates in snake case, but looks parameters up as they are spelt.
fn is_path_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.contains("__")
        && !name.ends_with('_')
        && name
            .chars()
            .all(|other| other.is_ascii_lowercase() || other == '_')
}

fn check_schema(checker: &Checker, node: &Node, source: Source, required: bool) {
    let Some(schema) = node.get("schema") else {
        if node.get("content").is_none() {
            checker.refuse(&node.place, "A parameter needs a `schema`.");
        }
        return;
    };
    decoded::check(checker, &schema, source);
    check_must(checker, node, &schema);
    if required && schema.get("default").is_some() {
        checker.refuse(
            schema.place_of("default"),
            "A required parameter has no default; leave one of the two out.",
        );
    }
}
