//! The settings of the exporter, and what can be wrong with them.

use std::{collections::HashMap, path::PathBuf};

use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;

/// What the address of a collector lacks (OTLP specification, "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";

/// The settings of the exporter. `Debug` shows no secret. An empty text is no setting.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address of the collector; `/v1/traces` is appended. Secret, because an address may
    /// contain a token.
    pub endpoint: Option<SecretString>,
    /// The address of the collector for traces, used as it is and instead of `endpoint`.
    pub traces_endpoint: Option<SecretString>,
    /// Headers of each export: `name=value` pairs separated by commas, with percent-encoded
    /// values.
    pub headers: Option<SecretString>,
    /// A PEM file of certificate authorities. `None`: those of the system.
    pub ca_file: Option<PathBuf>,
}

/// Why the exporter cannot be made from the settings. No variant repeats an address or a header.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The endpoint is no address, or has a user.
    #[error(
        "the OTLP endpoint must be an http:// or https:// address without a user; credentials \
         belong into OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Endpoint,
    /// The headers are malformed.
    #[error("OTEL_EXPORTER_OTLP_HEADERS must be `name=value` pairs separated by commas")]
    Headers,
}

// === impl Settings ===

impl Settings {
    /// The address that spans are sent to. `None` if no endpoint is set.
    ///
    /// # Errors
    /// [`SettingsError::Endpoint`].
    pub(super) fn address(&self) -> Result<Option<Url>, SettingsError> {
        if let Some(address) = text(self.traces_endpoint.as_ref()) {
            return parse_address(address).map(Some);
        }
        let Some(base) = text(self.endpoint.as_ref()) else {
            return Ok(None);
        };
        let mut address = parse_address(base)?;
        let path = format!("{}{PATH}", address.path().trim_end_matches('/'));
        address.set_path(&path);
        Ok(Some(address))
    }

    /// The headers by name.
    ///
    /// # Errors
    /// [`SettingsError::Headers`].
    pub(super) fn headers(&self) -> Result<HashMap<String, String>, SettingsError> {
        let pairs = text(self.headers.as_ref()).unwrap_or_default().split(',');
        pairs
            .filter(|pair| !pair.trim().is_empty())
            .map(|pair| parse_header(pair).ok_or(SettingsError::Headers))
            .collect()
    }
}

fn text(setting: Option<&SecretString>) -> Option<&str> {
    let text = setting?.expose_secret().trim();
    (!text.is_empty()).then_some(text)
}

fn parse_address(text: &str) -> Result<Url, SettingsError> {
    let address: Url = text.parse().map_err(|_| SettingsError::Endpoint)?;
    let has_user = !address.username().is_empty() || address.password().is_some();
    if has_user || !matches!(address.scheme(), "http" | "https") {
        return Err(SettingsError::Endpoint);
    }
    Ok(address)
}

fn parse_header(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=')?;
    let name = name.trim();
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    // The exporter would leave such a header out without a word.
    HeaderName::try_from(name).ok()?;
    HeaderValue::try_from(&*value).ok()?;
    Some((name.to_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Option<SecretString> {
        Some(text.into())
    }

    fn address(endpoint: &str, traces_endpoint: &str) -> Option<String> {
        let settings = Settings {
            endpoint: secret(endpoint),
            traces_endpoint: secret(traces_endpoint),
            ..Settings::default()
        };
        settings.address().unwrap().map(Into::into)
    }

    #[test]
    fn the_path_is_appended_to_the_general_endpoint_alone() {
        let base = "http://127.0.0.1:4318/v1/traces";
        for (endpoint, traces_endpoint, expected) in [
            ("", "", None),
            ("http://127.0.0.1:4318", "", Some(base)),
            ("http://127.0.0.1:4318/", "", Some(base)),
            ("https://a/otlp/", "", Some("https://a/otlp/v1/traces")),
            ("http://a", "https://b/traces", Some("https://b/traces")),
        ] {
            let found = address(endpoint, traces_endpoint);
            assert_eq!(found.as_deref(), expected, "{endpoint} {traces_endpoint}");
        }
    }

    #[test]
    fn a_wrong_address_is_refused_and_not_repeated() {
        for endpoint in ["hunter2", "grpc://hunter2", "https://a:hunter2@b"] {
            let settings = Settings {
                endpoint: secret(endpoint),
                ..Settings::default()
            };
            let refused = settings.address().unwrap_err();
            assert!(!format!("{refused} {settings:?}").contains("hunter2"));
        }
    }

    #[test]
    fn headers_are_pairs_with_encoded_values() {
        let headers = |text| {
            Settings {
                headers: secret(text),
                ..Settings::default()
            }
            .headers()
        };
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let expected = [("authorization", "Basic a=="), ("x-team", "b")];
        assert_eq!(
            headers("authorization=Basic%20a==, x-team = b,").unwrap(),
            expected.map(pair).into()
        );
        assert_eq!(headers("").unwrap(), HashMap::new());
        for malformed in ["hunter2", "a b=c", "a=%0A"] {
            let refused = headers(malformed).unwrap_err();
            assert!(!refused.to_string().contains(malformed), "{malformed}");
        }
    }
}
