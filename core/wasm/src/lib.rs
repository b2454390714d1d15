//! The rules of the Orders API for JavaScript: reads arguments, asks core, hands its answer on.
//!
//! **Invariant:** no rule lives here.
//!
//! **Invariant:** no argument traps, whatever its type and size. What is refused is thrown as an
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
    idempotency::{Fingerprint, IdempotencyKey, Reuse},
    limits,
    order::{self, Status},
    tenant::TenantId,
    timestamp::Timestamp,
    version,
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
    let Cursor { created_at, id } = Cursor::decode(&text(cursor)?)?;
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
    let created_at = Timestamp::parse(&text(&member(cursor, "ts")?)?)?;
    let id = order::parse_id(&text(&member(cursor, "id")?)?)?;
    Ok(Cursor { created_at, id }.encode())
}

// === idempotency ===

/// The SHA-256, in hexadecimal, of the body's canonical form (RFC 8785): equal for two bodies
/// exactly when the service takes them for the same. No body is the empty string. Throws
/// `invalid_json`, `not_an_object` or `duplicate_member`.
#[wasm_bindgen(js_name = requestFingerprint)]
pub fn request_fingerprint(
    #[wasm_bindgen(unchecked_param_type = "string")] body: &JsValue,
) -> Result<String, Refused> {
    Ok(fingerprint(body)?.to_string())
}

/// Whether the service takes two bodies under one key for the same. Throws as
/// `requestFingerprint`.
#[wasm_bindgen(js_name = sameBody)]
pub fn same_body(
    #[wasm_bindgen(unchecked_param_type = "string")] a: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] b: &JsValue,
) -> Result<bool, Refused> {
    Ok(fingerprint(a)?.reuse(&fingerprint(b)?) == Reuse::Replay)
}

fn fingerprint(body: &JsValue) -> Result<Fingerprint, Refused> {
    Ok(Fingerprint::of_body(text(body)?.as_bytes())?)
}

/// The key without its quotes, if it had any. Throws `invalid_idempotency_key`.
#[wasm_bindgen(js_name = validateIdempotencyKey)]
pub fn validate_idempotency_key(
    #[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue,
) -> Result<String, Refused> {
    Ok(IdempotencyKey::parse(&text(key)?)?.as_str().into())
}

// === versions ===

/// The versions that an If-Match value accepts, `"*"` for all. Throws `invalid_entity_tags`.
#[wasm_bindgen(js_name = parseIfMatch, unchecked_return_type = "IfMatch")]
pub fn parse_if_match(
    #[wasm_bindgen(unchecked_param_type = "string")] value: &JsValue,
) -> Result<JsValue, Refused> {
    let precondition = version::parse_if_match(&text(value)?)?;
    Ok(match precondition.versions() {
        None => "*".into(),
        Some(versions) => numbers(versions.iter().map(|version| version.get())),
    })
}

/// The entity tag of a version, for If-Match. Throws `invalid_version`.
#[wasm_bindgen]
pub fn etag(
    #[wasm_bindgen(js_name = version, unchecked_param_type = "number")] number: &JsValue,
) -> Result<String, Refused> {
    Ok(version(number)?.etag())
}

fn numbers(numbers: impl Iterator<Item = i32>) -> JsValue {
    numbers.map(JsValue::from).collect::<Array>().into()
}

// === the life of an order ===

/// Whether one step leads from one status to the other. Throws `unknown_status`.
#[wasm_bindgen(js_name = canTransition)]
pub fn can_transition(
    #[wasm_bindgen(unchecked_param_type = "OrderStatus")] from: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "OrderStatus")] to: &JsValue,
) -> Result<bool, Refused> {
    let (from, to) = (status(from)?, status(to)?);
    Ok(from.allowed_transitions().any(|step| step.to() == to))
}

/// What can be done with an order of this status. Throws `unknown_status`.
#[wasm_bindgen(js_name = allowedActions, unchecked_return_type = "OrderAction[]")]
pub fn allowed_actions(
    #[wasm_bindgen(js_name = status, unchecked_param_type = "OrderStatus")] name: &JsValue,
) -> Result<Array, Refused> {
    let steps = status(name)?.allowed_transitions();
    Ok(steps.map(|step| JsValue::from(step.as_str())).collect())
}

/// Every status, in the order of a life.
#[wasm_bindgen(unchecked_return_type = "OrderStatus[]")]
pub fn statuses() -> Array {
    let names = Status::ALL.into_iter().map(Status::as_str);
    names.map(JsValue::from).collect()
}

// === single values ===

/// The total itself. Throws `out_of_range`.
#[wasm_bindgen(js_name = validateTotalCents)]
pub fn validate_total_cents(
    #[wasm_bindgen(unchecked_param_type = "number")] cents: &JsValue,
) -> Result<i32, Refused> {
    Ok(limits::validate_total_cents(integer(cents)?)?)
}

/// The limit itself. Throws `out_of_range`.
#[wasm_bindgen(js_name = validateLimit)]
pub fn validate_limit(
    #[wasm_bindgen(unchecked_param_type = "number")] limit: &JsValue,
) -> Result<u8, Refused> {
    Ok(limits::validate_limit(integer(limit)?)?)
}

/// The tenant id itself. Throws `invalid_tenant_id`.
#[wasm_bindgen(js_name = validateTenantId)]
pub fn validate_tenant_id(
    #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
) -> Result<String, Refused> {
    Ok(TenantId::parse(&text(id)?)?.as_str().into())
}

/// The id in its usual spelling. Throws `invalid_order_id`.
#[wasm_bindgen(js_name = validateOrderId)]
pub fn validate_order_id(
    #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
) -> Result<String, Refused> {
    Ok(order::parse_id(&text(id)?)?.to_string())
}

/// Every bound a caller can run into.
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
