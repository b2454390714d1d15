//! `x-type`: values that the service reads into types of its own.
//!
//! In openapi.yaml `x-type: TenantId` may stand on a parameter, on a member of a request body, and
//! on a request body that is a free-form object. The generated trait then has an associated type
//! `TenantId: FromStr<Err: Display>`, and `FromStr` replaces the generator's own checks of that
//! value; the contract's pattern and bounds stay as documentation.
//!
//! The templates see one operation or schema at a time. What they cannot see from there is added
//! here: `x-typed` on operations, bodies and schemas that name an associated type, `x-coded` on
//! parameters and body members with an error code of their own, `x-read` on enumerations that
//! requests carry, `x-secured` and `x-scopes` on operations that need authentication, and the
//! [`Facts`] about the contract as a whole.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_yaml_ng::{Mapping, Value};

/// Facts about the whole contract, for the templates.
#[derive(Debug, Default)]
pub struct Facts {
    /// The associated types by name.
    types: BTreeMap<String, AssociatedType>,
    /// Functions and types of `decode.rs` that some operation uses.
    reads: BTreeSet<&'static str>,
    /// Whether some schema has a member with an `x-type`.
    typed_models: bool,
}

#[derive(Debug, Default)]
struct AssociatedType {
    /// Phrases such as "the header `X-Tenant-Id`", in the order of the contract.
    sources: Vec<String>,
    /// Whether some parameter of the type has a default.
    has_default: bool,
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Adds the extensions named above to `contract`, which has passed the check of
/// [`contract`](crate::contract), and collects its [`Facts`].
///
/// # Errors
/// A reference to nothing, with its place in the contract.
pub fn annotate(contract: &mut Value) -> Result<Facts> {
    let mut facts = Facts::default();
    let paths: Vec<Vec<String>> = operations(contract);
    for path in paths {
        facts
            .operation(contract, &path)
            .with_context(|| path.join(" "))?;
    }
    Ok(facts)
}

// === impl Facts ===

impl Facts {
    /// The facts as `additionalProperties` of a generator's configuration.
    pub fn into_properties(self) -> Mapping {
        let types = self.types.into_iter().map(|(name, associated)| {
            Value::Mapping(Mapping::from_iter([
                ("name".into(), name.into()),
                ("sources".into(), associated.sources.into()),
                ("hasDefault".into(), associated.has_default.into()),
            ]))
        });
        let reads = self
            .reads
            .into_iter()
            .map(|read| (read.into(), true.into()));
        Mapping::from_iter([
            ("associatedTypes".into(), types.collect()),
            ("reads".into(), Value::Mapping(reads.collect())),
            ("typedModels".into(), self.typed_models.into()),
        ])
    }

    fn operation(&mut self, contract: &mut Value, path: &[String]) -> Result<()> {
        let id = at(contract, path)?["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut typed = false;
        // Parameters of the path item apply to each of its operations.
        for owner in [&path[..path.len() - 1], path] {
            let count = at(contract, owner)?["parameters"]
                .as_sequence()
                .map_or(0, Vec::len);
            for index in 0..count {
                let place = join(owner, &["parameters", &index.to_string()]);
                let place = resolve(contract, place)?;
                self.enumeration(contract, join(&place, &["schema"]))?;
                typed |= self.parameter(at_mut(contract, &place)?)?;
            }
        }
        if at(contract, path)?.get("requestBody").is_some() {
            self.reads.insert("json_text");
            let body = resolve(contract, join(path, &["requestBody"]))?;
            let body_typed = self.body(contract, &body, &id)?;
            mark(at_mut(contract, &body)?, "x-typed", body_typed);
            typed |= body_typed;
        }
        mark(at_mut(contract, path)?, "x-typed", typed);
        mark_secured(contract, path)
    }

    /// Returns whether the parameter has an `x-type`.
    fn parameter(&mut self, parameter: &mut Value) -> Result<bool> {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let place = match parameter["in"].as_str() {
            Some("header") => "header",
            Some("path") => "path parameter",
            _ => "query parameter",
        };
        mark_coded(parameter);
        let has_default = parameter["schema"].get("default").is_some();
        let type_name = parameter.get("x-type").cloned();
        let source = format!("the {place} `{name}`");
        self.value(type_name, &parameter["schema"], source, has_default)
            .with_context(|| name)
    }

    /// Returns whether the body, or one of its members, has an `x-type`.
    fn body(&mut self, contract: &mut Value, body: &[String], operation: &str) -> Result<bool> {
        if let Some(type_name) = at(contract, body)?.get("x-type").cloned() {
            self.reads.extend(["whole", "invalid_body"]);
            return self.value(
                Some(type_name),
                &Value::Null,
                format!("the body of `{operation}`"),
                false,
            );
        }
        let schema = join(body, &["content", "application/json", "schema"]);
        let Ok(schema) = resolve(contract, schema) else {
            return Ok(false);
        };
        let members = names(&at(contract, &schema)?["properties"]);
        let no_members = at(contract, body)?.get("x-no-members").is_some();
        if no_members || !members.is_empty() {
            self.reads.extend(["members", "invalid_body"]);
        }
        let mut typed = false;
        for member in members {
            let place = join(&schema, &["properties", &member]);
            self.enumeration(contract, place.clone())?;
            mark_coded(at_mut(contract, &place)?);
            let member_schema = at(contract, &place)?;
            let raw = ["boolean", "integer", "number"];
            if !raw.contains(&member_schema["type"].as_str().unwrap_or_default()) {
                self.reads.insert("string");
            }
            let type_name = member_schema.get("x-type").cloned();
            let source = format!("the body member `{member}`");
            typed |= self
                .value(type_name, member_schema, source, false)
                .with_context(|| format!("{} {member}", schema.join(" ")))?;
        }
        mark(at_mut(contract, &schema)?, "x-typed", typed);
        self.typed_models |= typed;
        Ok(typed)
    }

    /// Notes that a value is read into an enumeration, if its schema refers to one.
    fn enumeration(&mut self, contract: &mut Value, schema: Vec<String>) -> Result<()> {
        if at(contract, &schema)?.get("$ref").is_some() {
            let target = resolve(contract, schema)?;
            mark(at_mut(contract, &target)?, "x-read", true);
            self.reads.extend(["enumeration", "parse"]);
        }
        Ok(())
    }

    /// Notes how a value is read. Returns whether it has an `x-type`.
    fn value(
        &mut self,
        type_name: Option<Value>,
        schema: &Value,
        source: String,
        has_default: bool,
    ) -> Result<bool> {
        let Some(type_name) = type_name else {
            if schema.get("$ref").is_none() {
                self.reads
                    .insert(match (schema["type"].as_str(), schema["format"].as_str()) {
                        (Some("boolean"), _) => "boolean",
                        (Some("integer"), _) => "integer",
                        (_, Some("uuid")) => "uuid",
                        _ => "text",
                    });
            }
            return Ok(false);
        };
        let type_name = type_name.as_str().unwrap_or_default().to_owned();
        self.reads.extend(["from_str", "parse"]);
        let associated = self.types.entry(type_name).or_default();
        if !associated.sources.contains(&source) {
            associated.sources.push(source);
        }
        associated.has_default |= has_default;
        Ok(true)
    }
}

/// Marks a parameter or body member that has an error code of its own.
fn mark_coded(value: &mut Value) {
    let codes = ["x-when-missing", "x-when-invalid"];
    let coded = codes.iter().any(|code| value.get(code).is_some());
    mark(value, "x-coded", coded);
}

/// Marks an operation that needs authentication, with the scopes of its bearer token. `security` of
/// the document holds for operations without one of their own.
fn mark_secured(contract: &mut Value, path: &[String]) -> Result<()> {
    let own = at(contract, path)?.get("security");
    let security = own.or_else(|| contract.get("security"));
    let alternatives: Vec<Value> = security
        .and_then(Value::as_sequence)
        .cloned()
        .unwrap_or_default();
    let scopes = alternatives.iter().filter_map(Value::as_mapping);
    let scopes = scopes
        .flat_map(Mapping::values)
        .filter_map(Value::as_sequence);
    let scopes: Vec<Value> = scopes.flatten().cloned().collect();
    let operation = at_mut(contract, path)?;
    mark(operation, "x-secured", !alternatives.is_empty());
    if let Some(operation) = operation.as_mapping_mut() {
        operation.insert("x-scopes".into(), scopes.into());
    }
    Ok(())
}

// === places in the contract ===

/// The place of every operation.
fn operations(contract: &Value) -> Vec<Vec<String>> {
    let paths = names(&contract["paths"]);
    let places = paths.iter().flat_map(|path| {
        let methods = METHODS
            .iter()
            .filter(move |method| contract["paths"][path].get(method).is_some());
        methods.map(|method| vec!["paths".to_owned(), path.clone(), (*method).to_owned()])
    });
    places.collect()
}

fn names(mapping: &Value) -> Vec<String> {
    let names = mapping.as_mapping().into_iter().flat_map(Mapping::keys);
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn join(place: &[String], rest: &[&str]) -> Vec<String> {
    place
        .iter()
        .cloned()
        .chain(rest.iter().map(|step| (*step).to_owned()))
        .collect()
}

/// The place that a `$ref` names, or `place` itself.
fn resolve(contract: &Value, mut place: Vec<String>) -> Result<Vec<String>> {
    while let Some(reference) = at(contract, &place)?.get("$ref") {
        let steps = reference
            .as_str()
            .and_then(|reference| reference.strip_prefix("#/"));
        let steps = steps.context("a $ref must start with #/")?;
        place = steps
            .split('/')
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect();
    }
    Ok(place)
}

fn at<'c>(contract: &'c Value, place: &[String]) -> Result<&'c Value> {
    let found = place.iter().try_fold(contract, |value, step| match value {
        Value::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    });
    found.with_context(|| format!("the contract has no {}", place.join(" ")))
}

fn at_mut<'c>(contract: &'c mut Value, place: &[String]) -> Result<&'c mut Value> {
    let found = place.iter().try_fold(contract, |value, step| match value {
        Value::Sequence(items) => items.get_mut(step.parse::<usize>().ok()?),
        value => value.get_mut(step),
    });
    found.with_context(|| format!("the contract has no {}", place.join(" ")))
}

fn mark(value: &mut Value, extension: &str, holds: bool) {
    if let (true, Some(mapping)) = (holds, value.as_mapping_mut()) {
        mapping.insert(extension.into(), true.into());
    }
}
