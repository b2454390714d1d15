//! What the world is told when an order closes.

use alloc::{format, string::String};

use uuid::Uuid;

use crate::{tenant::TenantId, timestamp::Timestamp};

/// The `event_type` of [`OrderClosed`] in the outbox, and its subject for consumers (the contract).
pub const EVENT_TYPE: &str = "orders.closed";

/// An order was closed. Written once per order, in the transaction that closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderClosed<'a> {
    /// The order.
    pub order_id: Uuid,
    /// Whose it is.
    pub tenant_id: &'a TenantId,
    /// What it came to; a closed order always has a total.
    pub total_cents: i32,
    /// When it closed, by the database's clock.
    pub closed_at: Timestamp,
}

// === impl OrderClosed ===

impl OrderClosed<'_> {
    /// Compact JSON with the members `orderId`, `tenantId`, `totalCents`, `closedAt`, in this
    /// order (the contract), so that equal events are equal bytes. O(1); never panics.
    pub fn payload(&self) -> String {
        let OrderClosed {
            order_id,
            tenant_id,
            total_cents,
            closed_at,
        } = self;
        // Nothing to escape: the grammars of all four fields exclude quotes and backslashes.
        format!(
            r#"{{"orderId":"{order_id}","tenantId":"{tenant_id}","totalCents":{total_cents},"closedAt":"{closed_at}"}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_fixed_to_the_byte() {
        let tenant_id = &TenantId::parse("eu:Acme_1.test-2").unwrap();
        let event = OrderClosed {
            order_id: Uuid::from_u128(0x018f6b1c_7d3e_7c4a_9b21_0123456789ab),
            tenant_id,
            total_cents: i32::MAX,
            closed_at: Timestamp::parse("2024-02-29T12:00:00.5Z").unwrap(),
        };
        assert_eq!(
            event.payload(),
            r#"{"orderId":"018f6b1c-7d3e-7c4a-9b21-0123456789ab","tenantId":"eu:Acme_1.test-2","totalCents":2147483647,"closedAt":"2024-02-29T12:00:00.500000Z"}"#
        );
    }

    #[test]
    fn no_tenant_can_break_the_payload() {
        for byte in 0..=127u8 {
            if let Ok(tenant_id) = &TenantId::parse(&format!("a{}", char::from(byte))) {
                let (order_id, closed_at) = (Uuid::nil(), Timestamp::MIN);
                let event = OrderClosed {
                    order_id,
                    tenant_id,
                    total_cents: 0,
                    closed_at,
                };
                let json: serde_json::Value = serde_json::from_str(&event.payload()).unwrap();
                assert_eq!(json["tenantId"], tenant_id.as_str());
            }
        }
    }
}
