//! Contracts that are refused, each with the place and the sentence.

mod supported;

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::faults;

const BASE: &str = include_str!("base.yaml");

const REFUSED: [(&str, &str); 5] = [
    ("bodies", include_str!("refused/bodies.yaml")),
    ("documents", include_str!("refused/documents.yaml")),
    ("parameters", include_str!("refused/parameters.yaml")),
    ("responses", include_str!("refused/responses.yaml")),
    ("schemas", include_str!("refused/schemas.yaml")),
];

/// Sentences that several cases expect.
const SENTENCES: [(&str, &str); 2] = [
    (
        "&type",
        "A `type` is one of `string`, `integer`, `number`, `boolean`, `array` and `object`, \
            alone or in a list with `'null'`.",
    ),
    (
        "&formats",
        "The formats of a string are `date-time`, `email`, `hostname`, `uri`, \
            `uri-reference`, `uuid`.",
    ),
];

/// Changes of one place of the base.
struct Group {
    at: Vec<Value>,
    place: String,
    cases: Vec<Case>,
}

/// A change, and the faults of the contract that it makes.
struct Case {
    name: String,
    write: Value,
    refused: BTreeMap<String, String>,
}

#[test]
fn the_contract_that_the_cases_change_passes() {
    assert_eq!(faults(&yaml(BASE)), []);
}

#[test]
fn the_contract_of_the_service_passes() {
    assert_eq!(faults(&yaml(include_str!("../../../../openapi.yaml"))), []);
}

#[test]
fn each_construct_that_the_templates_lack_is_refused_with_its_place_and_a_sentence() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, text) in REFUSED {
        for group in groups(text) {
            for case in &group.cases {
                count += 1;
                let mut contract = yaml(BASE);
                merge(find(&mut contract, &group.at), &case.write);
                let expected = case.expected(&group.place);
                let faults = faults(&contract);
                let count = faults.len();
                let pairs = faults.into_iter();
                let found: BTreeMap<_, _> =
                    pairs.map(|fault| (fault.place, fault.reason)).collect();
                if found != expected || found.len() != count {
                    let name = &case.name;
                    wrong.push(format!(
                        "{file}: {name}: expected {expected:#?}, found {found:#?}"
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 150, "only {count} cases were read");
}

#[test]
fn a_repeated_member_is_refused() {
    let repeated = "openapi: 3.1.0\nopenapi: 3.1.1\n";
    assert!(serde_yaml_ng::from_str::<Value>(repeated).is_err());
}

// === impl Case ===

impl Case {
    fn expected(&self, place: &str) -> BTreeMap<String, String> {
        let faults = self.refused.iter();
        faults
            .map(|(relative, sentence)| {
                let absolute =
                    relative.starts_with("paths.") || relative.starts_with("components.");
                let place = match (place, relative.as_str()) {
                    (place, "") => place.to_owned(),
                    ("", relative) => relative.to_owned(),
                    (_, relative) if absolute => relative.to_owned(),
                    (place, relative) => format!("{place}.{relative}"),
                };
                let known = SENTENCES.iter().find(|(name, _)| name == sentence);
                let sentence =
                    known.map_or_else(|| sentence.clone(), |(_, text)| (*text).to_owned());
                (place, sentence)
            })
            .collect()
    }
}

// === helpers ===

fn yaml(text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap()
}

fn groups(text: &str) -> Vec<Group> {
    let Value::Sequence(groups) = yaml(text) else {
        panic!("a file is a list of groups")
    };
    groups
        .into_iter()
        .map(|group| Group {
            at: group["at"].as_sequence().unwrap().clone(),
            place: group["place"].as_str().unwrap().to_owned(),
            cases: cases(&group["cases"]),
        })
        .collect()
}

fn cases(cases: &Value) -> Vec<Case> {
    let cases = cases.as_mapping().unwrap().iter();
    cases
        .map(|(name, case)| Case {
            name: name.as_str().unwrap().to_owned(),
            write: case["write"].clone(),
            refused: serde_yaml_ng::from_value(case["refused"].clone()).unwrap(),
        })
        .collect()
}

fn find<'a>(value: &'a mut Value, path: &[Value]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match step {
        Value::Number(index) => {
            let index = usize::try_from(index.as_u64().unwrap()).unwrap();
            &mut value.as_sequence_mut().unwrap()[index]
        }
        key => value.as_mapping_mut().unwrap().get_mut(key).unwrap(),
    })
}

/// Merges as RFC 7396 does: objects member by member, null removes, and all else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Mapping(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_mapping() {
        *target = Value::Mapping(serde_yaml_ng::Mapping::new());
    }
    let target = target.as_mapping_mut().unwrap();
    for (key, value) in members {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
