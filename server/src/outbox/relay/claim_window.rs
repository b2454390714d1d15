//! How many events may be claimed.

use super::settings::Settings;

/// Claims that run at a time.
const CONCURRENCY: usize = 2;

/// Tenants per claim.
const MAX_TENANTS: usize = 16;

/// The claims in progress, and the events that they may return.
#[derive(Debug)]
pub struct ClaimWindow {
    max_in_flight: usize,
    batch_size: usize,
    claims: usize,
    expected: usize,
}

/// The size of one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimSize {
    /// Tenants, at most.
    pub tenants: usize,
    room: usize,
}

// === impl ClaimWindow ===

impl ClaimWindow {
    /// No claim is in progress.
    pub fn new(settings: &Settings) -> Self {
        Self {
            max_in_flight: settings.max_in_flight,
            batch_size: settings.batch_size,
            claims: 0,
            expected: 0,
        }
    }

    /// The size of the next claim while `held` claimed events are not completed yet, or `None` if
    /// nothing may be claimed. After a failure of the broker, one event goes ahead as a probe.
    pub fn next(&self, held: usize, broker_failures: u32) -> Option<ClaimSize> {
        let max = if broker_failures == 0 {
            self.max_in_flight
        } else {
            1
        };
        let room = max.saturating_sub(held + self.expected);
        let may_claim = room > 0 && self.claims < CONCURRENCY;
        may_claim.then_some(ClaimSize {
            tenants: room.min(MAX_TENANTS),
            room,
        })
    }

    /// A claim for so many tenants starts. Returns the limit of events per tenant.
    pub fn start(&mut self, size: ClaimSize, tenants: usize) -> usize {
        let limit = (size.room.min(self.batch_size) / tenants.max(1)).max(1);
        self.claims += 1;
        self.expected += limit * tenants;
        limit
    }

    /// A claim with this limit for so many tenants has ended.
    pub fn end(&mut self, limit: usize, tenants: usize) {
        self.claims -= 1;
        self.expected -= limit * tenants;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> ClaimWindow {
        ClaimWindow {
            max_in_flight: 100,
            batch_size: 40,
            claims: 0,
            expected: 0,
        }
    }

    #[test]
    fn claims_share_the_room_that_is_left() {
        let mut window = window();
        let size = window.next(30, 0).unwrap();
        assert_eq!((size.tenants, size.room), (MAX_TENANTS, 70));
        assert_eq!(window.start(size, 4), 10, "a batch for four tenants");
        let second = window.next(30, 0).unwrap();
        assert_eq!(second.room, 30);
        assert_eq!(window.start(second, 1), 30);
        assert_eq!(window.next(0, 0), None, "two claims are in progress");
        window.end(10, 4);
        assert_eq!(window.next(70, 0), None, "no room is left");
        assert_eq!(window.next(69, 0).map(|size| size.room), Some(1));
    }

    #[test]
    fn one_event_probes_a_broker_that_has_failed() {
        let window = window();
        assert_eq!(window.next(0, 3).map(|size| size.room), Some(1));
        assert_eq!(window.next(1, 3), None);
    }
}
