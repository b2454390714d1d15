//! Allow lists: the members an object of the contract may have, and why it may not have others.

/// The members that an object of the contract may have.
pub struct Keys<'a> {
    /// What the object is, with its article: `A parameter`.
    pub owner: &'static str,
    pub lists: &'a [&'static [&'static str]],
}

/// Members for readers only. The templates ignore them or copy them into comments, and no request
/// or response depends on them.
pub const DOCUMENTATION: &[&str] = &[
    "title",
    "summary",
    "description",
    "example",
    "examples",
    "externalDocs",
    "deprecated",
    "$comment",
];

/// Reasons for members that are refused wherever they are not allowed.
const REASONS: &[(&str, &str)] = &[
    (
        "$ref",
        "A reference is not supported here; write the object out.",
    ),
    (
        "additionalProperties",
        "Free members are not supported here; name each member under `properties`.",
    ),
    (
        "allOf",
        "`allOf` is not supported; write the members of all schemas into one object.",
    ),
    (
        "allowEmptyValue",
        "`allowEmptyValue` is not supported; an empty value is read like any other.",
    ),
    (
        "allowReserved",
        "`allowReserved` is not supported; a client percent-encodes the value.",
    ),
    (
        "anyOf",
        "`anyOf` is not supported; write one object with optional members.",
    ),
    (
        "callbacks",
        "Callbacks are not generated; describe the request under `webhooks`.",
    ),
    (
        "const",
        "A constant is not enforced here; write an `x-type` that enforces it, or leave it out.",
    ),
    (
        "default",
        "A default is not applied here; leave it out and describe it.",
    ),
    (
        "discriminator",
        "`discriminator` is not supported; write one object with optional members.",
    ),
    (
        "encoding",
        "Multipart and form bodies are not supported; use `application/json`.",
    ),
    (
        "enum",
        "An enumeration has no name here; write it under `components.schemas` and refer to it.",
    ),
    (
        "exclusiveMaximum",
        "`exclusiveMaximum` is not enforced here; write the `maximum` that is still allowed.",
    ),
    (
        "exclusiveMinimum",
        "`exclusiveMinimum` is not enforced here; write the `minimum` that is still allowed.",
    ),
    (
        "explode",
        "Parameters are single values, so `explode` is not supported; leave it out.",
    ),
    (
        "format",
        "No `format` is enforced here; write an `x-type` that enforces it, or leave it out.",
    ),
    (
        "head",
        "The router responds to HEAD with the operation of GET; leave `head` out.",
    ),
    (
        "jsonSchemaDialect",
        "The dialect of schemas is that of OpenAPI 3.1; leave `jsonSchemaDialect` out.",
    ),
    ("links", "Links are not generated; describe them in words."),
    (
        "multipleOf",
        "`multipleOf` is not enforced here; write an `x-type` that enforces it, or leave it out.",
    ),
    (
        "not",
        "`not` is not supported; describe the values that are allowed.",
    ),
    (
        "nullable",
        "`nullable` belongs to OpenAPI 3.0; write `type: [string, 'null']`.",
    ),
    (
        "oneOf",
        "`oneOf` is not supported; write one object with optional members.",
    ),
    (
        "options",
        "OPTIONS is not generated; a layer in front of the router responds to it.",
    ),
    (
        "pattern",
        "A pattern is enforced by a type of the service; write the name of that type as `x-type`.",
    ),
    (
        "patternProperties",
        "Free members are not supported; name each member under `properties`.",
    ),
    (
        "readOnly",
        "`readOnly` is not supported; write one schema for requests and one for responses.",
    ),
    (
        "requestBodies",
        "Request bodies are not shared; write each at its operation.",
    ),
    (
        "servers",
        "Paths are served as they are written; declare servers at the top of the document only.",
    ),
    (
        "style",
        "Each kind of parameter has its default style; leave `style` out.",
    ),
    ("trace", "TRACE is not generated; leave it out."),
    (
        "uniqueItems",
        "`uniqueItems` is not enforced here; leave it out and describe it.",
    ),
    (
        "writeOnly",
        "`writeOnly` is not supported; write one schema for requests and one for responses.",
    ),
];

impl Keys<'_> {
    pub fn allow(&self, key: &str) -> bool {
        self.lists.iter().any(|list| list.contains(&key))
    }

    /// One sentence on why `key` is refused.
    pub fn reason(&self, key: &str) -> String {
        if key.starts_with("x-") {
            return self.unknown_extension(key);
        }
        let known = REASONS.iter().find(|(name, _)| *name == key);
        known.map_or_else(
            || format!("{} does not support `{key}`.", self.owner),
            |(_, reason)| (*reason).to_owned(),
        )
    }

    fn unknown_extension(&self, key: &str) -> String {
        let known = self.lists.iter().copied().flatten();
        let known: Vec<_> = known
            .filter(|key| key.starts_with("x-"))
            .map(|key| format!("`{key}`"))
            .collect();
        match known.as_slice() {
            [] => format!(
                "No template reads `{key}`, and {} has no extensions.",
                lower(self.owner)
            ),
            known => format!(
                "No template reads `{key}`; the extensions of {} are {}.",
                lower(self.owner),
                known.join(", ")
            ),
        }
    }
}

/// `A parameter` inside a sentence.
fn lower(owner: &str) -> String {
    let (first, rest) = owner.split_at(1);
    first.to_lowercase() + rest
}
