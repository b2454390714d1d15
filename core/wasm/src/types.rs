//! Types for TypeScript, and the plain objects that have them.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The status of an order. */
export type OrderStatus = "draft" | "confirmed" | "closed";

/** A transition of an order. */
export type OrderAction = "confirm" | "close";

/** The last order of a page; the next page starts after it. */
export interface Cursor {
  /** When the order was created: RFC 3339, UTC, six fraction digits. */
  ts: string;
  /** The order's id. */
  id: string;
}

/** The versions that match an If-Match value; `"*"` is every version, an empty array none. */
export type IfMatch = "*" | number[];

/** The bounds on every argument. */
export interface Limits {
  tenantIdMaxLength: number;
  idempotencyKeyMaxLength: number;
  idempotencyWindowSeconds: number;
  totalCentsMax: number;
  pageLimitMin: number;
  pageLimitDefault: number;
  pageLimitMax: number;
  cursorMaxLength: number;
  jsonDepthMax: number;
  /** Longest text that any function here reads, in UTF-16 code units. */
  textMaxLength: number;
}

/** The reason why an argument is refused. */
export type RefusalCode =
  | "duplicate_member"
  | "inexact_number"
  | "invalid_argument"
  | "invalid_cursor"
  | "invalid_entity_tags"
  | "invalid_idempotency_key"
  | "invalid_json"
  | "invalid_order_id"
  | "invalid_tenant_id"
  | "invalid_timestamp"
  | "invalid_version"
  | "not_an_object"
  | "out_of_range"
  | "too_long"
  | "unknown_status";

/** The error that the functions of this package throw. */
export interface Refusal extends Error {
  code: RefusalCode;
}
"#;

/// A plain object. Setting a member of a new one cannot fail.
pub fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}
