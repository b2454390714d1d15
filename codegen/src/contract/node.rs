//! A value of the contract together with its place.

use serde_yaml_ng::Value;

/// A value of `openapi.yaml` and its place, such as `paths./orders.get.parameters[limit].schema`.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    pub place: String,
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub fn root(value: &'a Value) -> Self {
        Self {
            place: String::new(),
            value,
        }
    }

    /// The place of the member `key`, whether or not there is one.
    pub fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<Self> {
        let mut entries = self.entries().into_iter();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, member)| member)
    }

    /// The members of an object in their order; none for any other value.
    pub fn entries(&self) -> Vec<(String, Self)> {
        let members = self.value.as_mapping().into_iter().flatten();
        members
            .map(|(key, value)| {
                let key = key_text(key);
                let place = self.place_of(&key);
                (key, Self { place, value })
            })
            .collect()
    }

    /// The elements of a list in their order; none for any other value. An element is named after
    /// its member `name` or its reference, and otherwise counted from 0.
    pub fn items(&self) -> Vec<Self> {
        let items = self.value.as_sequence().into_iter().flatten();
        items
            .enumerate()
            .map(|(index, value)| {
                let text = |key| value.get(key).and_then(Value::as_str);
                let referred = text("$ref").and_then(|target| target.rsplit('/').next());
                let name = text("name").or(referred);
                let name = name.map_or_else(|| index.to_string(), str::to_owned);
                let place = format!("{}[{name}]", self.place);
                Self { place, value }
            })
            .collect()
    }

    pub fn is_object(&self) -> bool {
        self.value.is_mapping()
    }

    pub fn as_str(&self) -> Option<&'a str> {
        self.value.as_str()
    }
}

/// Status codes may stand without quotes.
fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
