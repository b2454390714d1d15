//! The pages for people as files: what they may do, how they are kept, and that they take no path
//! from the contract. What they do is tried in a browser, in `clients/console/tests`.

use http::Method;

use crate::support::{App, Call};

const PAGES: [&str; 2] = ["/console", "/docs"];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_all_it_names_may_load_nothing_inline_and_nothing_from_elsewhere() {
    let app = App::start().await;
    for page in PAGES {
        let html = get(&app, page).send_to_page().await;
        assert_eq!(
            html.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let html = String::from_utf8(html.body.to_vec()).unwrap();
        assert!(!html.contains("<style") && !html.contains("style="));
        let named = named(&html);
        assert!(named.len() > 3, "{page}: {named:?}");
        for path in named {
            let file = get(&app, &path).send_to_page().await;
            assert_eq!(file.status, 200, "{page} names {path}");
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
async fn a_file_is_compressed_for_who_says_gzip_and_plain_for_others() {
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
async fn a_file_that_is_known_is_not_sent_again() {
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
    let whole = other.send_to_page().await.body == first.body;
    assert!(whole, "an unknown tag is worth the file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_head_and_no_other_method() {
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
async fn what_is_no_file_is_no_route() {
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
            .refused(http::StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_too_many_leads_to_the_page() {
    let app = App::start().await;
    for (path, target) in [("/console/", "/console"), ("/docs/", "/docs")] {
        let reply = get(&app, path).send_to_page().await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (307, Some(target))
        );
    }
}

fn get(app: &App, path: &str) -> Call {
    app.call(Method::GET, path).without("x-tenant-id")
}

/// The paths that a page loads or links to.
fn named(html: &str) -> Vec<String> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap().trim_start_matches("./"))
        .map(|relative| format!("/{relative}"))
        .collect()
}
