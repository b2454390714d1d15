//! Bodies of requests.

use super::{
    checker::Checker,
    decoded::{self, Source},
    keys::{DOCUMENTATION, Keys},
    model, names,
    node::Node,
    shape::{Kind, Shape},
};

const BODY: Keys = Keys {
    owner: "A request body",
    lists: &[&[
        "description",
        "required",
        "content",
        "x-no-members",
        "x-tolerates-form-media-type",
        "x-type",
    ]],
};

pub const MEDIA_TYPE: Keys = Keys {
    owner: "A media type",
    lists: &[&["schema", "example", "examples"]],
};

/// A body that is handed on as JSON text.
const FREE: Keys = Keys {
    owner: "A free-form body",
    lists: &[&["type", "additionalProperties"], DOCUMENTATION],
};

/// A body whose members are decoded.
const OBJECT: Keys = Keys {
    owner: "An object in a request",
    lists: &[
        &["type", "properties", "required", "additionalProperties"],
        DOCUMENTATION,
    ],
};

/// A body that may only be empty.
const NOTHING: Keys = Keys {
    owner: "A body without members",
    lists: &[
        &[
            "type",
            "properties",
            "additionalProperties",
            "maxProperties",
        ],
        DOCUMENTATION,
    ],
};

/// Checks the body of a request.
pub fn check<'a>(checker: &Checker<'a>, node: &Node<'a>) {
    if !checker.keys(node, &BODY) {
        return;
    }
    checker.switch(node, "x-tolerates-form-media-type");
    let required = checker.flag(node, "required");
    let no_members = checker.switch(node, "x-no-members");
    let Some(schema) = json_schema(checker, node) else {
        return;
    };
    check_type(checker, node, no_members || schema.get("$ref").is_some());
    if no_members {
        check_nothing(checker, node, &schema, required);
    } else if schema.get("$ref").is_some() {
        check_members(checker, node, &schema, required);
    } else {
        check_free(checker, node, &schema, required);
    }
}

/// Only a free-form body is read as a whole.
fn check_type<'a>(checker: &Checker<'a>, node: &Node<'a>, has_members: bool) {
    let Some(name) = checker.text(node, "x-type") else {
        return;
    };
    let place = node.place_of("x-type");
    if has_members {
        let reason = "Only a free-form body has an `x-type`; write it at each member.";
        checker.refuse(place, reason);
    } else {
        names::check_associated_type(checker, &place, name);
    }
}

/// The schema of the one media type that decoding accepts.
fn json_schema<'a>(checker: &Checker<'a>, node: &Node<'a>) -> Option<Node<'a>> {
    let media_types = checker.entries(node, "content");
    let [(name, media_type)] = media_types.as_slice() else {
        checker.refuse(
            node.place_of("content"),
            "A request body has exactly one media type, `application/json`.",
        );
        return None;
    };
    if name != "application/json" {
        let reason = "Only `application/json` is decoded; multipart, form and other media \
            types are not supported.";
        checker.refuse(&media_type.place, reason);
        return None;
    }
    checker.keys(media_type, &MEDIA_TYPE);
    let schema = media_type.get("schema");
    if schema.is_none() {
        checker.refuse(&media_type.place, "A media type needs a `schema`.");
    }
    schema
}

fn check_nothing<'a>(checker: &Checker<'a>, body: &Node<'a>, schema: &Node<'a>, required: bool) {
    if required {
        checker.refuse(
            body.place_of("required"),
            "A body with `x-no-members` may be absent; write `required: false`.",
        );
    }
    let Some(schema) = checker.resolve(schema, "schemas") else {
        return;
    };
    checker.keys(&schema, &NOTHING);
    let closed = schema
        .get("additionalProperties")
        .is_some_and(|more| more.value.as_bool() == Some(false));
    let object = schema
        .get("type")
        .is_some_and(|kind| kind.as_str() == Some("object"));
    let members = schema
        .get("properties")
        .is_some_and(|members| !members.entries().is_empty());
    if !closed || !object || members {
        let reason = "A body with `x-no-members` is `type: object` with \
            `additionalProperties: false` and no properties.";
        checker.refuse(&schema.place, reason);
    }
}

fn check_free<'a>(checker: &Checker<'a>, body: &Node<'a>, schema: &Node<'a>, required: bool) {
    let Some(shape) = Shape::of(checker, schema) else {
        return;
    };
    if shape.kind != Kind::Object || shape.nullable {
        checker.refuse(schema.place_of("type"), "A request body must be an object.");
        return;
    }
    if schema.get("properties").is_some() {
        checker.refuse(
            &schema.place,
            "A body with members needs a name; write the schema under `components.schemas`.",
        );
        return;
    }
    checker.keys(schema, &FREE);
    if schema
        .get("additionalProperties")
        .is_none_or(|more| more.value.as_bool() != Some(true))
    {
        let reason = "A free-form body is handed on as text; write `additionalProperties: true`.";
        checker.refuse(schema.place_of("additionalProperties"), reason);
    }
    if required {
        checker.refuse(
            body.place_of("required"),
            "A free-form body may be absent; write `required: false`.",
        );
    }
}

fn check_members<'a>(checker: &Checker<'a>, body: &Node<'a>, schema: &Node<'a>, required: bool) {
    model::check_reference_keys(checker, schema);
    let Some(object) = checker.resolve(schema, "schemas") else {
        return;
    };
    if !required {
        checker.refuse(
            body.place_of("required"),
            "A body with members cannot be absent; write `required: true`.",
        );
    }
    if !checker.keys(&object, &OBJECT) {
        return;
    }
    let Some(shape) = Shape::of(checker, &object) else {
        return;
    };
    if shape.kind != Kind::Object || shape.nullable {
        checker.refuse(object.place_of("type"), "A request body must be an object.");
        return;
    }
    if object
        .get("additionalProperties")
        .is_none_or(|more| more.value.as_bool() != Some(false))
    {
        let reason =
            "Decoding refuses members that are not named; write `additionalProperties: false`.";
        checker.refuse(object.place_of("additionalProperties"), reason);
    }
    let required = model::required_names(checker, &object);
    let members = checker.entries(&object, "properties");
    if members.is_empty() {
        checker.refuse(
            &object.place,
            "A body without members is not decoded; write `x-no-members: true` at the body.",
        );
    }
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
    decoded::check(
        checker,
        &decoded::Value {
            extended: member.clone(),
            schema: member.clone(),
            source: Source::Body,
            required,
        },
    );
}
