//! Contract, core, SQL and service agree: the same limits, and the same verdicts on input.

use http::{HeaderValue, Method};
use orders_core::{
    limits::{
        CURSOR_MAX_LEN, IDEMPOTENCY_KEY_MAX_LEN, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX,
        PAGE_LIMIT_MIN, TENANT_ID_MAX_LEN, TOTAL_CENTS_MAX,
    },
    order::Status,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Call, Contract};

#[test]
fn the_contract_states_the_limits_of_core() {
    let document = Contract::get().document();
    let parameter = |name: &str| document["components"]["parameters"][name]["schema"].clone();
    let limit = parameter("Limit");
    assert_eq!(limit["minimum"], PAGE_LIMIT_MIN);
    assert_eq!(limit["maximum"], PAGE_LIMIT_MAX);
    assert_eq!(limit["default"], PAGE_LIMIT_DEFAULT);
    assert_eq!(parameter("TenantId")["maxLength"], TENANT_ID_MAX_LEN);
    assert_eq!(parameter("Cursor")["maxLength"], CURSOR_MAX_LEN);
    // As a structured-field string each character may be escaped, and there are two quotes.
    let key = parameter("IdempotencyKey");
    assert_eq!(key["maxLength"], 2 * IDEMPOTENCY_KEY_MAX_LEN + 2);
    let schemas = &document["components"]["schemas"];
    let total = &schemas["Confirmation"]["properties"]["totalCents"];
    assert_eq!(total["maximum"], TOTAL_CENTS_MAX);
    assert_eq!(total["minimum"], 0);
    let items = &schemas["OrderPage"]["properties"]["items"];
    assert_eq!(items["maxItems"], PAGE_LIMIT_MAX);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_holds_the_totals_of_core_and_no_others() {
    let app = App::start().await;
    let admin = app.database.admin().await;
    for (total, fits) in [
        (0, true),
        (i64::from(TOTAL_CENTS_MAX), true),
        (-1, false),
        (i64::from(TOTAL_CENTS_MAX) + 1, false),
    ] {
        let insert = format!(
            "INSERT INTO orders (tenant_id, id, status, version, total_cents, created_at, updated_at)
             VALUES ('{}', gen_random_uuid(), 'confirmed', 2, {total}, now(), now())",
            app.tenant
        );
        let inserted = admin.batch_execute(&insert).await;
        assert_eq!(inserted.is_ok(), fits, "{total}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_has_the_statuses_of_core() {
    let app = App::start().await;
    let admin = app.database.admin().await;
    let definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint
                       WHERE conrelid = 'orders'::regclass AND conname = 'orders_status_check'";
    let definition: String = admin.query_one(definition, &[]).await.unwrap().get(0);
    let quoted = definition.split('\'').skip(1).step_by(2);
    let statuses: Vec<_> = quoted.map(str::parse).collect();
    assert_eq!(statuses, Status::ALL.map(Ok));
}

#[test]
fn no_statement_writes_the_lifetime_of_a_key_by_hand() {
    let queries = include_str!("../queries/idempotency_keys.sql");
    assert!(queries.contains(":key_lifetime"));
    for literal in ["1 hour", "2 hours", "3600"] {
        assert!(!queries.contains(literal), "{literal} comes from core");
    }
}

/// The vectors that core and its WebAssembly builds satisfy, as requests.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_accepts_what_core_accepts_and_refuses_what_core_refuses() {
    let app = App::start().await;
    let order = app.draft().await;
    let groups: Value = serde_json::from_str(include_str!("../core/tests/vectors.json")).unwrap();
    let mut requests = 0;
    for group in groups.as_array().unwrap() {
        for case in group["cases"].as_array().unwrap() {
            let input = &case["with"][0];
            let Some(call) = request(&app, order, case["call"].as_str().unwrap(), input) else {
                continue;
            };
            let response = call.send().await;
            let refused = case.get("refuses").is_some();
            assert_eq!(response.status == 400, refused, "{case}: {response:?}");
            requests += 1;
        }
    }
    assert!(requests > 80, "only {requests} requests");
}

/// A request whose only doubtful part is the input, or `None` if no request carries it.
fn request(app: &App, order: Uuid, function: &str, input: &Value) -> Option<Call> {
    let get = |path: String| app.call(Method::GET, path);
    let text = input.as_str().unwrap_or_default();
    Some(match function {
        "validateTenantId" => get("/orders".to_owned())
            .without("x-tenant-id")
            .header("x-tenant-id", header(text)?),
        "validateIdempotencyKey" => app
            .creation("", "{}")
            .without("idempotency-key")
            .header("idempotency-key", header(text)?),
        "parseIfMatch" => {
            app.confirmation(Uuid::new_v4(), header(text)?, json!({ "totalCents": 1 }))
        }
        "validateLimit" => get(format!("/orders?limit={input}")),
        "validateTotalCents" => app.confirmation(order, "\"9\"", json!({ "totalCents": input })),
        "decodeCursor" => get(format!("/orders?cursor={}", escaped(text))),
        // An empty segment is another path.
        "validateOrderId" if !text.is_empty() => get(format!("/orders/{}", escaped(text))),
        "requestFingerprint" => app.creation(&Uuid::new_v4().to_string(), text),
        _ => return None,
    })
}

/// The text, if a header carries it unchanged: white space around a value is no part of it
/// (RFC 9110 §5.5).
fn header(text: &str) -> Option<&str> {
    let is_carried = text.trim_matches([' ', '\t']) == text && text.is_ascii();
    (is_carried && HeaderValue::from_str(text).is_ok()).then_some(text)
}

/// Percent-encodes every byte but letters, digits, `-` and `_` (RFC 3986 §2.1).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
