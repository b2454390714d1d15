//! Whose events are claimed next.
//!
//! Tenants are served round robin; those whose scan begins have half of the places. Each tenant's
//! events are scanned from the oldest on, claim by claim, until a claim returns fewer events than
//! its limit. A scan never goes back, so events that are leased or must wait cost one look per
//! scan, and not one per claim.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use orders_core::tenant::TenantId;

use crate::outbox::store::Scan;

/// The tenants that may have due events.
#[derive(Debug, Default)]
pub struct TenantSchedule {
    states: HashMap<TenantId, State>,
    /// The scans that have not begun, next one first.
    new: VecDeque<Scan>,
    /// The scans that have begun, next one first.
    begun: VecDeque<Scan>,
    /// The scans that are claimed one by one, next one first.
    alone: VecDeque<Scan>,
    /// Whether the next scan is one of those, if there is one: they alternate with the others.
    alone_is_next: bool,
}

#[derive(Debug, Default)]
enum State {
    /// The scan has claimed nothing yet.
    #[default]
    New,
    /// The scan has begun.
    Scanning,
    /// The scan has begun, and new events may be behind it: another scan follows.
    Outdated,
}

// === impl TenantSchedule ===

impl TenantSchedule {
    /// Schedules a tenant that may have new events.
    pub fn add(&mut self, tenant: TenantId) {
        match self.states.entry(tenant) {
            Entry::Vacant(entry) => {
                self.new.push_back(Scan::from_start(entry.key().clone()));
                entry.insert(State::New);
            }
            Entry::Occupied(mut entry) => {
                if !matches!(entry.get(), State::New) {
                    entry.insert(State::Outdated);
                }
            }
        }
    }

    /// The next scans, up to `max`. Each must be returned by [`resume`](Self::resume) or
    /// [`end`](Self::end).
    pub fn take(&mut self, max: usize) -> Vec<Scan> {
        self.alone_is_next ^= true;
        let others_wait = !(self.new.is_empty() && self.begun.is_empty());
        if (self.alone_is_next || !others_wait)
            && let Some(scan) = self.alone.pop_front()
        {
            return vec![scan];
        }
        // New events do not wait until a large backlog is published, nor the other way round.
        let begun = self.begun.len().min(max / 2);
        let new = self.new.len().min(max - begun);
        let begun = self.begun.len().min(max - new);
        let scans = self.new.drain(..new).chain(self.begun.drain(..begun));
        let scans: Vec<_> = scans.collect();
        for scan in &scans {
            if let Some(state @ State::New) = self.states.get_mut(&scan.tenant) {
                *state = State::Scanning;
            }
        }
        scans
    }

    /// More events may be behind this position. Other tenants come first.
    pub fn resume(&mut self, scan: Scan) {
        if scan.alone {
            self.alone.push_back(scan);
        } else {
            self.begun.push_back(scan);
        }
    }

    /// A claim of these scans was too slow. If there are several, they are claimed again one by
    /// one, so that the slow one does not delay the others. A scan that is too slow by itself ends;
    /// the next poll begins another one.
    pub fn slow(&mut self, scans: Vec<Scan>) {
        if let [_] = *scans {
            return scans.into_iter().for_each(|scan| self.end(scan));
        }
        let alone = scans.into_iter().map(|scan| Scan {
            alone: true,
            ..scan
        });
        self.alone.extend(alone);
    }

    /// The scan has reached the tenant's last event.
    pub fn end(&mut self, scan: Scan) {
        match self.states.get_mut(&scan.tenant) {
            Some(state @ State::Outdated) => {
                *state = State::New;
                self.new.push_back(Scan::from_start(scan.tenant));
            }
            _ => {
                self.states.remove(&scan.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn schedule(names: &[&str]) -> TenantSchedule {
        let mut schedule = TenantSchedule::default();
        for name in names {
            schedule.add(tenant(name));
        }
        schedule
    }

    fn names(scans: &[Scan]) -> Vec<&str> {
        scans.iter().map(|scan| scan.tenant.as_str()).collect()
    }

    #[test]
    fn a_tenant_with_many_events_waits_for_the_other_tenants() {
        let mut schedule = schedule(&["flood"]);
        let mut flood = schedule.take(1).remove(0);
        schedule.add(tenant("a"));
        schedule.add(tenant("b"));
        flood.after.id = Uuid::max();
        schedule.resume(flood.clone());
        assert_eq!(names(&schedule.take(1)), ["a"]);
        assert_eq!(names(&schedule.take(2)), ["b", "flood"]);
    }

    #[test]
    fn new_tenants_have_half_of_the_places() {
        let mut schedule = schedule(&["1", "2", "3", "4"]);
        for scan in schedule.take(9) {
            schedule.resume(scan);
        }
        for new in ["a", "b", "c"] {
            schedule.add(tenant(new));
        }
        assert_eq!(names(&schedule.take(4)), ["a", "b", "1", "2"]);
        assert_eq!(names(&schedule.take(4)), ["c", "3", "4"]);
    }

    #[test]
    fn scans_that_are_too_slow_together_are_claimed_one_by_one_and_end_if_slow_alone() {
        let mut schedule = schedule(&["a", "slow"]);
        let scans = schedule.take(9);
        schedule.slow(scans);
        schedule.add(tenant("b"));
        schedule.add(tenant("c"));
        let taken = [(); 3].map(|()| schedule.take(9));
        let taken = taken.each_ref().map(|scans| names(scans));
        assert_eq!(taken, [vec!["b", "c"], vec!["a"], vec!["slow"]]);

        let slow = Scan {
            alone: true,
            ..Scan::from_start(tenant("slow"))
        };
        schedule.resume(slow);
        let slow = schedule.take(9);
        assert_eq!(names(&slow), ["slow"], "the next claim of its scan");
        schedule.slow(slow);
        assert_eq!(schedule.take(9), []);
        schedule.add(tenant("slow"));
        assert_eq!(schedule.take(9), [Scan::from_start(tenant("slow"))]);
    }

    #[test]
    fn events_that_arrive_during_a_scan_are_found_by_the_next_one() {
        let mut schedule = schedule(&["a"]);
        let scan = schedule.take(9).remove(0);
        schedule.add(tenant("a"));
        schedule.add(tenant("a"));
        assert_eq!(schedule.take(9), []);
        schedule.end(scan);
        let again = schedule.take(9);
        assert_eq!(again, [Scan::from_start(tenant("a"))]);
        schedule.end(again[0].clone());
        assert_eq!(schedule.take(9), []);
    }

    #[test]
    fn events_that_arrive_before_the_first_claim_need_no_scan_of_their_own() {
        let mut schedule = schedule(&["a", "a"]);
        let scan = schedule.take(9).remove(0);
        schedule.end(scan);
        assert_eq!(schedule.take(9), []);
        assert!(schedule.states.is_empty(), "a finished tenant is forgotten");
    }
}
