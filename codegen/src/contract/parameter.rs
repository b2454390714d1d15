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
    lists: &[
        &[
            "name",
            "in",
            "required",
            "description",
            "deprecated",
            "example",
            "examples",
            "schema",
        ],
        decoded::EXTENSIONS,
    ],
};

/// Names of local variables of the generated code.
const TAKEN: [&str; 2] = ["body", "input"];

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

fn check_schema<'a>(checker: &Checker<'a>, node: &Node<'a>, source: Source, required: bool) {
    match node.get("schema") {
        Some(schema) => {
            let extended = node.clone();
            decoded::check(
                checker,
                &decoded::Value {
                    extended,
                    schema,
                    source,
                    required,
                },
            );
        }
        None if node.get("content").is_none() => {
            checker.refuse(&node.place, "A parameter needs a `schema`.");
        }
        None => {}
    }
}
