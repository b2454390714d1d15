//! Objects that would contain themselves without an array in between: Rust has no such struct.

use super::{checker::Checker, node::Node};

/// Refuses members through which a schema would contain itself.
pub fn check(checker: &Checker, schemas: &[(String, Node)]) {
    for (name, schema) in schemas {
        for (member, target) in contained(schema) {
            if reaches(schemas, target, name) {
                let reason =
                    format!("`{name}` would contain itself; write an array of `{target}`.");
                checker.refuse(member.place, reason);
            }
        }
    }
}

/// True if `from` is `to` or contains it. Visits each schema once.
fn reaches(schemas: &[(String, Node)], from: &str, to: &str) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(name) = seen.get(next).copied() {
        if name == to {
            return true;
        }
        let schema = schemas.iter().find(|(other, _)| other == name);
        for (_, target) in schema.into_iter().flat_map(|(_, schema)| contained(schema)) {
            if !seen.contains(&target) {
                seen.push(target);
            }
        }
        next += 1;
    }
    false
}

/// The members that are references, and the names of their schemas.
fn contained<'a>(schema: &Node<'a>) -> Vec<(Node<'a>, &'a str)> {
    let members = schema.get("properties").map(|members| members.entries());
    let references = members.unwrap_or_default().into_iter();
    references
        .filter_map(|(_, member)| {
            let target = member.get("$ref")?.as_str()?.rsplit('/').next()?;
            Some((member, target))
        })
        .collect()
}
