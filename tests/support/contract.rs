//! Checks responses against openapi.yaml and openapi-admin.yaml: status, headers and body must be
//! documented for the operation.

use std::sync::LazyLock;

use http::{HeaderMap, Method};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Reply;

/// Headers of HTTP itself and of CORS.
const UNDOCUMENTED: [&str; 10] = [
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-length",
    "date",
    "vary",
    "x-content-type-options",
];

/// A contract.
pub struct Contract(Value);

impl Contract {
    /// That of the service.
    pub fn get() -> &'static Self {
        static CONTRACT: LazyLock<Contract> =
            LazyLock::new(|| Contract::read(include_str!("../../openapi.yaml")));
        &CONTRACT
    }

    /// That of the outbox on the admin listener.
    pub fn admin() -> &'static Self {
        static CONTRACT: LazyLock<Contract> =
            LazyLock::new(|| Contract::read(include_str!("../../openapi-admin.yaml")));
        &CONTRACT
    }

    fn read(text: &str) -> Self {
        Self(serde_yaml_ng::from_str(text).unwrap())
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// Fails the test unless the contract documents this response for this method and path.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, reply: &Reply) {
        let path = path.split('?').next().unwrap();
        let asked = format!("{method} {path} → {}", reply.status);
        let documented = self
            .responses(method, path)
            .get(&reply.status.to_string())
            .unwrap_or_else(|| panic!("{asked}: no such status in the contract: {reply:?}"));
        let documented = self.resolve(documented);
        self.check_headers(&asked, &documented["headers"], &reply.headers);
        check_caching(&asked, path, &reply.headers);
        self.check_body(
            &asked,
            &documented["content"],
            *method == Method::HEAD,
            reply,
        );
    }

    /// Fails the test unless the contract documents a webhook of this name with these headers and
    /// this body.
    #[track_caller]
    pub fn check_webhook(&self, name: &str, headers: &HeaderMap, body: &[u8]) {
        let webhook = &self.0["webhooks"][name]["post"];
        for parameter in webhook["parameters"].as_array().unwrap() {
            let header = parameter["name"].as_str().unwrap();
            match headers.get(header) {
                Some(value) => {
                    let value = typed(&parameter["schema"], value.to_str().unwrap());
                    self.check_value(&format!("{name}: {header}"), &parameter["schema"], &value);
                }
                None => assert!(parameter["required"] != true, "{name}: {header} is missing"),
            }
        }
        let media_type = headers["content-type"].to_str().unwrap();
        let schema = &webhook["requestBody"]["content"][media_type]["schema"];
        self.check_value(name, schema, &serde_json::from_slice(body).unwrap());
    }

    /// The responses of the operation; for unknown routes and methods, those in `x-unmatched`.
    fn responses(&self, method: &Method, path: &str) -> &Map<String, Value> {
        let method = if *method == Method::HEAD {
            "get".to_owned()
        } else {
            method.as_str().to_lowercase()
        };
        let paths = self.0["paths"].as_object().unwrap();
        let operation = paths
            .iter()
            .find(|(template, _)| matches(template, path))
            .map(|(_, item)| &item[&method]);
        match operation {
            Some(operation) if operation.is_object() => operation["responses"].as_object().unwrap(),
            _ => self.0["x-unmatched"].as_object().unwrap(),
        }
    }

    fn check_headers(&self, asked: &str, documented: &Value, headers: &HeaderMap) {
        let none = Map::new();
        let documented = documented.as_object().unwrap_or(&none);
        for (name, header) in documented {
            let header = self.resolve(header);
            match headers
                .get_all(name.as_str())
                .iter()
                .collect::<Vec<_>>()
                .as_slice()
            {
                [] => assert!(header["required"] != true, "{asked}: {name} is missing"),
                [value] => {
                    let text = value.to_str().unwrap();
                    let value = typed(&header["schema"], text);
                    self.check_value(&format!("{asked}: {name}"), &header["schema"], &value);
                }
                _ => panic!("{asked}: {name} is repeated"),
            }
        }
        for name in headers
            .keys()
            .map(|name| name.as_str())
            .filter(|name| *name != "content-type")
        {
            let known = UNDOCUMENTED.contains(&name)
                || documented
                    .keys()
                    .any(|known| known.eq_ignore_ascii_case(name));
            assert!(known, "{asked}: the header {name} is not in the contract");
        }
    }

    fn check_body(&self, asked: &str, documented: &Value, is_head: bool, reply: &Reply) {
        let media_type = reply
            .headers
            .get("content-type")
            .map(|value| value.to_str().unwrap());
        let Some(documented) = documented.as_object() else {
            assert!(
                reply.body.is_empty() && media_type.is_none(),
                "{asked}: a body, although none is documented"
            );
            return;
        };
        let media_type = media_type.unwrap_or_else(|| panic!("{asked}: no media type"));
        let content = documented
            .get(media_type)
            .unwrap_or_else(|| panic!("{asked}: {media_type} is not documented"));
        if is_head {
            assert!(
                reply.body.is_empty(),
                "{asked}: an answer to HEAD has no body"
            );
        } else if media_type == "application/json" {
            self.check_value(asked, &content["schema"], &reply.json());
        }
    }

    /// Fails the test unless the value satisfies the schema.
    #[track_caller]
    pub fn check_value(&self, asked: &str, schema: &Value, value: &Value) {
        let validator = self.validator(schema);
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{asked}: {value} breaks the contract: {errors:?}"
        );
    }

    /// Adds the components of the document, because the schema's `$ref`s point there.
    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = schema.as_object().unwrap().clone();
        schema.insert("components".to_owned(), self.0["components"].clone());
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&Value::Object(schema))
            .unwrap()
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.0.pointer(pointer.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }
}

/// A header's text as a value of its schema's type.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer") => text
            .parse::<i64>()
            .map_or_else(|_| json!(text), Value::from),
        _ => json!(text),
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(part, segment)| part.starts_with('{') || part == segment)
}

/// Fails the test unless the response says what a cache may do: every status of a tenant's path has
/// the same rule.
#[track_caller]
fn check_caching(asked: &str, path: &str, headers: &HeaderMap) {
    assert_eq!(headers["x-content-type-options"], "nosniff", "{asked}");
    if path == "/orders" || path.starts_with("/orders/") {
        let rule = &headers["cache-control"];
        assert_eq!(rule, "private, no-cache, no-transform", "{asked}");
        let mut vary = headers.get_all("vary").iter();
        assert!(
            vary.any(|value| value == "x-tenant-id, authorization"),
            "{asked}"
        );
    }
}
