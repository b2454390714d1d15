//! Paths and operations.

use super::{
    body,
    checker::Checker,
    decoded::Source,
    keys::Keys,
    names,
    node::Node,
    parameter::{self, Parameter},
    response, security,
};

const PATH_ITEM: Keys = Keys {
    owner: "A path",
    lists: &[&[
        "summary",
        "description",
        "parameters",
        "get",
        "put",
        "post",
        "delete",
        "patch",
    ]],
};

const OPERATION: Keys = Keys {
    owner: "An operation",
    lists: &[&[
        "operationId",
        "tags",
        "summary",
        "description",
        "externalDocs",
        "deprecated",
        "parameters",
        "requestBody",
        "responses",
        "security",
    ]],
};

/// Checks all paths.
pub fn check_all<'a>(checker: &Checker<'a>, paths: &[(String, Node<'a>)]) {
    let mut ids = Vec::new();
    let mut shapes: Vec<(String, String)> = Vec::new();
    for (path, item) in paths {
        let names = check_path(checker, item, path);
        let shape = names.iter().fold(path.clone(), |path, name| {
            path.replace(&format!("{{{name}}}"), "{}")
        });
        match shapes.iter().find(|(other, _)| *other == shape) {
            Some((_, other)) => {
                let reason = format!("`{other}` has the same segments; give both one path.");
                checker.refuse(&item.place, reason);
            }
            None => shapes.push((shape, path.clone())),
        }
        if !checker.keys(item, &PATH_ITEM) {
            continue;
        }
        for method in ["get", "put", "post", "delete", "patch"] {
            if let Some(operation) = item.get(method) {
                check(checker, item, &operation, method, &names);
                ids.extend(
                    checker
                        .text(&operation, "operationId")
                        .map(|id| (operation.place_of("operationId"), id)),
                );
            }
        }
    }
    names::check_distinct(checker, ids.into_iter());
}

fn check<'a>(
    checker: &Checker<'a>,
    item: &Node<'a>,
    operation: &Node<'a>,
    method: &str,
    path: &[&str],
) {
    if !checker.keys(operation, &OPERATION) {
        return;
    }
    match checker.text(operation, "operationId") {
        Some(id) => names::check_operation_id(checker, &operation.place_of("operationId"), id),
        None => checker.refuse(
            &operation.place,
            "An operation needs an `operationId`, the name of its method.",
        ),
    }
    security::check(checker, operation);
    check_parameters(checker, item, operation, path);
    if let Some(request) = operation.get("requestBody") {
        if matches!(method, "get" | "delete") {
            let reason = format!(
                "RFC 9110 gives a body of {} no meaning; write parameters.",
                method.to_uppercase()
            );
            checker.refuse(&request.place, reason);
        }
        body::check(checker, &request);
    }
    match operation.get("responses") {
        Some(responses) => response::check_all(checker, &responses),
        None => checker.refuse(&operation.place, "An operation needs `responses`."),
    }
}

/// Checks the parameters of an operation, its own first and then those of its path.
fn check_parameters<'a>(
    checker: &Checker<'a>,
    item: &Node<'a>,
    operation: &Node<'a>,
    path: &[&str],
) {
    let owners = [operation, item].into_iter();
    let nodes = owners.flat_map(|owner| checker.items(owner, "parameters"));
    let mut found: Vec<Parameter> = Vec::new();
    for node in nodes {
        let Some(parameter) = parameter::check(checker, &node) else {
            continue;
        };
        if parameter.source == Source::Path && !path.contains(&parameter.name) {
            checker.refuse(
                &node.place,
                format!("The path has no segment `{{{}}}`.", parameter.name),
            );
        }
        found.push(Parameter {
            place: node.place,
            ..parameter
        });
    }
    for name in path {
        if !found
            .iter()
            .any(|parameter| parameter.source == Source::Path && parameter.name == *name)
        {
            checker.refuse(
                &operation.place,
                format!("The segment `{{{name}}}` of the path needs a path parameter."),
            );
        }
    }
    let names = found
        .iter()
        .map(|parameter| (parameter.place.clone(), parameter.name));
    names::check_distinct(checker, names);
}

/// The names of a path's parameters.
fn check_path<'p>(checker: &Checker, item: &Node, path: &'p str) -> Vec<&'p str> {
    let Some(segments) = path.strip_prefix('/') else {
        checker.refuse(&item.place, "A path begins with `/`.");
        return Vec::new();
    };
    let mut names = Vec::new();
    for segment in segments.split('/').filter(|_| path != "/") {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let literal = |text: &str| {
            !text.is_empty()
                && text.chars().all(|character| {
                    character.is_ascii_alphanumeric() || "._~-".contains(character)
                })
        };
        match name {
            Some(name) => names.push(name),
            None if literal(segment) => {}
            None => {
                let reason = format!(
                    "The segment `{segment}` is neither plain text nor one parameter in braces."
                );
                checker.refuse(&item.place, reason);
            }
        }
    }
    names
}
