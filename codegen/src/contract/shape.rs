//! The type of a schema.

use super::{
    checker::Checker,
    keys::{DOCUMENTATION, Keys},
    node::Node,
};

const UNTYPED: Keys = Keys {
    owner: "A schema",
    lists: &[DOCUMENTATION],
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

/// What `type` says.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub kind: Kind,
    /// `type: [string, 'null']`
    pub nullable: bool,
}

impl Shape {
    /// Reads `type`. None if it is refused.
    pub fn of(checker: &Checker, schema: &Node) -> Option<Self> {
        if !schema.is_object() {
            checker.refuse(&schema.place, "A schema must be an object.");
            return None;
        }
        let Some(node) = schema.get("type") else {
            refuse_without_type(checker, schema);
            return None;
        };
        let names: Vec<_> = match node.as_str() {
            Some(name) => vec![Some(name)],
            None => node.items().iter().map(Node::as_str).collect(),
        };
        let shape = match names.as_slice() {
            [Some(name)] => Kind::named(name).map(|kind| Self {
                kind,
                nullable: false,
            }),
            [Some(name), Some("null")] | [Some("null"), Some(name)] => {
                Kind::named(name).map(|kind| Self {
                    kind,
                    nullable: true,
                })
            }
            _ => None,
        };
        if shape.is_none() {
            checker.refuse(
                node.place,
                "A `type` is one of `string`, `integer`, `number`, `boolean`, `array` and \
                    `object`, alone or in a list with `'null'`.",
            );
        }
        shape
    }
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "object" => Self::Object,
            "string" => Self::String,
            _ => return None,
        })
    }
}

/// A combination such as `oneOf` needs no type, and is the fault itself.
fn refuse_without_type(checker: &Checker, schema: &Node) {
    let combinations = ["allOf", "anyOf", "oneOf", "not", "discriminator"];
    let combined: Vec<_> = combinations
        .iter()
        .filter_map(|key| Some((key, schema.get(key)?)))
        .collect();
    if combined.is_empty() {
        checker.refuse(&schema.place, "A schema needs a `type`.");
    }
    for (key, combination) in combined {
        checker.refuse(combination.place, UNTYPED.reason(key));
    }
}
