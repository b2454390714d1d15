//! PATCH /orders/{id}/confirm: of several writers with one version, one succeeds and the others get
//! 409.

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Call, Isolation, Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_makes_version_2_with_a_total() {
    let app = App::start().await;
    let id = app.draft().await;
    let before = app.get(id).await.json();

    let confirmed = app.confirm(id, "\"1\"", total(1234)).await;

    assert_confirmed(&confirmed, id, 1234);
    let after = app.get(id).await.json();
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str());
    let stored = app.database.order(id).await;
    assert_eq!(stored["status"], "confirmed");
    assert_eq!(stored["version"], 2);
    assert_eq!(stored["total_cents"], 1234);
    assert_eq!(app.database.events(id).await, [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_is_anything_from_zero_to_the_largest_int() {
    let app = App::start().await;
    for cents in [0, i32::MAX] {
        let id = app.draft().await;
        assert_confirmed(&app.confirm(id, "\"1\"", total(cents)).await, id, cents);
        assert_eq!(app.database.order(id).await["total_cents"], cents);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_gets_the_current_one_and_writes_nothing() {
    let app = App::start().await;
    let id = app.confirmed(1234).await;
    let stored = app.database.order(id).await;

    let refused = app.confirm(id, "\"1\"", total(5678)).await;

    assert_eq!(refused.status, 409);
    assert_eq!(refused.header("etag"), Some("\"2\""));
    assert_eq!(
        refused.json(),
        json!({
            "code": "conflict",
            "message": "stale version",
            "details": {
                "reason": "stale_version",
                "expectedVersion": 1,
                "currentVersion": 2,
                "currentStatus": "confirmed",
            },
        })
    );
    assert_eq!(app.database.order(id).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_is_judged_before_state() {
    let app = App::start().await;
    let id = app.closed(1234).await;
    let stored = app.database.order(id).await;

    for old in [1, 2] {
        let details = assert_stale(&app.confirm(id, &format!("\"{old}\""), total(1)).await, 3);
        assert_eq!(details["expectedVersion"], old);
        assert_eq!(details["currentStatus"], "closed");
    }
    for current in ["\"3\"", "*"] {
        let refused = app.confirm(id, current, total(1)).await;
        assert_eq!(refused.header("etag"), Some("\"3\""));
        assert_eq!(
            refused.conflict("invalid_transition"),
            json!({ "reason": "invalid_transition", "currentVersion": 3, "currentStatus": "closed" })
        );
    }
    assert_eq!(app.database.order(id).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_takes_quoted_and_bare_versions_lists_and_a_star() {
    let app = App::start().await;
    for if_match in r#""1" | 1 | "7", "1" | "1","x,y" | W/"1", "1" | , "1" | *"#.split(" | ") {
        let id = app.draft().await;
        assert_confirmed(&app.confirm(id, if_match, total(5)).await, id, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_not_the_current_version_is_stale() {
    let app = App::start().await;
    let id = app.draft().await;
    let stored = app.database.order(id).await;
    // 4294967297 is 1 in 32 bits.
    let tags =
        r#""01" | 01 | 0 | "" | "abc" | "1,1" | "2", "3" | 4294967297 | 99999999999999999999"#;
    for if_match in tags.split(" | ") {
        let details = assert_stale(&app.confirm(id, if_match, total(5)).await, 1);
        assert_eq!(details["expectedVersion"], Value::Null, "{if_match}");
    }
    for expected in [2, i32::MAX] {
        let if_match = format!("\"{expected}\"");
        let details = assert_stale(&app.confirm(id, &if_match, total(5)).await, 1);
        assert_eq!(details["expectedVersion"], expected);
        assert_eq!(details["currentStatus"], "draft");
    }
    assert_eq!(app.database.order(id).await, stored);
}

/// RFC 9110 §13.1.1. A proxy that compresses responses weakens their tags.
#[tokio::test(flavor = "multi_thread")]
async fn a_weak_tag_is_refused_with_the_reason_and_what_to_send() {
    let app = App::start().await;
    let id = app.draft().await;
    for if_match in ["W/\"1\"", "W/\"1\", W/\"2\""] {
        let refused = app.confirm(id, if_match, total(5)).await;
        let details = refused.conflict("weak_entity_tag");
        assert_eq!(
            (&details["currentVersion"], &details["currentStatus"]),
            (&json!(1), &json!("draft"))
        );
        assert!(
            refused.json()["message"]
                .as_str()
                .unwrap()
                .contains("without W/")
        );
        assert_eq!(refused.header("etag"), Some("\"1\""));
    }
    assert_confirmed(&app.confirm(id, "\"1\"", total(5)).await, id, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tags_is_bounded() {
    let app = App::start().await;
    let id = app.draft().await;
    let list = |count| vec!["\"9\""; count].join(",");
    assert_stale(&app.confirm(id, &list(16), total(5)).await, 1);
    for too_long in [list(17), format!("\"{}\"", "x".repeat(1023))] {
        let refused = app.confirm(id, &too_long, total(5)).await;
        assert_eq!(invalid(&refused)["name"], "If-Match");
        let read = app.call(http::Method::GET, format!("/orders/{id}"));
        let refused = read.header("if-none-match", &too_long).send().await;
        assert_eq!(invalid(&refused)["name"], "If-None-Match");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integer_may_be_written_with_a_point() {
    let app = App::start().await;
    for cents in ["1234.0", "1.234e3", "123400E-2"] {
        let id = app.draft().await;
        let call = app.confirmation(id, "\"1\"", json!({}));
        let body = format!(r#"{{"totalCents": {cents}}}"#);
        assert_confirmed(&call.json(body).send().await, id, 1234);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_is_required_once_and_well_formed() {
    let app = App::start().await;
    let id = app.draft().await;
    let stored = app.database.order(id).await;
    let place = json!({ "in": "header", "name": "If-Match" });
    let call = app.confirmation(id, "\"1\"", total(5));

    let missing = call.clone().without("if-match").send().await;
    let details = missing.refused(StatusCode::PRECONDITION_REQUIRED, "precondition_required");
    assert_eq!(details, place);

    for if_match in r#"abc | "1 |  | , | *, "1" | "1" "2" | -1"#.split(" | ") {
        let illegible = app.confirm(id, if_match, total(5)).await;
        assert_eq!(invalid(&illegible), place, "{if_match:?}");
    }
    let repeated = call.header("if-match", "\"1\"").send().await;
    assert_eq!(invalid(&repeated), place);
    assert_eq!(app.database.order(id).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_confirms_have_one_winner() {
    let app = App::start().await;
    let replica = app.replica().await;
    let id = app.draft().await;
    let held = app.database.hold(id).await; // so that they meet at the row
    let calls = (0..32).map(|cents| {
        let replica = if cents % 2 == 0 { &app } else { &replica };
        replica.confirm(id, "\"1\"", total(cents))
    });
    let release = async {
        held.kept_waiting(2).await;
        held.release().await;
    };

    let (replies, ()) = tokio::join!(join_all(calls), release);

    let mut winner = None;
    for (cents, reply) in (0..).zip(&replies) {
        if reply.status == 200 {
            assert_confirmed(reply, id, cents);
            assert_eq!(winner.replace(cents), None, "a second winner");
        } else {
            let details = assert_stale(reply, 2);
            assert_eq!(details["expectedVersion"], 1);
            assert_eq!(details["currentStatus"], "confirmed");
        }
    }
    let stored = app.database.order(id).await;
    assert_eq!(stored["version"], 2);
    assert_eq!(stored["total_cents"].as_i64(), winner.map(i64::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_body_is_refused_with_its_member() {
    let app = App::start().await;
    let id = app.draft().await;
    let stored = app.database.order(id).await;
    let blame = |name| json!({ "in": "body", "name": name });

    for body in r#"|null|[]|1234|{"totalCents":1|{"totalCents":1}{}|{"totalCents":01}"#.split('|') {
        let refused = confirmation(&app, id).body(body).send().await;
        assert_eq!(invalid(&refused), json!({ "in": "body" }), "{body}");
    }
    for cents in r#"null -1 2147483648 4294967297 1.5 1e10 "5" true [5] {}"#.split(' ') {
        let body = format!(r#"{{"totalCents":{cents}}}"#);
        let refused = confirmation(&app, id).body(body).send().await;
        assert_eq!(invalid(&refused), blame("totalCents"), "{cents}");
    }
    for (body, name) in [
        ("{}", "totalCents"),
        (r#"{"totalCents":5,"totalCents":5}"#, "totalCents"),
        (r#"{"totalCents":5,"total\u0043ents":6}"#, "totalCents"),
        (r#"{"totalCents":5,"currency":"EUR"}"#, "currency"),
        (r#"{"TotalCents":5}"#, "TotalCents"),
    ] {
        let refused = confirmation(&app, id).body(body).send().await;
        assert_eq!(invalid(&refused), blame(name), "{body}");
    }
    let absent = confirmation(&app, id).body("").without("content-type");
    assert_eq!(invalid(&absent.send().await), json!({ "in": "body" }));
    assert_eq!(app.database.order(id).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_is_declared_as_json() {
    let app = App::start().await;
    let id = app.draft().await;
    let undeclared = confirmation(&app, id).without("content-type");
    let unsupported = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");

    let absent = undeclared.clone().send().await;
    absent.refused(unsupported.0, unsupported.1);
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "application/jsonp",
        "",
    ] {
        let call = undeclared.clone().header("content-type", wrong);
        call.send().await.refused(unsupported.0, unsupported.1);
    }
    assert_eq!(app.database.order(id).await["version"], 1);

    for right in ["application/json; charset=utf-8", "Application/JSON"] {
        let id = app.draft().await;
        let call = confirmation(&app, id).without("content-type");
        let confirmed = call.header("content-type", right).send().await;
        assert_confirmed(&confirmed, id, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn syntax_is_judged_before_existence_and_existence_before_version() {
    let app = App::start().await;
    let unknown_id = Uuid::new_v4();
    let call = || confirmation(&app, unknown_id);

    for if_match in ["\"1\"", "\"9\"", "W/\"1\"", "*"] {
        let unknown = app.confirm(unknown_id, if_match, total(5)).await;
        let details = unknown.refused(StatusCode::NOT_FOUND, "not_found");
        assert_eq!(details, Value::Null);
        assert_eq!(unknown.header("etag"), None);
    }
    let illegible = app.confirm(unknown_id, "abc", total(5)).await;
    assert_eq!(invalid(&illegible)["name"], "If-Match");
    let without_total = call().body("{}").send().await;
    assert_eq!(invalid(&without_total)["name"], "totalCents");
    let missing = call().without("if-match").send().await;
    missing.refused(StatusCode::PRECONDITION_REQUIRED, "precondition_required");
    let nameless = call().without("x-tenant-id").without("if-match");
    assert_eq!(invalid(&nameless.send().await)["name"], "X-Tenant-Id");

    for id in [
        "not-a-uuid".to_owned(),
        unknown_id.simple().to_string(),
        format!("%7B{unknown_id}%7D"),
        format!("{unknown_id}0"),
    ] {
        let mut call = call();
        call.path = format!("/orders/{id}/confirm");
        let malformed = call.send().await;
        assert_eq!(
            invalid(&malformed),
            json!({ "in": "path", "name": "id" }),
            "{id}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_completes_after_its_client_disconnects() {
    let app = App::start().await;
    let id = app.draft().await;
    let held = app.database.hold(id).await;

    let call = app.confirmation(id, "\"1\"", total(77));
    call.hang_up_once(held.kept_waiting(1)).await;
    assert_eq!(app.database.order(id).await["version"], 1);
    held.release().await;

    eventually("what was begun is finished", async || {
        app.database.order(id).await["version"] == 2
    })
    .await;
    let stored = app.database.order(id).await;
    assert_eq!(stored["status"], "confirmed");
    assert_eq!(stored["total_cents"], 77);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_that_times_out_on_a_lock_has_no_effect() {
    let app = App::with(Isolation::Tenant, &["--lock-timeout", "50ms"]).await;
    let id = app.draft().await;
    let stored = app.database.order(id).await;
    let held = app.database.hold(id).await;

    let refused = app.confirm(id, "\"1\"", total(5)).await;

    refused.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    held.release().await;
    assert_eq!(app.database.order(id).await, stored);
    assert_confirmed(&app.confirm(id, "\"1\"", total(6)).await, id, 6);
}

// === helpers ===

fn total(cents: i32) -> Value {
    json!({ "totalCents": cents })
}

/// A valid confirmation of a draft, for the test to change.
fn confirmation(app: &App, id: Uuid) -> Call {
    app.confirmation(id, "\"1\"", total(5))
}

#[track_caller]
fn assert_confirmed(reply: &Reply, id: Uuid, cents: i32) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("etag"), Some("\"2\""));
    assert_eq!(
        reply.json(),
        json!({ "id": id, "status": "confirmed", "version": 2, "totalCents": cents })
    );
}

/// Returns the details.
#[track_caller]
fn assert_stale(reply: &Reply, current: i32) -> Value {
    let details = reply.conflict("stale_version");
    assert_eq!(reply.json()["message"], "stale version");
    assert_eq!(details["currentVersion"], current);
    assert_eq!(
        reply.header("etag"),
        Some(format!("\"{current}\"").as_str())
    );
    details
}

#[track_caller]
fn invalid(reply: &Reply) -> Value {
    reply.refused(StatusCode::BAD_REQUEST, "invalid_request")
}
