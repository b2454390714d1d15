//! GET /orders/{id}, with and without If-None-Match.

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Client, Reply};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_returned_whole_in_every_status() {
    let app = App::start().await;
    let draft = app.draft().await;
    for (id, status, version, total) in [
        (draft, "draft", 1, Value::Null),
        (app.confirmed(0).await, "confirmed", 2, json!(0)),
        (app.closed(1234).await, "closed", 3, json!(1234)),
    ] {
        let found = app.get(id).await;

        assert_eq!(found.status, 200);
        assert_eq!(
            found.header("etag"),
            Some(format!("\"{version}\"").as_str())
        );
        let (created_at, updated_at) = stored_instants(&app, id).await;
        assert_eq!(
            found.json(),
            json!({
                "id": id,
                "tenantId": app.tenant,
                "status": status,
                "version": version,
                "totalCents": total,
                "createdAt": created_at,
                "updatedAt": updated_at,
            })
        );
        assert_eq!(created_at == updated_at, id == draft);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_returns_the_last_write() {
    let app = App::start().await;
    let replica = app.replica().await;
    let id = app.draft().await;
    assert_eq!(app.get(id).await.header("etag"), Some("\"1\""));
    let confirmed = app.confirm(id, "\"1\"", json!({ "totalCents": 5 })).await;
    assert_eq!(
        replica.get(id).await.header("etag"),
        confirmed.header("etag")
    );
    assert_eq!(replica.get(id).await.json()["totalCents"], 5);
    let closed = replica.close(id).await;
    assert_eq!(app.get(id).await.header("etag"), closed.header("etag"));
    assert_eq!(app.get(id).await.json()["status"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timestamp_has_six_fraction_digits_also_when_they_are_zero() {
    let app = App::start().await;
    let id = app.draft().await;
    let admin = app.database.admin().await;
    for (stored, shown) in [
        ("2026-01-31 09:30:00+00", "2026-01-31T09:30:00.000000Z"),
        ("2026-01-31 10:30:00.1+01", "2026-01-31T09:30:00.100000Z"),
        (
            "2026-01-31 09:30:00.000001+00",
            "2026-01-31T09:30:00.000001Z",
        ),
        (
            "2026-12-31 23:59:59.999999+00",
            "2026-12-31T23:59:59.999999Z",
        ),
    ] {
        let rewrite = format!(
            "UPDATE orders SET created_at = '{stored}', updated_at = '{stored}' WHERE id = '{id}'"
        );
        admin.batch_execute(&rewrite).await.unwrap();

        let order = app.get(id).await.json();

        assert_eq!(order["createdAt"], shown);
        assert_eq!(order["updatedAt"], shown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_version_in_if_none_match_gives_304() {
    let app = App::start().await;
    let id = app.confirmed(5).await;
    for held in [
        "\"2\"",
        "W/\"2\"",
        "2",
        "\"1\", \"2\"",
        "\"abc\",W/\"2\"",
        "*",
    ] {
        for method in [Method::GET, Method::HEAD] {
            let unmodified = conditional(&app, method, id, held).await;
            assert_eq!(unmodified.status, 304, "{held}");
            assert_eq!(unmodified.body, "");
            assert_eq!(unmodified.header("etag"), Some("\"2\""));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_in_if_none_match_gives_the_order() {
    let app = App::start().await;
    let id = app.confirmed(5).await;
    let order = app.get(id).await.json();
    for held in [
        "\"1\"",
        "W/\"1\"",
        "\"3\"",
        "\"1\", \"3\"",
        "\"02\"",
        "\"abc\"",
        "\"\"",
    ] {
        let found = conditional(&app, Method::GET, id, held).await;
        assert_eq!(found.status, 200, "{held}");
        assert_eq!(found.json(), order);
        assert_eq!(found.header("etag"), Some("\"2\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_none_match_is_sent_once_and_well_formed() {
    let app = App::start().await;
    let id = app.draft().await;
    let place = json!({ "in": "header", "name": "If-None-Match" });
    for illegible in ["abc", "\"1", "", ",", "*, \"1\"", "W/1"] {
        let refused = conditional(&app, Method::GET, id, illegible).await;
        assert_eq!(invalid(&refused), place, "{illegible:?}");
    }
    let repeated = app
        .call(Method::GET, format!("/orders/{id}"))
        .header("if-none-match", "\"1\"")
        .header("if-none-match", "\"1\"");
    assert_eq!(invalid(&repeated.send().await), place);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_is_not_found_with_every_if_none_match() {
    let app = App::start().await;
    let unknown_id = Uuid::new_v4();
    for unknown in [
        app.get(unknown_id).await,
        conditional(&app, Method::GET, unknown_id, "*").await,
        conditional(&app, Method::GET, unknown_id, "\"1\"").await,
    ] {
        let details = unknown.refused(StatusCode::NOT_FOUND, "not_found");
        assert_eq!(details, Value::Null);
        assert_eq!(unknown.header("etag"), None);
    }
    let illegible = conditional(&app, Method::GET, unknown_id, "abc").await;
    assert_eq!(invalid(&illegible)["name"], "If-None-Match");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_a_uuid_with_hyphens() {
    let app = App::start().await;
    let order = app.draft().await;
    for id in [
        "not-a-uuid".to_owned(),
        order.simple().to_string(),
        format!("%7B{order}%7D"),
        format!("urn:uuid:{order}"),
        format!("{order}0"),
        format!("{order}%20"),
    ] {
        let path = format!("/orders/{id}");
        let malformed = app.call(Method::GET, path).send().await;
        assert_eq!(
            invalid(&malformed),
            json!({ "in": "path", "name": "id" }),
            "{id}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_its_body() {
    let app = App::start().await;
    for id in [app.confirmed(1234).await, Uuid::new_v4()] {
        let path = format!("/orders/{id}");
        let get = app.call(Method::GET, path.as_str()).send().await;
        let head = app.call(Method::HEAD, path).send().await;

        assert_eq!(head.status, get.status);
        assert_eq!(head.body, "");
        assert_eq!(
            head.header("content-length"),
            Some(get.body.len().to_string().as_str())
        );
        assert_eq!(lasting(head.headers), lasting(get.headers));
    }
}

// === helpers ===

async fn conditional(client: &Client, method: Method, id: Uuid, held: &str) -> Reply {
    let call = client.call(method, format!("/orders/{id}"));
    call.header("if-none-match", held).send().await
}

/// `created_at` and `updated_at` as the contract writes them.
async fn stored_instants(app: &App, id: Uuid) -> (String, String) {
    let instants = r#"SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                             to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        FROM orders WHERE id = $1"#;
    let admin = app.database.admin().await;
    let row = admin.query_one(instants, &[&id]).await.unwrap();
    (row.get(0), row.get(1))
}

/// The headers that do not differ from response to response.
fn lasting(mut headers: HeaderMap) -> HeaderMap {
    headers.remove("date");
    headers.remove("x-request-id");
    headers
}

#[track_caller]
fn invalid(reply: &Reply) -> Value {
    reply.refused(StatusCode::BAD_REQUEST, "invalid_request")
}
