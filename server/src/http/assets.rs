//! The pages for people: the console and the API reference, embedded as the gzipped files that
//! `make assets` wrote.
//!
//! They are no operations of the contract. Whatever path is not in the table is none of this
//! module's business.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
        CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::Full;
use orders_api::{DecodeError, Response};

use super::failure::Failure;

/// What a path shows.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// A file, compressed (RFC 1952).
    File {
        media_type: &'static str,
        gzipped: &'static [u8],
    },
    /// Another path.
    Elsewhere(&'static str),
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";
const WASM: &str = "application/wasm";

macro_rules! file {
    ($media_type:ident, $name:literal) => {
        Shown::File {
            media_type: $media_type,
            gzipped: include_bytes!(concat!("../../assets/", $name, ".gz")),
        }
    };
}

/// Every path there is.
#[rustfmt::skip]
static PATHS: &[(&str, Shown)] = &[
    ("/console/", Shown::Elsewhere("/console")),
    ("/docs/", Shown::Elsewhere("/docs")),
    ("/favicon.ico", Shown::Elsewhere("/console/icon.svg")),
    ("/console", file!(HTML, "console.html")),
    ("/console/console.js", file!(JAVASCRIPT, "console/console.js")),
    ("/console/console.css", file!(CSS, "console/console.css")),
    ("/console/orders_core_bg.wasm", file!(WASM, "console/orders_core_bg.wasm")),
    ("/console/icon.svg", file!(SVG, "console/icon.svg")),
    ("/console/licenses.md", file!(TEXT, "console/licenses.md")),
    ("/docs", file!(HTML, "docs.html")),
    ("/docs/docs.js", file!(JAVASCRIPT, "docs/docs.js")),
    ("/docs/docs.css", file!(CSS, "docs/docs.css")),
    ("/docs/swagger-ui-bundle.js", file!(JAVASCRIPT, "docs/swagger-ui-bundle.js")),
    ("/docs/swagger-ui-bundle.js.LICENSE.txt", file!(TEXT, "docs/swagger-ui-bundle.js.LICENSE.txt")),
    ("/docs/swagger-ui.css", file!(CSS, "docs/swagger-ui.css")),
    ("/docs/LICENSE", file!(TEXT, "docs/LICENSE")),
    ("/docs/NOTICE", file!(TEXT, "docs/NOTICE")),
];

/// What goes with every file. Nothing inline, nothing from elsewhere; `data:` is for the icons in
/// Swagger UI's styles.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    // Kept, but asked for each time: the next binary may have other files under these names.
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (VARY, HeaderValue::from_static("accept-encoding")),
];

/// Whether this path is one of ours.
pub fn has(path: &str) -> bool {
    shown(path).is_some()
}

/// Answers a request for a path of ours.
pub async fn answer<B, E>(request: Request<B>) -> Result<Response, E> {
    Ok(match shown(request.uri().path()) {
        None => Failure::Decode(DecodeError::NoRoute).into(),
        Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            let allow = "GET, HEAD".to_owned();
            Failure::Decode(DecodeError::NoMethod { allow }).into()
        }
        Some(Shown::Elsewhere(path)) => redirect(path),
        Some(Shown::File {
            media_type,
            gzipped,
        }) => {
            let mut response = file(media_type, gzipped, request.headers());
            if request.method() == Method::HEAD {
                *response.body_mut() = Full::default(); // its Content-Length stays (RFC 9110 §9.3.2)
            }
            response
        }
    })
}

fn shown(path: &str) -> Option<Shown> {
    PATHS
        .iter()
        .find_map(|(known, shown)| (*known == path).then_some(*shown))
}

fn redirect(path: &'static str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static(path));
    response
}

/// A file as the client can take it, or nothing if it has it already.
fn file(media_type: &'static str, gzipped: &'static [u8], asked: &HeaderMap) -> Response {
    let mut response = Response::default();
    let etag = etag(gzipped);
    response.headers_mut().extend(HEADERS);
    response.headers_mut().insert(ETAG, etag.clone());
    if is_known(asked, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let body = if accepts_gzip(asked) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Bytes::from_static(gzipped)
    } else {
        decompressed(gzipped)
    };
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = Full::new(body);
    response
}

/// The checksum and length of the content, with which every gzip file ends (RFC 1952 §2.3.1). Weak,
/// because the compressed and the plain representation share it (RFC 9110 §8.8.1).
fn etag(gzipped: &[u8]) -> HeaderValue {
    let trailer = gzipped
        .last_chunk()
        .map_or(0, |end| u64::from_le_bytes(*end));
    // Quotes and hexadecimal digits are visible ASCII.
    HeaderValue::try_from(format!("W/\"{trailer:016x}\""))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn is_known(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    members(asked, IF_NONE_MATCH).any(|tag| tag == "*" || tag == etag)
}

/// Whether gzip is named without `q=0` (RFC 9110 §12.5.3). Who names nothing gets it plain.
fn accepts_gzip(asked: &HeaderMap) -> bool {
    members(asked, ACCEPT_ENCODING).any(|member| {
        let (coding, weight) = member.split_once(';').unwrap_or((member, "q=1"));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|q| q.parse().ok())
            == Some(0.0);
        coding.trim_end().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The members of a header that is a list.
fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn decompressed(gzipped: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    // The files are ours, and a test reads every one of them.
    let _ = GzDecoder::new(gzipped).read_to_end(&mut plain);
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_whole() {
        for (path, shown) in PATHS {
            if let Shown::File { gzipped, .. } = shown {
                let read = GzDecoder::new(*gzipped).read_to_end(&mut Vec::new());
                assert!(read.is_ok_and(|length| length > 0), "{path}");
            }
        }
    }

    #[test]
    fn every_way_leads_to_a_file() {
        for (path, shown_there) in PATHS {
            if let Shown::Elsewhere(target) = shown_there {
                assert!(matches!(shown(target), Some(Shown::File { .. })), "{path}");
            }
        }
    }

    #[test]
    fn gzip_goes_to_who_names_it_and_does_not_refuse_it() {
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
