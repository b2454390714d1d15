//! Names of the contract that become names in Rust.

use super::{checker::Checker, node::Node};

/// Words that openapi-generator, which reads YAML 1.1, takes for something else than a string.
const YAML_WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Names at the root of the generated crate. They would hide a model of that name.
const TAKEN: [&str; 17] = [
    "Api",
    "Bytes",
    "DateTime",
    "DecodeError",
    "Deserialize",
    "EncodeError",
    "From",
    "FromStr",
    "Operation",
    "Option",
    "Response",
    "Result",
    "Router",
    "Serialize",
    "String",
    "Vec",
    "Verbatim",
];

/// A member, a query parameter or a value of an enumeration: `tenantId`, `stale_version`.
pub fn check_name(checker: &Checker, place: &str, name: &str) {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    if !begins || !characters.all(|other| other.is_ascii_alphanumeric() || "_-".contains(other)) {
        checker.refuse(
            place,
            format!(
                "The name `{name}` does not begin with a letter and go on with letters, \
                digits, `_` and `-`."
            ),
        );
    } else if YAML_WORDS.contains(&name.to_ascii_lowercase().as_str()) {
        checker.refuse(
            place,
            format!("YAML 1.1 does not read `{name}` as a string; choose another name."),
        );
    }
}

/// The name of a header: a token of RFC 9110.
pub fn check_header_name(checker: &Checker, place: &str, name: &str) {
    let token = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.is_empty() || !name.chars().all(token) {
        checker.refuse(
            place,
            format!("`{name}` is no name of a header; write letters, digits and `-`."),
        );
    } else if ["accept", "authorization", "content-type"]
        .contains(&name.to_ascii_lowercase().as_str())
    {
        checker.refuse(
            place,
            format!("OpenAPI ignores a header named `{name}`; leave it out."),
        );
    }
}

/// The name of a schema, which becomes a type beside those of the `operations`.
pub fn check_model_name(checker: &Checker, node: &Node, name: &str, operations: &[String]) {
    if !is_pascal_case(name) {
        checker.refuse(
            &node.place,
            format!("The name `{name}` would be changed; write words such as `OrderPage`."),
        );
    } else if TAKEN.contains(&name) || operations.iter().any(|other| other == name) {
        checker.refuse(
            &node.place,
            format!("The generated crate has another item named `{name}`; choose another name."),
        );
    }
}

/// An operation's id, which becomes a method and two types.
pub fn check_operation_id(checker: &Checker, place: &str, id: &str) {
    let (first, rest) = id.split_at_checked(1).unwrap_or_default();
    if !first.starts_with(|first: char| first.is_ascii_lowercase())
        || !is_pascal_case(&(first.to_uppercase() + rest))
    {
        checker.refuse(
            place,
            format!("The id `{id}` would be changed; write words such as `listOrders`."),
        );
    }
}

/// A type of the service, which becomes an associated type of the trait.
pub fn check_associated_type(checker: &Checker, place: &str, name: &str) {
    if !is_pascal_case(name) {
        let reason = format!("`{name}` is no name of a type; write words such as `TenantId`.");
        checker.refuse(place, reason);
    } else if ["Context", "Failure", "Self"].contains(&name) {
        let reason = format!("The trait has another type `{name}`; choose another name.");
        checker.refuse(place, reason);
    }
}

/// The name of a response, which becomes a variant.
pub fn check_variant(checker: &Checker, place: &str, name: &str) {
    if !is_pascal_case(name) {
        checker.refuse(
            place,
            format!("`{name}` is no name of a variant; write words such as `NotModified`."),
        );
    }
}

/// Refuses names that Rust's spelling makes equal: `tenantId` and `tenant_id`.
pub fn check_distinct<'a>(checker: &Checker, names: impl Iterator<Item = (String, &'a str)>) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for (place, name) in names {
        let spelling = name.replace(['_', '-'], "").to_ascii_lowercase();
        match seen.iter().find(|(earlier, _)| *earlier == spelling) {
            Some((_, earlier)) => checker.refuse(
                place,
                format!("`{name}` and `{earlier}` are the same name in Rust; rename one."),
            ),
            None => seen.push((spelling, name)),
        }
    }
}

/// Words that each begin with one capital: `OrderPage`, but neither `order_page` nor `OrderURL`.
fn is_pascal_case(name: &str) -> bool {
    let capital = |character: char| character.is_ascii_uppercase();
    name.starts_with(capital)
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric())
        && !name.ends_with(capital)
        && name
            .chars()
            .zip(name.chars().skip(1))
            .all(|(one, next)| !capital(one) || next.is_ascii_lowercase())
}
