//! Wakes the relay of this process after events were committed, so that it does not wait for its
//! next poll.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use orders_core::tenant::TenantId;
use tokio::sync::Notify;

/// Tenants that are remembered, at most. The relay finds the events of others with a poll.
const MAX_TENANTS: usize = 10_000;

/// Both ends of the notification. Cheap to clone. Notifications that arrive while the relay is busy
/// are merged.
#[derive(Clone, Debug, Default)]
pub struct WakeUp(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    tenants: Mutex<HashSet<TenantId>>,
    notify: Notify,
}

// === impl WakeUp ===

impl WakeUp {
    /// Reports that these tenants have new events. Never waits, and has no effect without a relay.
    pub fn notify<'a>(&self, tenants: impl IntoIterator<Item = &'a TenantId>) {
        let mut notified = self.tenants();
        for tenant in tenants {
            if notified.len() < MAX_TENANTS && !notified.contains(tenant) {
                notified.insert(tenant.clone());
            }
        }
        drop(notified);
        self.0.notify.notify_one();
    }

    /// Waits for a notification. Returns the tenants of all notifications since the last call.
    /// Dropping the future loses none of them.
    pub async fn notified(&self) -> HashSet<TenantId> {
        loop {
            // Read before the wait: a notification may have arrived in between.
            let tenants = mem::take(&mut *self.tenants());
            if !tenants.is_empty() {
                return tenants;
            }
            self.0.notify.notified().await;
        }
    }

    fn tenants(&self) -> MutexGuard<'_, HashSet<TenantId>> {
        // No code panics while it holds the lock.
        self.0
            .tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn notifications_are_merged_and_received_once() {
        let wake_up = WakeUp::default();
        wake_up.notify([&tenant("a"), &tenant("b")]);
        wake_up.notify([&tenant("a")]);
        let merged = HashSet::from([tenant("a"), tenant("b")]);
        assert_eq!(wake_up.notified().await, merged);

        let relay = wake_up.clone();
        let notified = tokio::spawn(async move { relay.notified().await });
        tokio::task::yield_now().await;
        assert!(!notified.is_finished());
        wake_up.notify([&tenant("c")]);
        assert_eq!(notified.await.unwrap(), HashSet::from([tenant("c")]));
    }

    #[test]
    fn notifications_without_a_relay_take_bounded_memory() {
        let wake_up = WakeUp::default();
        for number in 0..MAX_TENANTS + 5 {
            wake_up.notify([&tenant(&number.to_string())]);
        }
        assert_eq!(wake_up.tenants().len(), MAX_TENANTS);
    }
}
