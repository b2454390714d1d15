//! Arguments from JavaScript, which may have any type.

use js_sys::{JsString, Reflect};
use orders_core::{order::Status, version::Version};
use wasm_bindgen::{JsCast, JsValue};

use crate::refused::Refused;

/// Longest text, in UTF-16 code units: sixteen times the service's default body limit. A longer
/// text could exhaust the memory, which traps.
pub const TEXT_MAX_LENGTH: u32 = 1 << 20;

/// A string primitive. Other values are not converted, since `toString` may run any code. A lone
/// surrogate becomes U+FFFD, as in the bytes that `fetch` sends.
pub fn text(value: &JsValue) -> Result<String, Refused> {
    if !value.is_string() {
        return Err(Refused::new("invalid_argument", "must be a string"));
    }
    if value.unchecked_ref::<JsString>().length() > TEXT_MAX_LENGTH {
        let message = format!("must be at most {TEXT_MAX_LENGTH} characters long");
        return Err(Refused::new("too_long", message));
    }
    Ok(value.as_string().unwrap_or_default())
}

/// A member of an object. Its getter may throw.
pub fn member(value: &JsValue, name: &str) -> Result<JsValue, Refused> {
    Reflect::get(value, &name.into())
        .map_err(|_| Refused::new("invalid_argument", "must be an object that can be read"))
}

/// A number primitive as an integer. A number with a fraction becomes `i64::MIN`, which every rule
/// refuses with its own message.
pub fn integer(value: &JsValue) -> Result<i64, Refused> {
    let number = value
        .as_f64()
        .ok_or_else(|| Refused::new("invalid_argument", "must be a number"))?;
    // NaN and the infinities have no zero fraction; the cast saturates.
    Ok(if number.fract() == 0.0 {
        number as i64
    } else {
        i64::MIN
    })
}

/// A version of an order.
pub fn version(value: &JsValue) -> Result<Version, Refused> {
    let number = i32::try_from(integer(value)?).ok();
    number
        .and_then(Version::new)
        .ok_or_else(|| Refused::new("invalid_version", "must be an integer from 1 to 2147483647"))
}

/// A status of an order.
pub fn status(value: &JsValue) -> Result<Status, Refused> {
    Ok(text(value)?.parse()?)
}
