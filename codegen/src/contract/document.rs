//! The document around the operations.

use serde_yaml_ng::Value;

use super::{
    checker::Checker, keys::Keys, model, names, node::Node, operation, parameter, recursion,
    response, security,
};

const DOCUMENT: Keys = Keys {
    owner: "The document",
    lists: &[&[
        "openapi",
        "info",
        "servers",
        "security",
        "tags",
        "externalDocs",
        "paths",
        "webhooks",
        "components",
        "x-unmatched",
    ]],
};

const INFO: Keys = Keys {
    owner: "`info`",
    lists: &[&[
        "title",
        "version",
        "summary",
        "description",
        "termsOfService",
        "contact",
        "license",
    ]],
};

const SERVER: Keys = Keys {
    owner: "A server",
    lists: &[&["url", "description"]],
};

const UNMATCHED: Keys = Keys {
    owner: "`x-unmatched`",
    lists: &[&["404", "405"]],
};

const COMPONENTS: Keys = Keys {
    owner: "`components`",
    lists: &[&[
        "schemas",
        "responses",
        "parameters",
        "headers",
        "examples",
        "securitySchemes",
    ]],
};

/// Checks everything.
pub fn check(checker: &Checker) {
    let document = checker.contract();
    if !checker.keys(&document, &DOCUMENT) {
        return;
    }
    check_versions(checker, &document);
    check_servers(checker, &document);
    security::check(checker, &document);
    operation::check_all(checker, &checker.entries(&document, "paths"));
    if let Some(webhooks) = document.get("webhooks") {
        check_webhooks(checker, &webhooks);
    }
    if let Some(unmatched) = document.get("x-unmatched") {
        check_unmatched(checker, &unmatched);
    }
    match document.get("components") {
        Some(components) => check_components(checker, &components),
        None => checker.refuse(
            "components",
            "The generated code needs the schemas `ErrorCode` and `ErrorPlace`.",
        ),
    }
}

fn check_versions<'a>(checker: &Checker<'a>, document: &Node<'a>) {
    if !checker
        .text(document, "openapi")
        .is_some_and(|version| version.starts_with("3.1."))
    {
        checker.refuse(
            "openapi",
            "The contract must be OpenAPI 3.1, whose schemas are JSON Schema.",
        );
    }
    let Some(info) = document.get("info") else {
        checker.refuse("info", "The contract needs a title and a version.");
        return;
    };
    checker.keys(&info, &INFO);
    if info.get("version").is_none() {
        checker.refuse(&info.place, "The contract needs a title and a version.");
    }
    let numbers = |version: &str| {
        version
            .split('.')
            .map(str::parse::<u32>)
            .collect::<Vec<_>>()
    };
    let version = checker.text(&info, "version").map(numbers);
    if version.is_some_and(|numbers| numbers.len() != 3 || numbers.iter().any(Result::is_err)) {
        let reason = "The version becomes that of the crate; write three numbers, such as `1.0.0`.";
        checker.refuse(info.place_of("version"), reason);
    }
}

/// A path in the URL of a server is part of every request, and the router does not know it.
fn check_servers<'a>(checker: &Checker<'a>, document: &Node<'a>) {
    for server in checker.items(document, "servers") {
        checker.keys(&server, &SERVER);
        let url = checker.text(&server, "url").unwrap_or_default();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        if !path.is_empty() {
            let reason = format!(
                "The router does not know the base path `/{path}`; write it in front of each path."
            );
            checker.refuse(server.place_of("url"), reason);
        }
    }
}

/// Webhooks are requests that the service sends: documentation for their receiver. The generated
/// code has the models they carry, which are checked as components.
fn check_webhooks(checker: &Checker, node: &Node) {
    for (key, member) in node.entries() {
        if key.starts_with("x-") {
            checker.refuse(
                &member.place,
                format!("No template reads `{key}` in a webhook."),
            );
        } else if key == "content" {
            check_webhook_content(checker, &member);
        } else if !["example", "examples", "schema"].contains(&key.as_str()) {
            check_webhooks(checker, &member);
        }
    }
    for item in node.items() {
        check_webhooks(checker, &item);
    }
}

/// An object without a name would become a model that is checked nowhere.
fn check_webhook_content(checker: &Checker, content: &Node) {
    for (_, media_type) in content.entries() {
        if let Some(schema) = media_type
            .get("schema")
            .filter(|schema| schema.get("$ref").is_none())
        {
            let reason = "A schema in a webhook needs a name; write it under `components.schemas`.";
            checker.refuse(schema.place, reason);
        }
    }
}

fn check_unmatched<'a>(checker: &Checker<'a>, unmatched: &Node<'a>) {
    checker.keys(unmatched, &UNMATCHED);
    for (_, response) in unmatched.entries() {
        if let Some(response) = checker.resolve(&response, "responses") {
            response::check(checker, &response);
        }
    }
}

fn check_components<'a>(checker: &Checker<'a>, components: &Node<'a>) {
    checker.keys(components, &COMPONENTS);
    let section = |name| -> Vec<(String, Node<'a>)> {
        let mut section = checker.entries(components, name);
        section.retain(|(_, component)| checker.is_written_out(component));
        section
    };
    for (_, parameter) in section("parameters") {
        parameter::check(checker, &parameter);
    }
    for (_, header) in section("headers") {
        response::check_header(checker, &header);
    }
    for (_, response) in section("responses") {
        response::check(checker, &response);
    }
    security::check_schemes(checker, &section("securitySchemes"));
    check_schemas(checker, &section("schemas"));
    check_error_schemas(checker, components);
}

fn check_schemas<'a>(checker: &Checker<'a>, schemas: &[(String, Node<'a>)]) {
    let bodies = request_bodies(checker);
    let operations = operation_types(checker);
    for (name, schema) in schemas {
        names::check_model_name(checker, schema, name, &operations);
        if !bodies.contains(&name.as_str()) {
            model::check(checker, schema);
        }
    }
    let spellings = schemas
        .iter()
        .map(|(name, schema)| (schema.place.clone(), name.as_str()));
    names::check_distinct(checker, spellings);
    recursion::check(checker, schemas);
}

/// The types that are named after operations.
fn operation_types(checker: &Checker) -> Vec<String> {
    let ids = operations(checker).filter_map(|operation| operation.get("operationId")?.as_str());
    ids.flat_map(|id| {
        let (first, rest) = id.split_at_checked(1).unwrap_or_default();
        let name = first.to_uppercase() + rest;
        [format!("{name}Request"), format!("{name}Response")]
    })
    .collect()
}

/// The schemas that requests refer to. They were checked there, where less is allowed.
fn request_bodies<'a>(checker: &Checker<'a>) -> Vec<&'a str> {
    operations(checker)
        .filter_map(|operation| {
            let steps = [
                "requestBody",
                "content",
                "application/json",
                "schema",
                "$ref",
            ];
            let reference = steps
                .iter()
                .try_fold(operation, |node, step| node.get(step))?;
            reference.as_str()?.rsplit('/').next()
        })
        .collect()
}

/// Every member of every path: operations, and others that have no members of that name.
fn operations<'a>(checker: &Checker<'a>) -> impl Iterator<Item = Node<'a>> {
    let paths = checker.contract().get("paths").map(|paths| paths.entries());
    let items = paths.unwrap_or_default().into_iter();
    items.flat_map(|(_, item)| item.entries().into_iter().map(|(_, operation)| operation))
}

/// The generated code names values of these two.
fn check_error_schemas(checker: &Checker, components: &Node) {
    let place = components.place_of("schemas");
    let values = |name: &str| -> Vec<&str> {
        let steps = ["schemas", name, "enum"];
        let values = steps
            .iter()
            .try_fold(components.clone(), |node, step| node.get(step));
        let values = values
            .map(|values| values.value.as_sequence())
            .unwrap_or_default();
        values
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    if !values("ErrorCode").contains(&"invalid_request") {
        let reason =
            "The generated code needs an enumeration `ErrorCode` with the value `invalid_request`.";
        checker.refuse(format!("{place}.ErrorCode"), reason);
    }
    if values("ErrorPlace") != ["header", "path", "query", "body"] {
        let reason = "The generated code needs an enumeration `ErrorPlace` of `header`, \
            `path`, `query` and `body`.";
        checker.refuse(format!("{place}.ErrorPlace"), reason);
    }
}
