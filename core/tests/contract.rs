//! Core's parsers and the schemas of openapi.yaml and openapi-admin.yaml accept the same texts.
//!
//! The generated server reads a value with an `x-type` by core's `FromStr` alone; the contract's
//! pattern and bounds are documentation. These tests keep the documentation true: they generate
//! texts from each schema, and near misses, and compare the two verdicts.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should panic"
)]

use std::collections::BTreeMap;

use orders_core::{
    Uuid,
    cursor::Cursor,
    idempotency::IdempotencyKey,
    order::{OrderId, TotalCents},
    page::PageLimit,
    tenant::TenantId,
    timestamp::Timestamp,
    version::{NoneMatch, Precondition},
};
use proptest::{
    prelude::*,
    string::string_regex,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use regex::Regex;
use serde_yaml_ng::Value;

/// A schema with an `x-type`.
#[derive(Clone, Debug)]
struct Schema {
    x_type: String,
    /// The regular expression of a string.
    pattern: Option<String>,
    max_length: Option<usize>,
    /// Minimum and maximum of an integer.
    range: Option<(i128, i128)>,
    /// Whether the value is a JSON body's, in which `5.0` is an integer (JSON Schema 2020-12).
    is_json: bool,
    /// Whether the value is a header's: HTTP trims white space at both ends, and the generated
    /// decoder refuses characters other than visible ASCII, space and tab.
    is_header: bool,
}

type Change = fn(&mut Schema);

/// The hyphenated form, as JSON Schema's `format: uuid` has it.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

#[test]
fn contract_and_core_accept_the_same_texts() {
    for schema in schemas() {
        if let Err(difference) = compare(&schema) {
            panic!(
                "{}: the contract and core disagree on {difference}",
                schema.x_type
            );
        }
    }
}

#[test]
fn the_comparison_notices_a_changed_schema() {
    let schemas: BTreeMap<_, _> = schemas()
        .into_iter()
        .map(|schema| (schema.x_type.clone(), schema))
        .collect();
    let changes: [(&str, Change); 11] = [
        ("TenantId", |schema| replace(schema, "._:-", "._:/-")),
        ("TenantId", |schema| replace(schema, "127", "126")),
        ("IdempotencyKey", |schema| replace(schema, "254", "255")),
        ("IdempotencyKey", |schema| schema.max_length = Some(511)),
        ("Precondition", |schema| replace(schema, "(W/)?", "(w/)?")),
        ("Precondition", |schema| replace(schema, "{0,15}", "{0,16}")),
        ("NoneMatch", |schema| schema.max_length = Some(1023)),
        ("NoneMatch", |schema| replace(schema, "[0-9]+", "[0-9]*")),
        ("OrderId", |schema| replace(schema, "-", "-?")),
        ("PageLimit", |schema| schema.range = Some((1, 101))),
        ("TotalCents", |schema| {
            schema.range = Some((1, i128::from(i32::MAX)))
        }),
    ];
    for (x_type, change) in changes {
        let mut changed = schemas[x_type].clone();
        change(&mut changed);
        assert!(compare(&changed).is_err(), "{changed:?}");
    }
}

#[test]
fn the_contract_accepts_every_cursor_of_core() {
    let schema = schemas()
        .into_iter()
        .find(|schema| schema.x_type == "Cursor")
        .unwrap();
    let contract_accepts = schema.verdict();
    let micros = Timestamp::MIN.unix_micros()..=Timestamp::MAX.unix_micros();
    let result = TestRunner::default().run(&(micros, any::<u128>()), |(micros, id)| {
        let created_at = Timestamp::from_unix_micros(micros).unwrap();
        let id = OrderId::new(Uuid::from_u128(id));
        let cursor = Cursor { created_at, id }.encode();
        prop_assert!(contract_accepts(&cursor));
        Ok(())
    });
    result.unwrap();
}

// === the verdicts ===

/// Fails with the first text that only one side accepts.
fn compare(schema: &Schema) -> Result<(), String> {
    let contract_accepts = schema.verdict();
    let agree = |text: &str| {
        let text = if schema.is_header {
            text.trim_matches([' ', '\t'])
        } else {
            text
        };
        let (contract, core) = (contract_accepts(text), core_accepts(&schema.x_type, text));
        // A cursor's pattern describes the alphabet and not the JSON inside.
        let agree = contract == core || schema.x_type == "Cursor" && contract;
        let verdicts = format!("{text:?}: accepted by contract: {contract}, by core: {core}");
        agree.then_some(()).ok_or(verdicts)
    };

    schema
        .edge_texts()
        .iter()
        .try_for_each(|text| agree(text))?;

    let texts = match schema.range {
        Some((min, max)) => integers(min, max).boxed(),
        None => strings(schema).boxed(),
    };
    let config = Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    };
    let result =
        TestRunner::new(config).run(&texts, |text| agree(&text).map_err(TestCaseError::fail));
    result.map_err(|error| match error {
        TestError::Fail(reason, _) | TestError::Abort(reason) => reason.to_string(),
    })
}

fn core_accepts(x_type: &str, text: &str) -> bool {
    match x_type {
        "Cursor" => text.parse::<Cursor>().is_ok(),
        "IdempotencyKey" => text.parse::<IdempotencyKey>().is_ok(),
        "NoneMatch" => text.parse::<NoneMatch>().is_ok(),
        "OrderId" => text.parse::<OrderId>().is_ok(),
        "PageLimit" => text.parse::<PageLimit>().is_ok(),
        "Precondition" => text.parse::<Precondition>().is_ok(),
        "TenantId" => text.parse::<TenantId>().is_ok(),
        "TotalCents" => text.parse::<TotalCents>().is_ok(),
        unknown => panic!("this test knows no parser for {unknown}"),
    }
}

// === impl Schema ===

impl Schema {
    /// The contract's verdict on a text.
    fn verdict(&self) -> impl Fn(&str) -> bool {
        let pattern = self
            .pattern
            .as_deref()
            .map(|pattern| Regex::new(pattern).unwrap());
        let (range, max_length, is_json) = (self.range, self.max_length, self.is_json);
        move |text| {
            if let (Some((min, max)), true) = (range, is_json) {
                let number = (text.trim() == text).then(|| serde_json::from_str::<f64>(text).ok());
                return number.flatten().is_some_and(|number| {
                    number.fract() == 0.0 && number >= min as f64 && number <= max as f64
                });
            }
            if let Some((min, max)) = range {
                let digits = text.strip_prefix('-').unwrap_or(text);
                return digits.bytes().all(|byte| byte.is_ascii_digit())
                    && text
                        .parse::<i128>()
                        .is_ok_and(|number| (min..=max).contains(&number));
            }
            pattern.as_ref().unwrap().is_match(text)
                && max_length.is_none_or(|max| text.chars().count() <= max)
        }
    }

    /// Texts, bare and quoted, of lengths at which the verdict may change: those near the numbers
    /// in the pattern and near `maxLength`.
    fn edge_texts(&self) -> Vec<String> {
        let pattern = self.pattern.as_deref().unwrap_or_default();
        let numbers = pattern.split(|c: char| !c.is_ascii_digit());
        let numbers = numbers.filter_map(|number| number.parse::<usize>().ok());
        let mut texts = Vec::new();
        for edge in numbers.chain(self.max_length) {
            for length in edge.saturating_sub(2)..edge + 4 {
                for unit in ["x", "1", "\\\\", "\\\""] {
                    let bare = unit.repeat(length / unit.len());
                    texts.push(format!("\"{bare}\""));
                    texts.push(bare);
                }
                texts.push(vec!["1"; length].join(","));
            }
        }
        texts
    }
}

fn replace(schema: &mut Schema, from: &str, to: &str) {
    let pattern = schema.pattern.take().unwrap();
    assert!(pattern.contains(from), "{pattern}");
    schema.pattern = Some(pattern.replacen(from, to, 1));
}

/// Every schema of the contracts whose `x-type` is one of core's: parameters and body members.
fn schemas() -> Vec<Schema> {
    let contracts = [
        include_str!("../../openapi.yaml"),
        include_str!("../../openapi-admin.yaml"),
    ];
    let schemas = contracts.into_iter().flat_map(schemas_of);
    // The service's own.
    let schemas: Vec<_> = schemas
        .filter(|schema| schema.x_type != "EventCursor")
        .collect();
    assert!(schemas.len() >= 12, "{schemas:?}");
    schemas
}

fn schemas_of(contract: &str) -> Vec<Schema> {
    let contract: Value = serde_yaml_ng::from_str(contract).unwrap();
    let components = &contract["components"];
    let parameters = values(&components["parameters"]);
    let parameters = parameters.map(|parameter| {
        (
            &parameter["x-type"],
            &parameter["schema"],
            Some(parameter["in"] == "header"),
        )
    });
    let bodies = values(&components["schemas"]).flat_map(|schema| values(&schema["properties"]));
    let members = bodies.map(|member| (&member["x-type"], member, None));
    parameters
        .chain(members)
        .filter_map(|(x_type, schema, in_header)| {
            Some(Schema {
                x_type: x_type.as_str()?.to_owned(),
                pattern: match schema["format"].as_str() {
                    Some("uuid") => Some(UUID.to_owned()),
                    _ => schema["pattern"].as_str().map(str::to_owned),
                },
                max_length: schema["maxLength"].as_u64().map(|max| max as usize),
                range: schema["minimum"]
                    .as_i64()
                    .zip(schema["maximum"].as_i64())
                    .map(|(min, max)| (min.into(), max.into())),
                is_json: in_header.is_none(),
                is_header: in_header.unwrap_or(false),
            })
        })
        .collect()
}

fn values(mapping: &Value) -> impl Iterator<Item = &Value> {
    mapping
        .as_mapping()
        .into_iter()
        .flat_map(|mapping| mapping.values())
}

// === the texts ===

/// Texts of the pattern with up to three random edits.
fn strings(schema: &Schema) -> impl Strategy<Value = String> + use<> {
    let pattern = schema.pattern.as_deref().unwrap();
    let inner = pattern.strip_prefix('^').unwrap();
    let inner = inner.strip_suffix('$').unwrap();
    let other = if schema.is_header {
        r"[\t -~]"
    } else {
        r"[\t -~]|\PC"
    };
    let other = string_regex(other).unwrap();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3, other), 0..=3);
    (string_regex(inner).unwrap(), edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, kind, other) in edits {
            let at = at.index(chars.len() + 1);
            let next = chars.len().min(at + 1);
            match kind {
                0 => drop(chars.splice(at..at, other.chars())),
                1 => drop(chars.splice(at..next, other.chars())),
                _ => drop(chars.drain(at..next)),
            }
        }
        chars.into_iter().collect()
    })
}

/// Integers near the bounds and anywhere, and texts that resemble integers.
fn integers(min: i128, max: i128) -> impl Strategy<Value = String> {
    let near = |bound: i128| (bound - 2..=bound + 2).prop_map(|number| number.to_string());
    prop_oneof![
        near(min),
        near(max),
        any::<i128>().prop_map(|number| number.to_string()),
        r"[-+]?[0-9]{0,3}(\.[0-9]{0,2})?([eE][0-9])?",
        r#"[-+ 0-9"٣]{0,4}|true|null"#,
    ]
}
