//! Keeps the keys of an issuer, and loads them again.
//!
//! Keys are loaded at the start, every five minutes, and when a token names an unknown key: an
//! issuer that has a new key signs with it at once. Unknown keys can be invented, so they load the
//! keys at most every 10 seconds. If a load fails the old keys stay: an outage of the issuer stops
//! no request, and a key that was withdrawn meanwhile stays valid until the issuer is back.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::{
    sync::Mutex,
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::{info, warn};

use super::{key_error::KeyError, key_set::KeySet, key_source::KeySource, settings::Algorithm};
use crate::error_chain::Chain;

/// The pause between two loads.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

/// The shortest pause between two loads because of an unknown key.
const MIN_PAUSE: Duration = Duration::from_secs(10);

/// The pause before the first load is tried again.
const START_PAUSE: Duration = Duration::from_millis(500);

/// The keys of an issuer.
#[derive(Debug)]
pub struct KeyCache {
    source: KeySource,
    allowed: Vec<Algorithm>,
    keys: RwLock<Arc<KeySet>>,
    /// When the last load because of an unknown key began. One such load is in progress at a time.
    last: Mutex<Option<Instant>>,
}

// === impl KeyCache ===

impl KeyCache {
    /// Loads the keys for the first time, and tries again until `startup_timeout` has passed.
    ///
    /// # Errors
    /// [`KeyError`] of the last try.
    pub async fn start(
        source: KeySource,
        allowed: Vec<Algorithm>,
        startup_timeout: Duration,
    ) -> Result<Self, KeyError> {
        let cache = Self {
            source,
            allowed,
            keys: RwLock::default(),
            last: Mutex::default(),
        };
        let start = Instant::now();
        while let Err(error) = cache.load().await {
            if start.elapsed() + START_PAUSE > startup_timeout {
                return Err(error);
            }
            warn!(
                "cannot load the keys of the token issuer, trying again: {}",
                Chain(&error)
            );
            sleep(START_PAUSE).await;
        }
        Ok(cache)
    }

    /// Loads the keys every five minutes. Never completes.
    pub async fn refresh(&self) {
        let mut interval = interval(INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval.tick().await; // completes at once
        loop {
            interval.tick().await;
            self.load_or_warn().await;
        }
    }

    /// The current keys.
    pub fn keys(&self) -> Arc<KeySet> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    /// The keys after a token has named a key that `seen` does not have. Loads them, unless that
    /// was done in the last 10 seconds.
    pub async fn keys_newer_than(&self, seen: &Arc<KeySet>) -> Arc<KeySet> {
        // The requests that wait for the lock are bounded by their own timeout.
        let mut last = self.last.lock().await;
        let keys = self.keys();
        if !Arc::ptr_eq(&keys, seen) || last.is_some_and(|last| last.elapsed() < MIN_PAUSE) {
            return keys;
        }
        *last = Some(Instant::now());
        self.load_or_warn().await;
        self.keys()
    }

    async fn load_or_warn(&self) {
        if let Err(error) = self.load().await {
            warn!(
                "keeping the old keys of the token issuer: {}",
                Chain(&error)
            );
        }
    }

    async fn load(&self) -> Result<(), KeyError> {
        let text = self.source.load().await?;
        let keys = KeySet::parse(&text, &self.allowed)?;
        if keys.is_empty() {
            return Err(KeyError::NoKey);
        }
        info!(keys = keys.len(), "loaded the keys of the token issuer");
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }
}
