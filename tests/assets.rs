//! The console and the API reference as files: their security policy, caching, compression and
//! paths. `clients/console/tests` runs them in a browser.

use std::path::{Path, PathBuf};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{App, Call, Isolation, Reply};

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

/// What the console may use beside the service, and the sources of `connect-src` of its page.
async fn console_admin(flags: &[&str]) -> (Value, String, App) {
    let app = App::with(Isolation::Tenant, flags).await;
    let settings = get(&app, "/console/settings.json").send_to_page().await;
    assert_eq!(settings.header("content-type"), Some("application/json"));
    let page = get(&app, "/console").send_to_page().await;
    (settings.json(), connect_sources(&page), app)
}

fn connect_sources(reply: &Reply) -> String {
    let policy = reply.header("content-security-policy").unwrap();
    let (_, sources) = policy.split_once("connect-src ").unwrap();
    sources.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_may_use_the_admin_listener_only_if_it_is_allowed_to() {
    let listen = ["--admin-listen", "127.0.0.1:0"];
    let other = [
        &listen[..],
        &["--admin-allow-origin", "https://ops.example"],
    ]
    .concat();
    let no_listener = ["--admin-listen", "", "--admin-allow-origin", "self"];
    for flags in [&[][..], &listen, &other, &no_listener] {
        let (settings, sources, _) = console_admin(flags).await;
        assert_eq!(settings, json!({ "admin": null }), "{flags:?}");
        assert_eq!(sources, "'self'", "{flags:?}");
    }
    let allowed = [&listen[..], &["--admin-allow-origin", "self"]].concat();
    let (settings, sources, app) = console_admin(&allowed).await;
    let admin = format!("http://{}", app.server.admin_address().unwrap());
    assert_eq!(settings, json!({ "admin": admin }));
    assert_eq!(sources, format!("'self' {admin}"));
    for path in ["/docs", "/console/console.js", "/console/settings.json"] {
        let file = get(&app, path).send_to_page().await;
        assert_eq!(connect_sources(&file), "'self'", "{path}");
    }
}

/// A browser keeps the policy with the page as long as the entity tag is the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_entity_tag_of_the_console_changes_with_its_policy() {
    let flags = [
        "--admin-listen",
        "127.0.0.1:0",
        "--admin-allow-origin",
        "self",
    ];
    let (with, without) = (
        App::with(Isolation::Tenant, &flags).await,
        App::start().await,
    );
    for (path, is_equal) in [("/console", false), ("/docs", true)] {
        let tags = [
            get(&with, path).send_to_page().await,
            get(&without, path).send_to_page().await,
        ];
        let tags = tags.map(|reply| reply.header("etag").unwrap().to_owned());
        assert_eq!(tags[0] == tags[1], is_equal, "{path}: {tags:?}");
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
