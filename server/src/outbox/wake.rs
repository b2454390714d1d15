//! Telling the relay of this process that somebody has an event, so that it need not wait until it
//! looks.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use orders_core::tenant::TenantId;
use tokio::sync::Notify;

/// More tenants than this are not kept in mind: the relay finds the others when it looks.
const ROOM: usize = 10_000;

/// Both ends: who closes an order rings, the relay listens. Cheap to clone.
///
/// What is rung while the relay is busy goes together.
#[derive(Clone, Debug, Default)]
pub struct WakeUp(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rung: Mutex<HashSet<TenantId>>,
    notify: Notify,
}

// === impl WakeUp ===

impl WakeUp {
    /// Says that these tenants have committed events. Never waits, and may be heard by nobody.
    pub fn notify<'a>(&self, tenants: impl IntoIterator<Item = &'a TenantId>) {
        let mut rung = self.rung();
        for tenant in tenants {
            if rung.len() < ROOM && !rung.contains(tenant) {
                rung.insert(tenant.clone());
            }
        }
        drop(rung);
        self.0.notify.notify_one();
    }

    /// Waits until somebody rings, and says for whom since the last time. Cancelling loses nothing.
    pub async fn notified(&self) -> HashSet<TenantId> {
        loop {
            // Looked at first: a ring before the wait has left its mark in either place.
            let tenants = mem::take(&mut *self.rung());
            if !tenants.is_empty() {
                return tenants;
            }
            self.0.notify.notified().await;
        }
    }

    fn rung(&self) -> MutexGuard<'_, HashSet<TenantId>> {
        // Nothing panics while it holds the lock.
        self.0.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn what_is_rung_together_is_heard_together_and_once() {
        let wake_up = WakeUp::default();
        wake_up.notify([&tenant("a"), &tenant("b")]);
        wake_up.notify([&tenant("a")]);
        assert_eq!(
            wake_up.notified().await,
            HashSet::from([tenant("a"), tenant("b")])
        );

        let listener = wake_up.clone();
        let heard = tokio::spawn(async move { listener.notified().await });
        tokio::task::yield_now().await;
        assert!(!heard.is_finished());
        wake_up.notify([&tenant("c")]);
        assert_eq!(heard.await.unwrap(), HashSet::from([tenant("c")]));
    }

    #[test]
    fn a_wake_up_that_nobody_hears_does_not_grow() {
        let wake_up = WakeUp::default();
        for number in 0..ROOM + 5 {
            wake_up.notify([&tenant(&number.to_string())]);
        }
        assert_eq!(wake_up.rung().len(), ROOM);
    }
}
