//! The console and the API reference: static files, embedded as the gzipped files that
//! `make assets` wrote into `server/assets`, with the table of their paths.
//!
//! They are no operations of the contract. A path outside the table goes to the router, except that
//! of [`SETTINGS`], which tells the console what this process allows it.

use std::{
    collections::HashMap,
    io::Read,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
        CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY,
    },
};
use http_body_util::Full;
use orders_api::{DecodeError, Response};
use paths::{FILES, File};

use super::failure::Failure;

#[path = "../../assets/paths.rs"]
mod paths;

/// The page of the console.
const CONSOLE: &str = "/console";

/// What the console may use: `{"admin": ADDRESS or null}`.
const SETTINGS: &str = "/console/settings.json";

/// The icon that a browser requests for a page that names none.
const FAVICON: (&str, &str) = ("/favicon.ico", "/console/icon.svg");

/// Responds to requests for assets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets {
    admin: Option<Arc<str>>,
    policy: HeaderValue,
    console_policy: HeaderValue,
}

/// The response to a GET of a path.
#[derive(Clone, Copy, Debug)]
enum Asset {
    File(&'static File),
    Settings,
    /// Redirects to another path.
    Redirect(&'static str),
}

/// The decompressed files by path. Responses share them, so that a client which does not read its
/// responses makes no copies.
static PLAIN: LazyLock<HashMap<&str, Bytes>> = LazyLock::new(|| {
    let files = FILES.iter();
    files
        .map(|file| (file.path, decompress(file.gzipped)))
        .collect()
});

/// The headers of every asset, beside its policy.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    // Stored, but revalidated each time: the next release has other files under the same names.
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (VARY, HeaderValue::from_static("accept-encoding")),
];

/// Whether this module responds to requests for a path.
pub fn is_asset(path: &str) -> bool {
    find(path).is_some()
}

// === impl Assets ===

impl Assets {
    /// Lets the console send requests to the origin `admin` of the admin listener, if there is one,
    /// and to no other.
    pub fn new(admin: Option<&str>) -> Self {
        Self {
            admin: admin.map(Arc::from),
            policy: policy(None),
            console_policy: policy(admin),
        }
    }

    /// The response to a request for an asset.
    pub fn respond<B>(&self, request: &Request<B>) -> Response {
        match find(request.uri().path()) {
            None => Failure::Decode(DecodeError::NoRoute).into(),
            Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                let allow = "GET, HEAD".to_owned();
                Failure::Decode(DecodeError::NoMethod { allow }).into()
            }
            Some(Asset::Redirect(path)) => redirect(path),
            Some(found) => {
                let mut response = match found {
                    Asset::File(found) => self.file(found, request.headers()),
                    _ => self.settings(),
                };
                if request.method() == Method::HEAD {
                    // Content-Length stays (RFC 9110 §9.3.2).
                    *response.body_mut() = Full::default();
                }
                response
            }
        }
    }

    /// A file, gzipped if the client accepts gzip. Without a body if the client has it already
    /// (304).
    fn file(&self, file: &'static File, request_headers: &HeaderMap) -> Response {
        let (policy, admin) = match (file.path, &self.admin) {
            (CONSOLE, Some(admin)) => (&self.console_policy, &**admin),
            _ => (&self.policy, ""),
        };
        let etag = etag(file.gzipped, admin);
        let mut response = Response::default();
        let headers = response.headers_mut();
        headers.extend(HEADERS);
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        headers.insert(ETAG, etag.clone());
        if matches_none(request_headers, &etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
        let body = if accepts_gzip(request_headers) {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Bytes::from_static(file.gzipped)
        } else {
            PLAIN.get(file.path).cloned().unwrap_or_default()
        };
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = Full::new(body);
        response
    }

    fn settings(&self) -> Response {
        let body = serde_json::json!({ "admin": self.admin.as_deref() }).to_string();
        let mut response = Response::default();
        let headers = response.headers_mut();
        headers.extend(HEADERS);
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        let media_type = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, media_type);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = Full::from(body);
        response
    }
}

/// The policy of a page that may send requests to the service and to the origin `admin`. It allows
/// no inline code and no other origin; `data:` is for the icons in Swagger UI's styles.
fn policy(admin: Option<&str>) -> HeaderValue {
    let (space, admin) = admin.map_or(("", ""), |admin| (" ", admin));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'{space}{admin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // An origin is visible ASCII. Without one nothing may be loaded.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// A file by its path. `/favicon.ico`, and a page's path with a slash at its end, redirect.
fn find(path: &str) -> Option<Asset> {
    if let Some(file) = find_file(path) {
        return Some(Asset::File(file));
    }
    if path == SETTINGS {
        return Some(Asset::Settings);
    }
    if path == FAVICON.0 {
        return Some(Asset::Redirect(FAVICON.1));
    }
    let page = find_file(path.strip_suffix('/')?)?;
    is_page(page).then_some(Asset::Redirect(page.path))
}

fn find_file(path: &str) -> Option<&'static File> {
    let position = FILES.binary_search_by_key(&path, |file| file.path).ok()?;
    FILES.get(position)
}

fn is_page(file: &File) -> bool {
    file.media_type.starts_with("text/html")
}

fn redirect(path: &'static str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static(path));
    response
}

/// The entity tag of a file: the checksum and the length of its content, with which a gzip file
/// ends (RFC 1952 §2.3.1), and the origin in its policy, which a browser keeps with the content. It
/// is weak, because the gzipped and the plain representation share it (RFC 9110 §8.8.1).
fn etag(gzipped: &[u8], admin: &str) -> HeaderValue {
    let trailer = gzipped
        .last_chunk()
        .map_or(0, |end| u64::from_le_bytes(*end));
    // Quotes, hexadecimal digits and origins are visible ASCII.
    HeaderValue::try_from(format!("W/\"{trailer:016x}{admin}\""))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether `If-None-Match` contains the entity tag or is `*` (RFC 9110 §13.1.2).
fn matches_none(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    members(headers, IF_NONE_MATCH).any(|tag| tag == "*" || tag == etag)
}

/// Whether `Accept-Encoding` contains gzip without `q=0` (RFC 9110 §12.5.3). A request without the
/// header gets the plain file.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    members(headers, ACCEPT_ENCODING).any(|member| {
        let (coding, weight) = member.split_once(';').unwrap_or((member, "q=1"));
        let weight = weight.trim().strip_prefix("q=");
        let refused = weight.and_then(|q| q.parse().ok()) == Some(0.0);
        coding.trim_end().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The members of a list header, from all its lines.
fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn decompress(gzipped: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    // The embedded files are valid: a test decompresses each of them.
    let _ = GzDecoder::new(gzipped).read_to_end(&mut plain);
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_decompresses() {
        for file in FILES {
            let read = GzDecoder::new(file.gzipped).read_to_end(&mut Vec::new());
            assert!(read.is_ok_and(|length| length > 0), "{}", file.path);
        }
    }

    #[test]
    fn every_file_is_found_by_its_path() {
        for file in FILES {
            let found = find(file.path);
            assert!(
                matches!(found, Some(Asset::File(found)) if found.path == file.path),
                "the table is sorted: {}",
                file.path
            );
        }
    }

    #[test]
    fn every_redirect_leads_to_a_file() {
        let pages = FILES.iter().filter(|file| is_page(file));
        let slashes = pages.map(|page| format!("{}/", page.path));
        for path in slashes.chain([FAVICON.0.to_owned()]) {
            let Some(Asset::Redirect(target)) = find(&path) else {
                panic!("{path} does not redirect");
            };
            assert!(find_file(target).is_some(), "{path}");
        }
        assert!(!is_asset("/console/console.js/"), "only pages redirect");
    }

    #[test]
    fn gzip_is_used_only_if_the_client_accepts_it() {
        let accepts = |value| {
            accepts_gzip(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        for yes in ["gzip", "br, gzip", "deflate, GZIP;q=0.5", "gzip ; q=1"] {
            assert!(accepts(yes), "{yes}");
        }
        for no in ["", "br", "identity", "gzip;q=0", "gzip; q=0.000", "xgzip"] {
            assert!(!accepts(no), "{no}");
        }
    }
}
