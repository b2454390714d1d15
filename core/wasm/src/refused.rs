//! Errors for JavaScript: an `Error` with core's message and a stable `code`.

use orders_core::{
    cursor::InvalidCursor,
    idempotency::{InvalidBody, InvalidIdempotencyKey},
    limits::OutOfRange,
    order::{InvalidOrderId, UnknownStatus},
    tenant::InvalidTenantId,
    timestamp::InvalidTimestamp,
    version::InvalidEntityTags,
};
use wasm_bindgen::prelude::*;

/// Why an argument is refused.
pub struct Refused {
    code: &'static str,
    message: String,
}

#[wasm_bindgen]
extern "C" {
    /// The global `Error`, with the further member `code`.
    #[wasm_bindgen(js_name = Error)]
    type CodedError;

    #[wasm_bindgen(constructor, js_class = Error)]
    fn new(message: &str) -> CodedError;

    #[wasm_bindgen(method, setter)]
    fn set_code(this: &CodedError, code: &str);
}

/// The codes of core's errors. [`types`](crate::types) lists them for TypeScript.
macro_rules! codes {
    ($($error:ty => $code:literal,)*) => {$(
        impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                Self::new($code, error.to_string())
            }
        }
    )*};
}

codes! {
    InvalidCursor => "invalid_cursor",
    InvalidEntityTags => "invalid_entity_tags",
    InvalidIdempotencyKey => "invalid_idempotency_key",
    InvalidOrderId => "invalid_order_id",
    InvalidTenantId => "invalid_tenant_id",
    InvalidTimestamp => "invalid_timestamp",
    OutOfRange => "out_of_range",
    UnknownStatus => "unknown_status",
}

impl From<InvalidBody> for Refused {
    fn from(error: InvalidBody) -> Self {
        let code = match error {
            InvalidBody::NotJson { .. } => "invalid_json",
            InvalidBody::NotAnObject => "not_an_object",
            InvalidBody::DuplicateMember(_) => "duplicate_member",
            InvalidBody::InexactNumber => "inexact_number",
        };
        Self::new(code, error.to_string())
    }
}

// === impl Refused ===

impl Refused {
    /// A refusal of an argument before core has seen it.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<Refused> for JsValue {
    fn from(Refused { code, message }: Refused) -> Self {
        let error = CodedError::new(&message);
        error.set_code(code);
        error.into()
    }
}
