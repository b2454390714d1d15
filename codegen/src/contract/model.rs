//! Schemas that become a type of `models.rs`: enumerations, and objects that responses carry.
//!
//! Bounds of a member (`minimum`, `pattern`, …) are documentation here: they promise something to
//! readers of a response, and the service that writes it has to keep them.

use super::{
    checker::Checker,
    keys::{DOCUMENTATION, Keys},
    names,
    node::Node,
    shape::{Kind, Shape},
};

const ENUM: Keys = Keys {
    owner: "An enumeration",
    lists: &[&["type", "enum"], DOCUMENTATION],
};

const OBJECT: Keys = Keys {
    owner: "An object in a response",
    lists: &[
        &[
            "type",
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
        ],
        DOCUMENTATION,
    ],
};

const REFERENCE: Keys = Keys {
    owner: "A reference",
    lists: &[&["$ref"], DOCUMENTATION],
};

const STRING: Keys = Keys {
    owner: "A string in a response",
    lists: &[
        &[
            "type",
            "format",
            "const",
            "minLength",
            "maxLength",
            "pattern",
        ],
        DOCUMENTATION,
    ],
};

const NUMBER: Keys = Keys {
    owner: "A number in a response",
    lists: &[
        &[
            "type",
            "const",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ],
        DOCUMENTATION,
    ],
};

const BOOLEAN: Keys = Keys {
    owner: "A boolean in a response",
    lists: &[&["type"], DOCUMENTATION],
};

const ARRAY: Keys = Keys {
    owner: "An array in a response",
    lists: &[
        &["type", "items", "minItems", "maxItems", "uniqueItems"],
        DOCUMENTATION,
    ],
};

/// Formats of strings: `date-time` becomes `DateTime`, `uuid` becomes `Uuid`, the others `String`.
const FORMATS: [&str; 6] = [
    "date-time",
    "email",
    "hostname",
    "uri",
    "uri-reference",
    "uuid",
];

/// Checks a schema of `components.schemas`.
pub fn check<'a>(checker: &Checker<'a>, schema: &Node<'a>) {
    let Some(shape) = Shape::of(checker, schema) else {
        return;
    };
    if shape.nullable {
        checker.refuse(
            schema.place_of("type"),
            "A component cannot be nullable; write `'null'` at the member.",
        );
    }
    match shape.kind {
        Kind::Object => check_object(checker, schema),
        Kind::String if schema.get("enum").is_some() => check_enum(checker, schema),
        _ => checker.refuse(
            &schema.place,
            "Only objects and enumerations of strings become types; write this schema where \
                it is used.",
        ),
    }
}

/// Checks a reference to a model, which may be described anew.
pub fn check_reference<'a>(checker: &Checker<'a>, node: &Node<'a>) {
    check_reference_keys(checker, node);
    let Some(target) = checker.resolve(node, "schemas") else {
        return;
    };
    let object = target
        .get("type")
        .is_some_and(|kind| kind.as_str() == Some("object"));
    if object
        && target
            .get("properties")
            .is_none_or(|members| members.entries().is_empty())
    {
        checker.refuse(
            node.place_of("$ref"),
            "An object without properties does not become a type; name its members.",
        );
    }
    if has_types(&target) {
        let reason = "An object with `x-type` is decoded only; write another one for responses.";
        checker.refuse(node.place_of("$ref"), reason);
    }
}

/// A schema with an `x-type` becomes a type that is generic over the service's types.
fn has_types(object: &Node) -> bool {
    let members = object.get("properties").map(|members| members.entries());
    let mut members = members.unwrap_or_default().into_iter();
    members.any(|(_, member)| member.get("x-type").is_some())
}

/// Checks the members beside a reference.
pub fn check_reference_keys<'a>(checker: &Checker<'a>, node: &Node<'a>) {
    checker.keys(node, &REFERENCE);
}

/// The required members of an object, each of which has to be described.
pub fn required_names<'a>(checker: &Checker<'a>, object: &Node<'a>) -> Vec<&'a str> {
    let properties = object.get("properties");
    let required = checker.items(object, "required");
    let names = required.iter().filter_map(Node::as_str);
    names
        .inspect(|name| {
            if properties
                .as_ref()
                .and_then(|properties| properties.get(name))
                .is_none()
            {
                let reason = format!("`{name}` is required, but is not among the `properties`.");
                checker.refuse(object.place_of("required"), reason);
            }
        })
        .collect()
}

/// Checks the items of an array.
pub fn check_items<'a>(checker: &Checker<'a>, array: &Node<'a>) {
    checker.keys(array, &ARRAY);
    let Some(items) = array.get("items") else {
        checker.refuse(&array.place, "An array needs `items`.");
        return;
    };
    if items.get("$ref").is_some() {
        check_reference(checker, &items);
        return;
    }
    let Some(shape) = Shape::of(checker, &items) else {
        return;
    };
    if shape.nullable {
        checker.refuse(
            items.place_of("type"),
            "An item cannot be `null`; leave such items out.",
        );
    }
    check_value(checker, &items, shape.kind);
}

fn check_enum<'a>(checker: &Checker<'a>, schema: &Node<'a>) {
    checker.keys(schema, &ENUM);
    let values = checker.items(schema, "enum");
    if schema
        .get("enum")
        .is_some_and(|values| values.value.as_sequence().is_some_and(Vec::is_empty))
    {
        checker.refuse(schema.place_of("enum"), "An enumeration needs a value.");
    }
    for value in &values {
        match value.as_str() {
            Some("self" | "Self") => {
                checker.refuse(
                    &value.place,
                    "`self` is no name of a variant; choose another name.",
                );
            }
            Some(name) => names::check_name(checker, &value.place, name),
            None => checker.refuse(&value.place, "The values of an enumeration are strings."),
        }
    }
    let values = values
        .iter()
        .filter_map(|value| Some((value.place.clone(), value.as_str()?)));
    names::check_distinct(checker, values);
}

fn check_object<'a>(checker: &Checker<'a>, schema: &Node<'a>) {
    checker.keys(schema, &OBJECT);
    if let Some(more) = schema
        .get("additionalProperties")
        .filter(|more| more.value.as_bool() != Some(false))
    {
        let reason = "Members without a name are not generated; name each one, or write \
            `additionalProperties: false`.";
        checker.refuse(more.place, reason);
    }
    let required = required_names(checker, schema);
    let members = checker.entries(schema, "properties");
    for (name, member) in &members {
        names::check_name(checker, &member.place, name);
        check_member(checker, member, required.contains(&name.as_str()));
    }
    names::check_distinct(
        checker,
        members
            .iter()
            .map(|(name, member)| (member.place.clone(), name.as_str())),
    );
}

fn check_member<'a>(checker: &Checker<'a>, member: &Node<'a>, required: bool) {
    if member.get("$ref").is_some() {
        check_reference(checker, member);
        return;
    }
    let Some(shape) = Shape::of(checker, member) else {
        return;
    };
    if shape.nullable && !required {
        let reason = "A member that is optional and nullable is never sent as `null`; make it \
            required or leave `'null'` out.";
        checker.refuse(member.place_of("type"), reason);
    }
    check_value(checker, member, shape.kind);
}

fn check_value<'a>(checker: &Checker<'a>, schema: &Node<'a>, kind: Kind) {
    if schema.get("enum").is_some() {
        let reason =
            "An enumeration needs a name; write it under `components.schemas` and refer to it.";
        checker.refuse(schema.place_of("enum"), reason);
        return;
    }
    match kind {
        Kind::Array => check_items(checker, schema),
        Kind::Boolean => {
            checker.keys(schema, &BOOLEAN);
        }
        Kind::Integer => check_number(checker, schema, &["int32", "int64"]),
        Kind::Number => check_number(checker, schema, &["double", "float"]),
        Kind::Object => checker.refuse(
            &schema.place,
            "An object needs a name; write it under `components.schemas` and refer to it.",
        ),
        Kind::String => check_string(checker, schema),
    }
}

fn check_string<'a>(checker: &Checker<'a>, schema: &Node<'a>) {
    checker.keys(schema, &STRING);
    let Some(format) = schema.get("format") else {
        return;
    };
    if !format
        .as_str()
        .is_some_and(|format| FORMATS.contains(&format))
    {
        let reason = format!(
            "The formats of a string are {}.",
            FORMATS.map(|format| format!("`{format}`")).join(", ")
        );
        checker.refuse(format.place, reason);
    }
}

fn check_number<'a>(checker: &Checker<'a>, schema: &Node<'a>, formats: &[&str]) {
    checker.keys(schema, &NUMBER);
    let format = checker.text(schema, "format");
    if !format.is_some_and(|format| formats.contains(&format)) {
        let reason = format!(
            "A number has a size; write `format: {}` or `format: {}`.",
            formats[0], formats[1]
        );
        checker.refuse(schema.place_of("format"), reason);
    }
}
