//! POST /orders: one order per idempotency key.

mod races;

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{App, Isolation, Reply};

// === the answer ===

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_makes_a_draft() {
    let app = App::start().await;
    let created = app.create("a-key", "{}").await;
    assert_eq!(created.status, 201);
    let (id, body) = (created.id(), created.json());
    let created_at = body["createdAt"].as_str().unwrap();
    assert_eq!(
        body,
        json!({ "id": id, "tenantId": app.tenant, "status": "draft", "version": 1, "createdAt": created_at })
    );
    assert_eq!(created.header("location"), Some(&*format!("orders/{id}")));
    assert_eq!(created.header("etag"), Some("\"1\""));
    assert_eq!(created_at.len(), "2026-01-31T09:30:00.123456Z".len());

    let same_instant = "SELECT created_at = $2::text::timestamptz AND updated_at = created_at
                          FROM orders WHERE id = $1";
    let admin = app.database.admin().await;
    let row = admin.query_one(same_instant, &[&id, &created_at]).await;
    assert!(row.unwrap().get::<_, bool>(0), "{created_at} is not stored");
    assert_eq!(app.get(id).await.json()["createdAt"], created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_replay_the_first_answer() {
    let app = App::start().await;
    let body = r#"{"reference":"basket-42","lines":[3,1,2]}"#;
    let first = app.create("k", body).await;
    let stored = Stored::of(&app).await;
    assert_replays(&app.create("k", body).await, &first);
    assert_eq!(Stored::of(&app).await, stored);
    assert_eq!(stored.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_the_same_after_confirm_close_restart_and_from_another_replica() {
    let app = App::start().await;
    let first = app.create("k", "{}").await;
    app.confirm(first.id(), "\"1\"", json!({ "totalCents": 1 }))
        .await;
    assert_replays(&app.create("k", "{}").await, &first);
    assert_eq!(app.close(first.id()).await.status, 200);
    assert_replays(&app.create("k", "{}").await, &first);
    assert_replays(&app.replica().await.create("k", "{}").await, &first);
    let app = app.restart().await;
    assert_replays(&app.create("k", "{}").await, &first);
    assert_eq!(app.get(first.id()).await.json()["status"], "closed");
}

// === the body ===

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_a_conflict_and_changes_nothing() {
    let app = App::start().await;
    let first = app.create("k", r#"{"a":[1,2],"b":1}"#).await;
    let stored = Stored::of(&app).await;
    for other in [
        "",
        "{}",
        r#"{"a":[1,2]}"#,
        r#"{"a":[2,1],"b":1}"#,
        r#"{"a":[1,2],"b":"1"}"#,
        r#"{"a":[1,2],"b":1,"c":null}"#,
        r#"{"A":[1,2],"b":1}"#,
    ] {
        let reused = app.create("k", other).await;
        assert_eq!(
            reused.conflict("idempotency_key_reused"),
            json!({ "reason": "idempotency_key_reused" }),
            "{other}"
        );
    }
    assert_eq!(Stored::of(&app).await, stored);
    assert_replays(&app.create("k", r#"{"a":[1,2],"b":1}"#).await, &first);
}

#[tokio::test(flavor = "multi_thread")]
async fn white_space_and_member_order_do_not_change_the_body() {
    let app = App::start().await;
    let first = app.create("k", r#"{"a":[1,{"x":0,"y":"é"}],"b":1}"#).await;
    assert_eq!(first.status, 201);
    for same in [
        r#"{"b":1,"a":[1,{"y":"é","x":0}]}"#,
        " {\n\t\"a\" : [ 1 , { \"x\" : 0 , \"y\" : \"é\" } ] ,\r\n \"b\" : 1 } ",
        r#"{"a":[1.0,{"x":-0,"y":"\u00e9"}],"b":1e0}"#,
        r#"{"\u0061":[10e-1,{"x":0.0,"y":"\u00E9"}],"b":0.1E+1}"#,
    ] {
        assert_replays(&app.create("k", same).await, &first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_body_is_the_empty_object_with_every_media_type() {
    let app = App::start().await;
    let first = app.create("k", "{}").await;
    for media_type in [
        None,
        Some("application/json"),
        Some("Application/JSON; charset=utf-8"),
        Some("application/x-www-form-urlencoded"),
    ] {
        for body in ["", "{}"] {
            let mut call = app
                .call(Method::POST, "/orders")
                .header("idempotency-key", "k")
                .body(body);
            if let Some(media_type) = media_type {
                call = call.header("content-type", media_type);
            }
            assert_replays(&call.send().await, &first);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_no_body() {
    let app = App::start().await;
    assert_eq!(app.create("key", "null").await.status, 201);
    for same in ["", "{}", "null"] {
        assert_eq!(app.create("key", same).await.status, 200, "{same}");
    }
}

/// RFC 9110 §8.4.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_a_content_coding_is_refused() {
    let app = App::start().await;
    let (status, code) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    for coding in ["gzip", "identity, br", "x"] {
        let call = app.creation("key", "{}").header("content-encoding", coding);
        let refused = call.send().await;
        refused.refused(status, code);
        assert_eq!(refused.header("accept-encoding"), Some("identity"));
    }
    let plain = app
        .creation("key", "{}")
        .header("content-encoding", "identity");
    assert_eq!(plain.send().await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_object_is_refused_and_leaves_its_key_free() {
    let app = App::start().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 20] = [
        br#"{"a":9007199254740993}"#,
        b"{",
        b" ",
        b"a=1",
        b"{}{}",
        b"{\"a\":1,}",
        b"{a:1}",
        b"{\"a\":01}",
        b"[]",
        b"\"{}\"",
        b"1",
        b"true",
        br#"{"a":1,"a":1}"#,
        br#"{"a":[{"b":1,"c":2,"b":3}]}"#,
        br#"{"a":1,"\u0061":1}"#,
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        br#"{"a":"\ud800"}"#,
        br#"{"a":1e400}"#,
        deep.as_bytes(),
    ];
    for body in bodies {
        let call = app.creation("k", "").body(body.to_vec());
        let details = call
            .send()
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(
            details,
            json!({ "in": "body" }),
            "{}",
            body[..body.len().min(30)].escape_ascii()
        );
    }
    assert_eq!(Stored::of(&app).await.counts(), (0, 0));
    assert_eq!(app.create("k", "{}").await.status, 201);
}

// === the key ===

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_repeated_or_malformed_is_refused() {
    let app = App::start().await;
    let too_long = "k".repeat(256);
    let quoted_too_long = format!("\"{too_long}\"");
    let faults: [&[&str]; 15] = [
        &[],
        &[""],
        &["k", "k"],
        &["k", "l"],
        &[&too_long],
        &[&quoted_too_long],
        &["ключ"],
        &["é"],
        &["a b"],
        &["a\tb"],
        &["\"\""],
        &["\"a"],
        &["\"a b\""],
        &["\"a\\b\""],
        &["\"a\";q=1"],
    ];
    for keys in faults {
        let mut call = app.call(Method::POST, "/orders").json("{}");
        for key in keys {
            call = call.header("idempotency-key", key);
        }
        let refused = call.send().await;
        assert_eq!(
            refused.refused(StatusCode::BAD_REQUEST, "invalid_request"),
            json!({ "in": "header", "name": "Idempotency-Key" }),
            "{keys:?}"
        );
    }
    assert_eq!(Stored::of(&app).await.counts(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_and_a_quoted_key_are_the_same_and_case_matters() {
    let app = App::start().await;
    let longest = "~".repeat(255);
    for (bare, quoted) in [
        ("abc", r#""abc""#),
        (r#"a"b\c"#, r#""a\"b\\c""#),
        (&longest, &format!("\"{longest}\"")),
    ] {
        let first = app.create(bare, "{}").await;
        assert_eq!(first.status, 201, "{bare}");
        assert_replays(&app.create(quoted, "{}").await, &first);
    }
    let first = app.create(r#""x""#, "{}").await;
    assert_replays(&app.create("x", "{}").await, &first);
    assert_eq!(app.create("X", "{}").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_tenant() {
    let app = App::start().await;
    let other = app.tenant(&format!("{}.other", app.tenant));
    let (ours, theirs) = (app.create("k", "{}").await, other.create("k", "{}").await);
    assert_eq!((ours.status, theirs.status), (201, 201));
    assert_ne!(ours.id(), theirs.id());
    assert_replays(&app.create("k", "{}").await, &ours);
    assert_replays(&other.create("k", "{}").await, &theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_free_again_after_one_hour() {
    let app = App::start().await;
    let first = app.create("k", "{}").await;
    age_key(&app, "k", "59 minutes").await;
    assert_replays(&app.create("k", "{}").await, &first);
    let reused = app.create("k", r#"{"another":"body"}"#).await;
    reused.conflict("idempotency_key_reused");

    age_key(&app, "k", "61 minutes").await;
    let second = app.create("k", r#"{"another":"body"}"#).await;
    assert_eq!(second.status, 201);
    assert_ne!(second.id(), first.id());
    assert_eq!(app.get(first.id()).await.status, 200);
    assert_eq!(Stored::of(&app).await.counts(), (2, 1));

    // The key belongs to the new order now, for another hour.
    let replayed = app.create("k", r#"{"another":"body"}"#).await;
    assert_replays(&replayed, &second);
    let reused = app.create("k", "{}").await;
    reused.conflict("idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_create_stores_nothing_and_frees_its_key() {
    let app = App::with(Isolation::Database, &[]).await;
    let admin = app.database.admin().await;
    let fail = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'a secret of the database'; END $$";
    admin.batch_execute(fail).await.unwrap();
    let at_insert =
        "CREATE TRIGGER fails BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()";
    let at_commit =
        "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW EXECUTE FUNCTION fail()";
    for (made, fault) in [at_insert, at_commit].into_iter().enumerate() {
        let key = format!("k{made}");
        let stored = Stored::of(&app).await;
        admin.batch_execute(fault).await.unwrap();
        let failed = app.create(&key, "{}").await;
        failed.refused(StatusCode::INTERNAL_SERVER_ERROR, "internal");
        assert_eq!(
            failed.json(),
            json!({ "code": "internal", "message": "internal error" })
        );
        assert_eq!(Stored::of(&app).await, stored);
        admin
            .batch_execute("DROP TRIGGER fails ON orders")
            .await
            .unwrap();
        assert_eq!(app.create(&key, "{}").await.status, 201, "{fault}");
    }
}

// === helpers ===

/// A tenant's rows.
#[derive(Debug, PartialEq)]
struct Stored {
    orders: Vec<String>,
    keys: Vec<String>,
}

// === impl Stored ===

impl Stored {
    async fn of(app: &App) -> Self {
        let admin = app.database.admin().await;
        let rows = async |table| {
            let query = format!("SELECT t::text FROM {table} AS t WHERE tenant_id = $1 ORDER BY 1");
            let rows = admin.query(&query, &[&app.tenant]).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        };
        Self {
            orders: rows("orders").await,
            keys: rows("idempotency_keys").await,
        }
    }

    fn counts(&self) -> (usize, usize) {
        (self.orders.len(), self.keys.len())
    }
}

/// After the database's clock was set back by an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_the_future_replays() {
    let app = App::start().await;
    let first = app.create("key", "{}").await;
    age_key(&app, "key", "-1 hour").await;
    assert_replays(&app.create("key", "{}").await, &first);
}

#[track_caller]
fn assert_replays(reply: &Reply, first: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, first.body);
    assert_eq!(reply.header("idempotent-replayed"), Some("true"));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(reply.header(name), first.header(name), "{name}");
    }
}

async fn age_key(app: &App, key: &str, age: &str) {
    let update = "UPDATE idempotency_keys SET created_at = now() - $3::text::interval
                   WHERE tenant_id = $1 AND key = $2";
    let admin = app.database.admin().await;
    let aged = admin.execute(update, &[&app.tenant, &key, &age]).await;
    assert_eq!(aged.unwrap(), 1);
}
