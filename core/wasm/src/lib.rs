//! The rules of the Orders API for JavaScript. Each function reads its arguments, calls core and
//! converts the result.
//!
//! **Invariant:** this crate has no rule of its own.
//!
//! **Invariant:** no argument traps, of whatever type and size. A refused argument is thrown as an
//! `Error` with a stable `code`.

#![cfg_attr(
    not(test),
    deny(clippy::panic, clippy::unwrap_used, clippy::expect_used)
)]

mod arguments;
mod refused;
mod types;

use js_sys::Array;
use orders_core::{
    cursor::Cursor,
    idempotency::{CreateBody, Fingerprint, IdempotencyKey, Reuse},
    limits,
    order::{OrderId, Status, TotalCents},
    page::PageLimit,
    tenant::TenantId,
    version::Precondition,
};
use wasm_bindgen::prelude::*;

use crate::{
    arguments::{integer, member, status, text, version},
    refused::Refused,
    types::object,
};

// === cursors ===

/// Reads a cursor. Throws `invalid_cursor`.
#[wasm_bindgen(js_name = decodeCursor, unchecked_return_type = "Cursor")]
pub fn decode_cursor(
    #[wasm_bindgen(unchecked_param_type = "string")] cursor: &JsValue,
) -> Result<JsValue, Refused> {
    let Cursor { created_at, id } = text(cursor)?.parse()?;
    Ok(object([
        ("ts", created_at.to_string().into()),
        ("id", id.to_string().into()),
    ]))
}

/// Writes a cursor. Throws `invalid_timestamp` or `invalid_order_id`.
#[wasm_bindgen(js_name = encodeCursor)]
pub fn encode_cursor(
    #[wasm_bindgen(unchecked_param_type = "Cursor")] cursor: &JsValue,
) -> Result<String, Refused> {
    let created_at = text(&member(cursor, "ts")?)?.parse()?;
    let id = text(&member(cursor, "id")?)?.parse()?;
    Ok(Cursor { created_at, id }.encode())
}

// === idempotency ===

/// The SHA-256, in hexadecimal, of the body's canonical form (RFC 8785): equal for two bodies
/// exactly if they are the same to the service. An absent body is the empty string. Throws
/// `invalid_json`, `not_an_object`, `duplicate_member` or `inexact_number`.
#[wasm_bindgen(js_name = requestFingerprint)]
pub fn request_fingerprint(
    #[wasm_bindgen(unchecked_param_type = "string")] body: &JsValue,
) -> Result<String, Refused> {
    Ok(fingerprint(body)?.to_string())
}

/// Whether two bodies under one key are the same to the service. Throws as `requestFingerprint`.
#[wasm_bindgen(js_name = sameBody)]
pub fn same_body(
    #[wasm_bindgen(unchecked_param_type = "string")] a: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] b: &JsValue,
) -> Result<bool, Refused> {
    Ok(fingerprint(a)?.reuse(&fingerprint(b)?) == Reuse::Replay)
}

fn fingerprint(body: &JsValue) -> Result<Fingerprint, Refused> {
    Ok(text(body)?.parse::<CreateBody>()?.fingerprint())
}

/// The key without quotes and escapes. Throws `invalid_idempotency_key`.
#[wasm_bindgen(js_name = validateIdempotencyKey)]
pub fn validate_idempotency_key(
    #[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue,
) -> Result<String, Refused> {
    Ok(text(key)?.parse::<IdempotencyKey>()?.as_str().into())
}

// === versions ===

/// The versions that match an `If-Match` value, `"*"` for all. Throws `invalid_entity_tags`.
#[wasm_bindgen(js_name = parseIfMatch, unchecked_return_type = "IfMatch")]
pub fn parse_if_match(
    #[wasm_bindgen(unchecked_param_type = "string")] value: &JsValue,
) -> Result<JsValue, Refused> {
    let precondition: Precondition = text(value)?.parse()?;
    Ok(match precondition.versions() {
        None => "*".into(),
        Some(versions) => numbers(versions.iter().map(|version| version.get())),
    })
}

/// The entity tag of a version, for `If-Match`. Throws `invalid_version`.
#[wasm_bindgen]
pub fn etag(
    #[wasm_bindgen(js_name = version, unchecked_param_type = "number")] number: &JsValue,
) -> Result<String, Refused> {
    Ok(version(number)?.etag())
}

fn numbers(numbers: impl Iterator<Item = i32>) -> JsValue {
    numbers.map(JsValue::from).collect::<Array>().into()
}

// === the life cycle ===

/// Whether a transition leads from one status to the other. Throws `unknown_status`.
#[wasm_bindgen(js_name = canTransition)]
pub fn can_transition(
    #[wasm_bindgen(unchecked_param_type = "OrderStatus")] from: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "OrderStatus")] to: &JsValue,
) -> Result<bool, Refused> {
    let (from, to) = (status(from)?, status(to)?);
    Ok(from
        .allowed_transitions()
        .any(|transition| transition.to() == to))
}

/// The transitions that start at this status. Throws `unknown_status`.
#[wasm_bindgen(js_name = allowedActions, unchecked_return_type = "OrderAction[]")]
pub fn allowed_actions(
    #[wasm_bindgen(js_name = status, unchecked_param_type = "OrderStatus")] name: &JsValue,
) -> Result<Array, Refused> {
    let transitions = status(name)?.allowed_transitions();
    let names = transitions.map(|transition| transition.as_str());
    Ok(names.map(JsValue::from).collect())
}

/// Every status, in the order of the life cycle.
#[wasm_bindgen(unchecked_return_type = "OrderStatus[]")]
pub fn statuses() -> Array {
    let names = Status::ALL.into_iter().map(Status::as_str);
    names.map(JsValue::from).collect()
}

// === single values ===

/// The total. Throws `out_of_range`.
#[wasm_bindgen(js_name = validateTotalCents)]
pub fn validate_total_cents(
    #[wasm_bindgen(unchecked_param_type = "number")] cents: &JsValue,
) -> Result<i32, Refused> {
    Ok(TotalCents::try_from(integer(cents)?)?.get())
}

/// The limit. Throws `out_of_range`.
#[wasm_bindgen(js_name = validateLimit)]
pub fn validate_limit(
    #[wasm_bindgen(unchecked_param_type = "number")] limit: &JsValue,
) -> Result<u8, Refused> {
    Ok(PageLimit::try_from(integer(limit)?)?.get())
}

/// The tenant id. Throws `invalid_tenant_id`.
#[wasm_bindgen(js_name = validateTenantId)]
pub fn validate_tenant_id(
    #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
) -> Result<String, Refused> {
    Ok(text(id)?.parse::<TenantId>()?.as_str().into())
}

/// The id in lower case. Throws `invalid_order_id`.
#[wasm_bindgen(js_name = validateOrderId)]
pub fn validate_order_id(
    #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
) -> Result<String, Refused> {
    Ok(text(id)?.parse::<OrderId>()?.to_string())
}

/// The bounds on every argument.
#[wasm_bindgen(js_name = limits, unchecked_return_type = "Limits")]
pub fn all_limits() -> JsValue {
    object([
        ("tenantIdMaxLength", limits::TENANT_ID_MAX_LEN.into()),
        (
            "idempotencyKeyMaxLength",
            limits::IDEMPOTENCY_KEY_MAX_LEN.into(),
        ),
        (
            "idempotencyWindowSeconds",
            limits::IDEMPOTENCY_WINDOW_SECONDS.into(),
        ),
        ("totalCentsMax", limits::TOTAL_CENTS_MAX.into()),
        ("pageLimitMin", limits::PAGE_LIMIT_MIN.into()),
        ("pageLimitDefault", limits::PAGE_LIMIT_DEFAULT.into()),
        ("pageLimitMax", limits::PAGE_LIMIT_MAX.into()),
        ("cursorMaxLength", limits::CURSOR_MAX_LEN.into()),
        ("jsonDepthMax", limits::JSON_DEPTH_MAX.into()),
        ("textMaxLength", arguments::TEXT_MAX_LENGTH.into()),
    ])
}
