//! Requests that are handled by themselves, because their batch failed.
//!
//! They run beside the workers in a bounded, fair queue of their own. At most one request of a
//! tenant runs at a time, so a tenant whose rows are locked occupies one place and no more.

use std::{collections::HashSet, sync::Arc};

use super::fair_queue::FairQueue;

/// Bounds of a [`SingleQueue`].
#[derive(Clone, Copy, Debug)]
pub struct SingleLimits {
    /// Requests that run at a time, each of another tenant.
    pub concurrency: usize,
    /// Waiting requests of all tenants.
    pub queue_size: usize,
    /// Waiting requests of one tenant.
    pub tenant_queue_size: usize,
}

/// Waiting requests, and the tenants whose request runs.
pub struct SingleQueue<T> {
    limits: SingleLimits,
    waiting: FairQueue<T>,
    running: HashSet<Arc<str>>,
}

// === impl SingleQueue ===

impl<T> SingleQueue<T> {
    /// An empty queue.
    pub fn new(limits: SingleLimits) -> Self {
        Self {
            limits,
            waiting: FairQueue::default(),
            running: HashSet::new(),
        }
    }

    /// Whether a request of this tenant runs or waits. Further ones join the queue instead of a
    /// batch, which they would delay for as long as a brief lock wait takes.
    pub fn has(&self, tenant: &str) -> bool {
        self.running.contains(tenant) || self.waiting.len_of(tenant) > 0
    }

    /// Appends a request, or returns it if the queue has no room for it.
    pub fn push(&mut self, tenant: &str, request: T) -> Result<(), T> {
        let has_room = self.waiting.len() < self.limits.queue_size
            && self.waiting.len_of(tenant) < self.limits.tenant_queue_size;
        if !has_room {
            return Err(request);
        }
        self.waiting.push(tenant, request);
        Ok(())
    }

    /// The next request to run, and its tenant: `None` if the concurrency is reached, or if only
    /// tenants wait whose request already runs. [`end`](Self::end) follows each of them.
    /// O(waiting tenants).
    pub fn start_next(&mut self) -> Option<(Arc<str>, T)> {
        if self.running.len() >= self.limits.concurrency {
            return None;
        }
        let running = &self.running;
        let (tenant, request) = self.waiting.take_one(|tenant| !running.contains(tenant))?;
        self.running.insert(Arc::clone(&tenant));
        Some((tenant, request))
    }

    /// The request of this tenant has ended.
    pub fn end(&mut self, tenant: &str) {
        self.running.remove(tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SingleLimits = SingleLimits {
        concurrency: 2,
        queue_size: 4,
        tenant_queue_size: 2,
    };

    fn queue(requests: &[(&str, u32)]) -> SingleQueue<u32> {
        let mut queue = SingleQueue::new(LIMITS);
        for (tenant, request) in requests {
            queue.push(tenant, *request).unwrap();
        }
        queue
    }

    fn started(queue: &mut SingleQueue<u32>) -> Option<u32> {
        queue.start_next().map(|(_, request)| request)
    }

    #[test]
    fn one_request_of_a_tenant_runs_at_a_time() {
        let mut queue = queue(&[("a", 1), ("a", 2), ("b", 3), ("c", 4)]);
        assert_eq!(started(&mut queue), Some(1));
        assert_eq!(started(&mut queue), Some(3));
        assert_eq!(started(&mut queue), None, "the concurrency is two");
        queue.end("b");
        assert_eq!(started(&mut queue), Some(4), "one of a runs");
        queue.end("a");
        assert_eq!(started(&mut queue), Some(2));
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let mut queue = queue(&[("a", 1), ("a", 2)]);
        assert_eq!(queue.push("a", 3), Err(3));
        queue.push("b", 4).unwrap();
        queue.push("c", 5).unwrap();
        assert_eq!(queue.push("d", 6), Err(6));
    }

    #[test]
    fn a_tenant_is_known_until_its_last_request_has_ended() {
        let mut queue = queue(&[("a", 1)]);
        assert!(queue.has("a") && !queue.has("b"));
        queue.start_next();
        assert!(queue.has("a"));
        queue.end("a");
        assert!(!queue.has("a"));
    }
}
