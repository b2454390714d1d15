//! Whose events are claimed next. Tenants take turns, and each is gone through in sweeps: from its
//! oldest event on, claim by claim, until a claim brings less than it asked for.
//!
//! A sweep never looks back, so what is leased or must wait costs one look a sweep and not one a
//! claim.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use orders_core::tenant::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

/// A place among a tenant's events: behind the one with these sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// Its id.
    pub id: Uuid,
}

/// A tenant whose turn it is, and how far its sweep has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The tenant.
    pub tenant: TenantId,
    /// Where to go on.
    pub after: Place,
}

/// The tenants of which something may be due.
#[derive(Debug, Default)]
pub struct Turns {
    sweeps: HashMap<TenantId, Sweep>,
    /// Those who wait for their turn, next one first.
    queue: VecDeque<Turn>,
}

#[derive(Debug, Default)]
enum Sweep {
    /// Nothing was claimed yet.
    #[default]
    New,
    /// Somewhere in the middle.
    UnderWay,
    /// The same, and what has come meanwhile may be behind it: another has to follow.
    Outdated,
}

// === impl Place ===

impl Place {
    /// In front of all events. (No event is older than the service.)
    pub const START: Self = Self {
        created_at: OffsetDateTime::UNIX_EPOCH,
        id: Uuid::nil(),
    };
}

// === impl Turns ===

impl Turns {
    /// The tenant has an event, perhaps.
    pub fn add(&mut self, tenant: TenantId) {
        match self.sweeps.entry(tenant) {
            Entry::Vacant(entry) => {
                self.queue.push_back(Turn::first(entry.key().clone()));
                entry.insert(Sweep::New);
            }
            Entry::Occupied(mut entry) => {
                if !matches!(entry.get(), Sweep::New) {
                    entry.insert(Sweep::Outdated);
                }
            }
        }
    }

    /// Whose turn it is, up to so many. Each must be handed back, by [`go_on`](Self::go_on) or
    /// [`end`](Self::end).
    pub fn take(&mut self, most: usize) -> Vec<Turn> {
        let taken = self.queue.drain(..most.min(self.queue.len()));
        let taken: Vec<_> = taken.collect();
        for turn in &taken {
            if let Some(sweep @ Sweep::New) = self.sweeps.get_mut(&turn.tenant) {
                *sweep = Sweep::UnderWay;
            }
        }
        taken
    }

    /// There may be more behind this place. The others come first.
    pub fn go_on(&mut self, turn: Turn) {
        self.queue.push_back(turn);
    }

    /// There is nothing more: the sweep is over.
    pub fn end(&mut self, turn: Turn) {
        match self.sweeps.get_mut(&turn.tenant) {
            Some(sweep @ Sweep::Outdated) => {
                *sweep = Sweep::New;
                self.queue.push_back(Turn::first(turn.tenant));
            }
            _ => {
                self.sweeps.remove(&turn.tenant);
            }
        }
    }
}

// === impl Turn ===

impl Turn {
    fn first(tenant: TenantId) -> Self {
        Self {
            tenant,
            after: Place::START,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn turns(names: &[&str]) -> Turns {
        let mut turns = Turns::default();
        for name in names {
            turns.add(tenant(name));
        }
        turns
    }

    fn names(taken: &[Turn]) -> Vec<&str> {
        taken.iter().map(|turn| turn.tenant.as_str()).collect()
    }

    #[test]
    fn a_tenant_with_much_to_do_lets_the_others_go_first() {
        let mut turns = turns(&["flood"]);
        let mut flood = turns.take(1).remove(0);
        turns.add(tenant("a"));
        turns.add(tenant("b"));
        flood.after.id = Uuid::max();
        turns.go_on(flood.clone());
        assert_eq!(names(&turns.take(2)), ["a", "b"]);
        assert_eq!(turns.take(2), [flood]);
    }

    #[test]
    fn what_comes_during_a_sweep_is_found_by_the_next() {
        let mut turns = turns(&["a"]);
        let turn = turns.take(9).remove(0);
        turns.add(tenant("a"));
        turns.add(tenant("a"));
        assert_eq!(turns.take(9), []);
        turns.end(turn);
        let again = turns.take(9);
        assert_eq!(again, [Turn::first(tenant("a"))]);
        turns.end(again[0].clone());
        assert_eq!(turns.take(9), []);
    }

    #[test]
    fn what_comes_before_the_first_claim_needs_no_sweep_of_its_own() {
        let mut turns = turns(&["a", "a"]);
        let turn = turns.take(9).remove(0);
        turns.end(turn);
        assert_eq!(turns.take(9), []);
        assert!(
            turns.sweeps.is_empty(),
            "a tenant that is done is forgotten"
        );
    }
}
