//! Cursors: their format, and malformed ones.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{after, drafts, ids, seed};
use crate::support::App;

const TS: &str = "2026-01-31T09:30:00.123456Z";
const ID: &str = "0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11";

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_base64_json_of_the_last_order() {
    let app = App::start().await;
    seed(&app, 3, "1 microsecond").await;
    let page = app.list("limit=2").await.json();
    let cursor = page["nextCursor"].as_str().unwrap();
    let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let last = &page["items"][1];
    assert_eq!(json, json!({ "ts": last["createdAt"], "id": last["id"] }));
    // Six digits, also if they are zeros.
    let ts = json["ts"].as_str().unwrap();
    assert_eq!((ts.len(), &ts[19..20], &ts[26..]), (27, ".", "Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_may_name_an_order_that_does_not_exist() {
    let app = App::start().await;
    let newest_first = seed(&app, 3, "1 second").await;
    let nil = Uuid::nil();
    for (ts, expected) in [
        ("9999-12-31T23:59:59.999999Z", &newest_first[..]),
        ("0001-01-01T00:00:00.000000Z", &[]),
    ] {
        let cursor = encode(&format!(r#"{{"ts":"{ts}","id":"{nil}"}}"#));
        let page = app.list(&format!("cursor={cursor}")).await;
        assert_eq!(ids(&page), expected, "{ts}");
    }
}

/// Malformed texts, most of them made from a valid cursor.
fn malformed_texts(ours: &str) -> Vec<String> {
    let mut hostile: Vec<String> = [
        "",
        "garbage",
        "null",
        "0",
        "%00",
        "%FF",
        "..%2f..%2f",
        "'%20OR%201=1--",
    ]
    .map(str::to_owned)
    .into();
    hostile.extend([
        format!("{ours}="),
        format!("{ours}%3D"),
        format!("{ours}%00"),
        format!("{ours}%0A"),
        format!("%20{ours}"),
        ours[..ours.len() - 1].to_owned(),
        format!("{ours}&cursor={ours}"),
        format!("{ours}&cursor="),
        "A".repeat(10_000),
        encode(&format!(
            r#"{{"ts":"{TS}","id":"{ID}"{}}}"#,
            " ".repeat(7_500)
        )),
    ]);
    hostile
}

/// Cursors of malformed JSON, or of values that no order has.
fn malformed_json() -> Vec<String> {
    let mut hostile: Vec<String> = [
        String::new(),
        "not json".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        format!(r#"["{TS}","{ID}"]"#),
        format!(r#"{{"ts":"{TS}"}}"#),
        format!(r#"{{"id":"{ID}"}}"#),
        format!(r#"{{"ts":null,"id":"{ID}"}}"#),
        format!(r#"{{"ts":1769851800,"id":"{ID}"}}"#),
        format!(r#"{{"ts":"{TS}","id":7}}"#),
        format!(r#"{{"ts":"{TS}","id":"{ID}","limit":1}}"#),
        format!(r#"{{"ts":"{TS}","id":"{ID}","id":"{ID}"}}"#),
        format!(r#"{{"ts":"{TS}","ts":"{TS}","id":"{ID}"}}"#),
        format!(r#"{{"ts":"{TS}","id":"{ID}"}}{{}}"#),
    ]
    .iter()
    .map(|json| encode(json))
    .collect();
    let instants = [
        "",
        "now",
        "infinity",
        "2026-01-31",
        "2026-02-30T00:00:00Z",
        "2026-01-31T09:30:00",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+00:01",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2026-01-31T09:30:00.1234567Z",
    ];
    hostile.extend(instants.map(|ts| encode(&format!(r#"{{"ts":"{ts}","id":"{ID}"}}"#))));
    let names = [
        "",
        "1",
        "not-a-uuid",
        &ID[1..],
        "{0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11}",
    ];
    hostile.extend(names.map(|id| encode(&format!(r#"{{"ts":"{TS}","id":"{id}"}}"#))));
    hostile
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_cursor_is_refused_and_gives_no_page() {
    let app = App::start().await;
    app.draft().await;
    let ours = encode(&format!(r#"{{"ts":"{TS}","id":"{ID}"}}"#));
    assert_eq!(app.list(&format!("cursor={ours}")).await.status, 200);
    let mut hostile = malformed_texts(&ours);
    hostile.extend(malformed_json());
    for cursor in hostile {
        let details = app
            .list(&format!("cursor={cursor}"))
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_cursor");
        assert_eq!(
            details,
            json!({ "in": "query", "name": "cursor" }),
            "{cursor}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_cursor_shows_no_foreign_order() {
    let app = App::start().await;
    let other = app.tenant(&format!("{}.other", app.tenant));
    let theirs_before = other.draft().await;
    drafts(&app, 5).await;
    other.draft().await;
    let cursor = after(&app.list("limit=1").await, 10);

    assert_eq!(ids(&other.list(&cursor).await), [theirs_before]);
    let empty = app.tenant(&format!("{}.empty", app.tenant));
    let page = empty.list(&cursor).await;
    assert_eq!(page.json(), json!({ "items": [], "nextCursor": null }));
}

fn encode(json: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json)
}
