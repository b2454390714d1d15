//! POST /orders/{id}/close: the order is closed and its event is written, in one transaction.

use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Call, Client, Isolation, Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_close_makes_version_3() {
    let app = App::start().await;
    let id = app.confirmed(1234).await;
    let before = app.get(id).await.json();

    assert_closed(&app.close(id).await, id);

    let after = app.get(id).await.json();
    assert_eq!(after["status"], "closed");
    assert_eq!(after["totalCents"], 1234);
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_writes_one_event_with_its_own_timestamp() {
    let app = App::start().await;
    for cents in [0, 1234, i32::MAX] {
        let id = app.closed(cents).await;

        let event = only_event(&app, id).await;

        assert_eq!(event["event_type"], "orders.closed");
        assert_eq!(event["tenant_id"], app.tenant.as_str());
        assert_eq!(event["order_id"], json!(id));
        assert_eq!(event["published_at"], Value::Null);
        // `get` shows that this is `updated_at` as it is stored.
        let closed_at = &app.get(id).await.json()["updatedAt"];
        assert_eq!(
            event["payload"],
            json!({ "orderId": id, "tenantId": app.tenant, "totalCents": cents, "closedAt": closed_at })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_cannot_be_closed() {
    let app = App::start().await;
    let id = app.draft().await;
    let stored = app.database.order(id).await;

    for _ in 0..2 {
        assert_illegal(&app.close(id).await, "draft", 1);
    }

    assert_eq!(app.database.order(id).await, stored);
    assert_eq!(app.database.events(id).await, NONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_order_is_not_closed_again_and_has_one_event() {
    let app = App::start().await;
    let id = app.closed(1234).await;
    let (stored, event) = (app.database.order(id).await, only_event(&app, id).await);

    for call in [closing(&app, id), closing(&app, id).header("if-match", "*")] {
        assert_illegal(&call.send().await, "closed", 3);
    }

    assert_eq!(app.database.order(id).await, stored);
    assert_eq!(only_event(&app, id).await, event);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_closes_have_one_winner_and_one_event() {
    let app = App::start().await;
    let replica = app.replica().await;
    let id = app.confirmed(1234).await;
    let held = app.database.hold(id).await; // so that they meet at the row
    let calls = (0..32).map(|n| [&app, &replica][n % 2].close(id));
    let release = async {
        held.kept_waiting(2).await;
        held.release().await;
    };

    let (replies, ()) = tokio::join!(join_all(calls), release);

    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1, "{replies:?}");
    assert_closed(won[0], id);
    for reply in lost {
        assert_illegal(reply, "closed", 3);
    }
    assert_eq!(app.database.order(id).await["version"], 3);
    only_event(&app, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_races_a_confirm_comes_before_or_after_it() {
    let app = App::start().await;
    let replica = app.replica().await;
    let drafts = join_all((0..16).map(|_| app.draft())).await;

    join_all(drafts.iter().map(async |&id| {
        let confirm = app.confirm(id, "\"1\"", json!({ "totalCents": 5 }));
        let (confirmed, closed) = tokio::join!(confirm, replica.close(id));

        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        let stored = app.database.order(id).await;
        if closed.status == 200 {
            assert_closed(&closed, id);
            assert_eq!(stored["status"], "closed");
            assert_eq!(stored["version"], 3);
            assert_eq!(only_event(&app, id).await["payload"]["totalCents"], 5);
        } else {
            assert_illegal(&closed, "draft", 1);
            assert_eq!(stored["status"], "confirmed");
            assert_eq!(stored["version"], 2);
            assert_eq!(app.database.events(id).await, NONE);
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_is_retried_if_the_order_is_confirmed_in_between() {
    let app = App::with(Isolation::Database, &[]).await;
    let id = app.draft().await;
    // The order is confirmed between the UPDATE, which finds a draft, and the reread.
    let confirm_behind = "CREATE FUNCTION confirm_behind() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF pg_trigger_depth() = 1 THEN
                UPDATE orders SET status = 'confirmed', version = 2, total_cents = 5 WHERE status = 'draft';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER confirm_behind AFTER UPDATE ON orders EXECUTE FUNCTION confirm_behind()";
    let admin = app.database.admin().await;
    admin.batch_execute(confirm_behind).await.unwrap();

    assert_closed(&app.close(id).await, id);

    assert_eq!(only_event(&app, id).await["payload"]["totalCents"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_is_optional_and_checked_when_sent() {
    let app = App::start().await;
    for right in ["\"2\"", "2", "\"7\", \"2\"", "*"] {
        let id = app.confirmed(5).await;
        let closed = closing(&app, id).header("if-match", right).send().await;
        assert_closed(&closed, id);
        only_event(&app, id).await;
    }

    let id = app.confirmed(5).await;
    let stored = app.database.order(id).await;
    for (stale, expected) in [
        ("\"1\"", json!(1)),
        ("\"3\"", json!(3)),
        ("\"1\", \"3\"", Value::Null),
    ] {
        let refused = closing(&app, id).header("if-match", stale).send().await;
        let details = assert_stale(&refused, "confirmed", 2);
        assert_eq!(details["expectedVersion"], expected, "{stale}");
    }
    for illegible in ["abc", "\"2", "", ","] {
        let call = closing(&app, id).header("if-match", illegible);
        assert_eq!(invalid(&call.send().await)["name"], "If-Match");
    }
    let call = closing(&app, id).header("if-match", "*");
    let repeated = call.header("if-match", "*").send().await;
    assert_eq!(invalid(&repeated)["name"], "If-Match");
    assert_eq!(app.database.order(id).await, stored);
    assert_eq!(app.database.events(id).await, NONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_is_judged_before_state() {
    let app = App::start().await;
    for (id, status, version) in [
        (app.draft().await, "draft", 1),
        (app.closed(5).await, "closed", 3),
    ] {
        let stale = closing(&app, id).header("if-match", "\"2\"").send().await;
        assert_stale(&stale, status, version);
        let right = closing(&app, id).header("if-match", &format!("\"{version}\""));
        assert_illegal(&right.send().await, status, version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_is_empty_or_an_empty_object() {
    let app = App::start().await;
    for body in ["", "{}", " {\n} "] {
        let id = app.confirmed(5).await;
        assert_closed(&closing(&app, id).json(body).send().await, id);
    }

    let id = app.confirmed(5).await;
    assert_closed(&closing(&app, id).json("null").send().await, id);

    let id = app.confirmed(5).await;
    let stored = app.database.order(id).await;
    for body in ["[]", "garbage", "{", "{} {}"] {
        let refused = closing(&app, id).json(body).send().await;
        assert_eq!(invalid(&refused), json!({ "in": "body" }), "{body}");
    }
    let member = closing(&app, id).json(r#"{"a":1}"#).send().await;
    assert_eq!(invalid(&member), json!({ "in": "body", "name": "a" }));
    for call in [
        closing(&app, id).body("{}"),
        closing(&app, id)
            .body("{}")
            .header("content-type", "text/plain"),
    ] {
        let (status, code) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        call.send().await.refused(status, code);
    }
    assert_eq!(app.database.order(id).await, stored);
    assert_eq!(app.database.events(id).await, NONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_to_write_the_event_rolls_the_close_back() {
    let app = App::with(Isolation::Database, &[]).await;
    let id = app.confirmed(1234).await;
    let stored = app.database.order(id).await;
    let admin = app.database.admin().await;
    let forbid = "ALTER TABLE outbox ADD CONSTRAINT silence CHECK (false)";
    admin.batch_execute(forbid).await.unwrap();

    for _ in 0..2 {
        let failed = app.close(id).await;
        assert_eq!(failed.status, 500);
        assert_eq!(
            failed.json(),
            json!({ "code": "internal", "message": "internal error" })
        );
        assert_eq!(app.database.order(id).await, stored);
        assert_eq!(app.database.events(id).await, NONE);
    }

    let allow = "ALTER TABLE outbox DROP CONSTRAINT silence";
    admin.batch_execute(allow).await.unwrap();
    assert_closed(&app.close(id).await, id);
    only_event(&app, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_completes_after_its_client_disconnects() {
    let app = App::start().await;
    let id = app.confirmed(1234).await;
    let held = app.database.hold(id).await;

    closing(&app, id).hang_up_once(held.kept_waiting(1)).await;
    assert_eq!(app.database.order(id).await["version"], 2);
    held.release().await;

    eventually("what was begun is finished", async || {
        app.database.order(id).await["status"] == "closed"
    })
    .await;
    only_event(&app, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_is_not_found_after_syntax() {
    let app = App::start().await;
    let unknown_id = Uuid::new_v4();
    for call in [
        closing(&app, unknown_id),
        closing(&app, unknown_id).header("if-match", "\"9\""),
    ] {
        let unknown = call.send().await;
        let details = unknown.refused(StatusCode::NOT_FOUND, "not_found");
        assert_eq!(details, Value::Null);
    }
    let illegible = closing(&app, unknown_id)
        .header("if-match", "abc")
        .send()
        .await;
    assert_eq!(invalid(&illegible)["name"], "If-Match");
    let path = format!("/orders/{}/close", unknown_id.simple());
    let malformed = app.call(Method::POST, path).send().await;
    assert_eq!(invalid(&malformed), json!({ "in": "path", "name": "id" }));
}

// === helpers ===

const NONE: [Value; 0] = [];

fn closing(client: &Client, id: Uuid) -> Call {
    client.call(Method::POST, format!("/orders/{id}/close"))
}

/// The order's event. Fails the test unless there is exactly one.
async fn only_event(app: &App, id: Uuid) -> Value {
    let mut events = app.database.events(id).await;
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

#[track_caller]
fn assert_closed(reply: &Reply, id: Uuid) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("etag"), Some("\"3\""));
    assert_eq!(
        reply.json(),
        json!({ "id": id, "status": "closed", "version": 3 })
    );
}

#[track_caller]
fn assert_illegal(reply: &Reply, status: &str, version: i32) {
    assert_eq!(
        reply.conflict("invalid_transition"),
        json!({ "reason": "invalid_transition", "currentStatus": status, "currentVersion": version })
    );
    assert_eq!(
        reply.header("etag"),
        Some(format!("\"{version}\"").as_str())
    );
}

/// Returns the details.
#[track_caller]
fn assert_stale(reply: &Reply, status: &str, version: i32) -> Value {
    let details = reply.conflict("stale_version");
    assert_eq!(reply.json()["message"], "stale version");
    assert_eq!(details["currentStatus"], status);
    assert_eq!(details["currentVersion"], version);
    assert_eq!(
        reply.header("etag"),
        Some(format!("\"{version}\"").as_str())
    );
    details
}

#[track_caller]
fn invalid(reply: &Reply) -> Value {
    reply.refused(StatusCode::BAD_REQUEST, "invalid_request")
}
