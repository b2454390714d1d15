//! The console and the API reference as files: their security policy, caching, compression and
//! paths. `clients/console/tests` runs them in a browser.

use std::path::{Path, PathBuf};

use http::{Method, StatusCode};

use crate::support::{App, Call};

const PAGES: [&str; 2] = ["/console", "/docs"];

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_pages_and_their_files_forbids_inline_code_and_other_origins() {
    let app = App::start().await;
    for page in PAGES {
        let html = get(&app, page).send_to_page().await;
        assert_eq!(
            html.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let html = String::from_utf8(html.body.to_vec()).unwrap();
        assert!(!html.contains("<style") && !html.contains("style="));
        let references = references(&html);
        assert!(references.len() > 3, "{page}: {references:?}");
        for path in references {
            let file = get(&app, &path).send_to_page().await;
            assert_eq!(file.status, 200, "{page} refers to {path}");
            if path == "/openapi.yaml" {
                continue;
            }
            let policy = file.header("content-security-policy").unwrap_or_default();
            assert!(policy.starts_with(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"
            ));
            assert!(!policy.contains("unsafe-inline") && !policy.contains('*'));
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(file.header("referrer-policy"), Some("no-referrer"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_gzipped_only_if_the_client_accepts_gzip() {
    let app = App::start().await;
    for page in PAGES {
        let plain = get(&app, page).send_to_page().await;
        let gzipped = get(&app, page)
            .header("accept-encoding", "gzip, br")
            .send_to_page()
            .await;
        assert!(plain.body.starts_with(b"<!doctype html>"));
        assert_eq!(plain.header("content-encoding"), None);
        assert!(gzipped.body.starts_with(b"\x1f\x8b"));
        assert_eq!(gzipped.header("content-encoding"), Some("gzip"));
        for reply in [plain, gzipped] {
            assert!(
                reply
                    .headers
                    .get_all("vary")
                    .iter()
                    .any(|vary| vary == "accept-encoding")
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_client_has_is_not_sent_again() {
    let app = App::start().await;
    let path = "/docs/swagger-ui-bundle.js";
    let first = get(&app, path).send_to_page().await;
    let etag = first.header("etag").unwrap();
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    for known in [etag, "*", &format!("\"other\", {etag}")] {
        let again = get(&app, path).header("if-none-match", known);
        let again = again.send_to_page().await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), Some(etag));
    }
    let other = get(&app, path).header("if-none-match", "W/\"0000000000000000\"");
    let is_whole = other.send_to_page().await.body == first.body;
    assert!(is_whole, "another tag gets the whole file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_allows_get_and_head_only() {
    let app = App::start().await;
    for page in PAGES {
        let got = get(&app, page).send_to_page().await;
        let head = app.call(Method::HEAD, page).send_to_page().await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        for name in ["content-length", "content-type", "etag"] {
            assert_eq!(head.header(name), got.header(name), "{page}: {name}");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let reply = app.call(method, page).send().await;
            assert_eq!(reply.status, 405);
            assert_eq!(reply.header("allow"), Some("GET, HEAD"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_without_a_file_is_not_found() {
    let app = App::start().await;
    for path in [
        "/console/nope",
        "/docs/../Cargo.toml",
        "/docs/nope",
        "/consoles",
        "/Console",
    ] {
        get(&app, path)
            .send()
            .await
            .refused(StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trailing_slash_redirects_to_the_page() {
    let app = App::start().await;
    for (path, target) in [
        ("/console/", "/console"),
        ("/docs/", "/docs"),
        ("/favicon.ico", "/console/icon.svg"),
    ] {
        let reply = get(&app, path).send_to_page().await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (307, Some(target))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_committed_file_is_served() {
    let app = App::start().await;
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/assets");
    let files = files(&assets);
    assert!(files.len() > PAGES.len(), "{files:?}");
    for file in files {
        let name = file.strip_prefix(&assets).unwrap().to_str().unwrap();
        let name = name.strip_suffix(".gz").unwrap();
        let path = format!("/{}", name.strip_suffix(".html").unwrap_or(name));
        let reply = get(&app, &path)
            .header("accept-encoding", "gzip")
            .send_to_page()
            .await;
        assert_eq!(reply.status, 200, "{path}");
        let is_same = reply.body == std::fs::read(&file).unwrap();
        assert!(is_same, "{path} differs from {}", file.display());
    }
}

// === helpers ===

/// The compressed files of a directory and of its subdirectories.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    files
        .filter(|file| file.extension().is_some_and(|extension| extension == "gz"))
        .collect()
}

fn get(app: &App, path: &str) -> Call {
    app.call(Method::GET, path).without("x-tenant-id")
}

/// The paths that a page loads or links to.
fn references(html: &str) -> Vec<String> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap().trim_start_matches("./"))
        .map(|relative| format!("/{relative}"))
        .collect()
}
