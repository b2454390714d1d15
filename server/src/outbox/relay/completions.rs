//! Completions that wait to be written.

use std::mem;

use crate::{
    db::{Db, DbError},
    outbox::{
        metrics::Metrics,
        store::{self, Completion},
    },
};

/// Transactions that write completions at a time.
const CONCURRENCY: usize = 2;

/// The completions that are not in the database yet.
#[derive(Debug, Default)]
pub struct Completions {
    waiting: Vec<Completion>,
    transactions: usize,
    /// Completions in the transactions in progress.
    in_progress: usize,
}

// === impl Completions ===

impl Completions {
    /// Adds one.
    pub fn push(&mut self, completion: Completion) {
        self.waiting.push(completion);
    }

    /// Whether none waits. Transactions may be in progress.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Completions that are not written yet.
    pub fn held(&self) -> usize {
        self.waiting.len() + self.in_progress
    }

    /// Starts a transaction with up to `max` completions, sorted so that transactions with common
    /// rows lock them in the same order. `None` if there is nothing to write, or if enough
    /// transactions run.
    pub fn start(&mut self, max: usize) -> Option<Vec<Completion>> {
        if self.waiting.is_empty() || self.transactions >= CONCURRENCY {
            return None;
        }
        let rest = self.waiting.split_off(max.min(self.waiting.len()));
        let mut batch = mem::replace(&mut self.waiting, rest);
        batch.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        self.transactions += 1;
        self.in_progress += batch.len();
        Some(batch)
    }

    /// A transaction of so many completions has ended; `unwritten` are retried.
    pub fn end(&mut self, size: usize, unwritten: Vec<Completion>) {
        self.transactions -= 1;
        self.in_progress -= size;
        self.waiting.extend(unwritten);
    }
}

/// Writes completions. A batch that fails because of one row is split, so that a locked row delays
/// no other event. Returns the completions that could not be written, and why.
pub async fn write(
    db: &Db,
    metrics: &Metrics,
    batch: Vec<Completion>,
) -> (Vec<Completion>, Result<(), DbError>) {
    let (mut parts, mut unwritten, mut result) = (vec![batch], Vec::new(), Ok(()));
    while let Some(mut part) = parts.pop() {
        match store::complete(db, &part).await {
            Ok(lags) => metrics.count_completions(&part, &lags),
            Err(DbError::LockTimeout(_) | DbError::StatementTimeout(_) | DbError::Fault(_))
                if part.len() > 1 =>
            {
                parts.push(part.split_off(part.len() / 2));
                parts.push(part);
            }
            Err(error) => {
                unwritten.append(&mut part);
                result = Err(error);
            }
        }
    }
    (unwritten, result)
}

fn sort_key(completion: &Completion) -> (&str, uuid::Uuid) {
    let lease = &completion.lease;
    (lease.tenant.as_str(), lease.event_id)
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::store::{Lease, Outcome};

    fn completion(id: u128) -> Completion {
        Completion {
            lease: Lease {
                tenant: "t".parse().unwrap(),
                event_id: Uuid::from_u128(id),
                ends_at: OffsetDateTime::UNIX_EPOCH,
            },
            outcome: Outcome::Published,
        }
    }

    #[test]
    fn completions_are_held_until_they_are_written() {
        let mut completions = Completions::default();
        for id in [3, 1, 2] {
            completions.push(completion(id));
        }
        let first = completions.start(2).unwrap();
        assert_eq!(first, [completion(1), completion(3)], "sorted");
        let second = completions.start(2).unwrap();
        assert_eq!(second.len(), 1);
        assert!(completions.is_empty() && completions.held() == 3);
        completions.push(completion(4));
        assert_eq!(completions.start(2), None, "two transactions run");
        completions.end(2, vec![completion(1)]);
        completions.end(1, Vec::new());
        assert_eq!(completions.held(), 2);
        assert_eq!(
            completions.start(9).unwrap(),
            [completion(1), completion(4)]
        );
    }
}
