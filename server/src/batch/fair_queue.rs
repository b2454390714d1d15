//! Fairness between tenants: a queue per tenant, served round robin.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Items of many tenants. [`take`](Self::take) serves the tenants round robin.
pub struct FairQueue<T> {
    queues: HashMap<Arc<str>, VecDeque<T>>,
    /// The tenants with waiting items, next one first.
    order: VecDeque<Arc<str>>,
    len: usize,
}

// === impl FairQueue ===

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self {
            queues: HashMap::new(),
            order: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> FairQueue<T> {
    /// The number of items of all tenants.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of items of one tenant.
    pub fn len_of(&self, tenant: &str) -> usize {
        self.queues.get(tenant).map_or(0, VecDeque::len)
    }

    /// Appends an item to the queue of its tenant.
    pub fn push(&mut self, tenant: &str, item: T) {
        self.len += 1;
        if let Some(queue) = self.queues.get_mut(tenant) {
            queue.push_back(item);
            return;
        }
        let tenant: Arc<str> = tenant.into();
        self.order.push_back(Arc::clone(&tenant));
        self.queues.insert(tenant, VecDeque::from([item]));
    }

    /// Removes up to `max` items, one per tenant in turn. O(items removed).
    pub fn take(&mut self, max: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(max.min(self.len));
        while taken.len() < max
            && let Some((_, item)) = self.take_at(0)
        {
            taken.push(item);
        }
        taken
    }

    /// Removes one item of the first tenant in turn that is eligible. O(tenants).
    pub fn take_one(&mut self, is_eligible: impl Fn(&str) -> bool) -> Option<(Arc<str>, T)> {
        let turn = self.order.iter().position(|tenant| is_eligible(tenant))?;
        self.take_at(turn)
    }

    /// Removes an item of the tenant whose turn is the n-th, and moves the tenant to the end.
    fn take_at(&mut self, turn: usize) -> Option<(Arc<str>, T)> {
        let tenant = self.order.remove(turn)?;
        let queue = self.queues.get_mut(&tenant)?;
        let item = queue.pop_front()?;
        self.len -= 1;
        if queue.is_empty() {
            self.queues.remove(&tenant);
        } else {
            self.order.push_back(Arc::clone(&tenant));
        }
        Some((tenant, item))
    }

    /// Removes the latest item of the tenant with the longest queue, to make room for `tenant`.
    /// Returns `None` if no queue would still be at least as long as that of `tenant` with its new
    /// item. O(tenants).
    pub fn drop_from_longest(&mut self, tenant: &str) -> Option<T> {
        let own = self.len_of(tenant);
        let longest = self.queues.values_mut().max_by_key(|queue| queue.len())?;
        if longest.len() <= own + 1 {
            return None;
        }
        self.len -= 1;
        longest.pop_back()
    }
}
