//! The waits for responses of the database that last, so that readiness can tell when they hang.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The waits that last. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Waits(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    /// The beginnings, oldest first.
    lasting: BTreeMap<u64, Instant>,
}

/// A wait. It lasts until this value is dropped.
#[derive(Debug)]
pub struct Wait {
    id: u64,
    waits: Waits,
}

// === impl Waits ===

impl Waits {
    /// Begins a wait.
    pub fn begin(&self) -> Wait {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        state.lasting.insert(id, Instant::now());
        drop(state);
        Wait {
            id,
            waits: self.clone(),
        }
    }

    /// How long the longest wait lasts; zero if there is none.
    pub fn longest(&self) -> Duration {
        let state = self.state();
        let oldest = state.lasting.values().next();
        oldest.map_or(Duration::ZERO, Instant::elapsed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waits.state().lasting.remove(&self.id);
    }
}
