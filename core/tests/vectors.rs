//! `vectors.json`: calls with their results or errors. Core must satisfy them here, and its
//! WebAssembly build in Node and in a browser (`clients/core/tests`), so that all three behave
//! alike.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should panic"
)]

use std::{fmt::Display, str::FromStr};

use orders_core::{
    cursor::Cursor,
    idempotency::{CreateBody, Fingerprint, IdempotencyKey, InvalidBody, Reuse},
    limits,
    order::{OrderId, Status, TotalCents},
    page::PageLimit,
    tenant::TenantId,
    timestamp::Timestamp,
    version::{Precondition, Version},
};
use serde_json::{Value, json};

/// The result of a call, or the code and message of its error.
type Outcome = Result<Value, Value>;

#[test]
fn core_satisfies_the_vectors() {
    let groups: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let mut calls = 0;
    for group in groups.as_array().unwrap() {
        for case in group["cases"].as_array().unwrap() {
            let outcome = call(case["call"].as_str().unwrap(), &case["with"]);
            let (gives, refuses) = (case.get("gives").cloned(), case.get("refuses").cloned());
            let expected = gives.ok_or_else(|| refuses.unwrap());
            assert_eq!(outcome, expected, "{}: {case}", group["claim"]);
            calls += 1;
        }
    }
    assert!(calls > 150, "only {calls} calls");
}

/// A function of the npm package, written with core.
fn call(function: &str, with: &Value) -> Outcome {
    let text = |i: usize| with[i].as_str().unwrap();
    let number = || with[0].as_i64().unwrap();
    match function {
        "decodeCursor" => {
            let cursor: Cursor = parse(text(0), "invalid_cursor")?;
            Ok(json!({ "ts": cursor.created_at.to_string(), "id": cursor.id.to_string() }))
        }
        "encodeCursor" => encode_cursor(&with[0]),
        "requestFingerprint" => Ok(fingerprint(text(0))?.to_string().into()),
        "sameBody" => {
            let reuse = fingerprint(text(0))?.reuse(&fingerprint(text(1))?);
            Ok((reuse == Reuse::Replay).into())
        }
        "validateIdempotencyKey" => {
            let key: IdempotencyKey = parse(text(0), "invalid_idempotency_key")?;
            Ok(key.as_str().into())
        }
        "parseIfMatch" => {
            let precondition: Precondition = parse(text(0), "invalid_entity_tags")?;
            Ok(precondition.versions().map_or("*".into(), |versions| {
                versions.iter().map(|version| version.get()).collect()
            }))
        }
        "etag" => i32::try_from(number())
            .ok()
            .and_then(Version::new)
            .map(|version| version.etag().into())
            .ok_or(json!([
                "invalid_version",
                "must be an integer from 1 to 2147483647"
            ])),
        "statuses" => Ok(Status::ALL.map(Status::as_str).to_vec().into()),
        "allowedActions" => Ok(status(text(0))?
            .allowed_transitions()
            .map(|transition| transition.as_str())
            .collect()),
        "canTransition" => {
            let (from, to) = (status(text(0))?, status(text(1))?);
            Ok(from
                .allowed_transitions()
                .any(|transition| transition.to() == to)
                .into())
        }
        "validateTotalCents" => TotalCents::try_from(number())
            .map(|total| total.get().into())
            .map_err(code("out_of_range")),
        "validateLimit" => PageLimit::try_from(number())
            .map(|limit| limit.get().into())
            .map_err(code("out_of_range")),
        "validateTenantId" => {
            let id: TenantId = parse(text(0), "invalid_tenant_id")?;
            Ok(id.as_str().into())
        }
        "validateOrderId" => {
            let id: OrderId = parse(text(0), "invalid_order_id")?;
            Ok(id.to_string().into())
        }
        "limits" => Ok(all_limits()),
        unknown => panic!("core has no {unknown}"),
    }
}

fn encode_cursor(cursor: &Value) -> Outcome {
    let text = |name| cursor[name].as_str().unwrap();
    let created_at: Timestamp = parse(text("ts"), "invalid_timestamp")?;
    let id: OrderId = parse(text("id"), "invalid_order_id")?;
    Ok(Cursor { created_at, id }.encode().into())
}

fn fingerprint(body: &str) -> Result<Fingerprint, Value> {
    let body = body.parse::<CreateBody>().map_err(|error| {
        code(match error {
            InvalidBody::NotJson { .. } => "invalid_json",
            InvalidBody::NotAnObject => "not_an_object",
            InvalidBody::DuplicateMember(_) => "duplicate_member",
            InvalidBody::InexactNumber => "inexact_number",
        })(error)
    })?;
    Ok(body.fingerprint())
}

fn status(name: &str) -> Result<Status, Value> {
    parse(name, "unknown_status")
}

fn all_limits() -> Value {
    json!({
        "tenantIdMaxLength": limits::TENANT_ID_MAX_LEN,
        "idempotencyKeyMaxLength": limits::IDEMPOTENCY_KEY_MAX_LEN,
        "idempotencyWindowSeconds": limits::IDEMPOTENCY_WINDOW_SECONDS,
        "totalCentsMax": limits::TOTAL_CENTS_MAX,
        "pageLimitMin": limits::PAGE_LIMIT_MIN,
        "pageLimitDefault": limits::PAGE_LIMIT_DEFAULT,
        "pageLimitMax": limits::PAGE_LIMIT_MAX,
        "cursorMaxLength": limits::CURSOR_MAX_LEN,
        "jsonDepthMax": limits::JSON_DEPTH_MAX,
        "textMaxLength": 1_048_576, // a limit of core/wasm
    })
}

fn parse<T: FromStr<Err: Display>>(text: &str, refused: &'static str) -> Result<T, Value> {
    text.parse().map_err(code(refused))
}

fn code<E: Display>(code: &'static str) -> impl Fn(E) -> Value {
    move |error| json!([code, error.to_string()])
}
