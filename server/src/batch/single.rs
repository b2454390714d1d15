//! Requests that are retried by themselves because their batch failed.
//!
//! They run beside the workers, so that one which waits for a lock delays no batch.

use std::{slice, sync::Arc};

use tokio::sync::{Semaphore, oneshot};

use super::handler::{Attempt, BatchHandler, RequestError};

/// Sends the response of one request to its caller.
pub type Responder<H> = oneshot::Sender<
    Result<<H as BatchHandler>::Response, RequestError<<H as BatchHandler>::Error>>,
>;

/// Runs single requests, a bounded number at a time.
pub struct SingleRequests(Arc<Semaphore>);

// === impl SingleRequests ===

impl SingleRequests {
    /// Runs at most `concurrency` requests at a time.
    pub fn new(concurrency: usize) -> Self {
        Self(Arc::new(Semaphore::new(concurrency)))
    }

    /// Starts to handle a request as soon as fewer than `concurrency` others run, and returns then.
    pub async fn start<H: BatchHandler>(
        &self,
        handler: Arc<H>,
        request: H::Request,
        responder: Responder<H>,
    ) {
        let Ok(permit) = Arc::clone(&self.0).acquire_owned().await else {
            return; // the semaphore is never closed
        };
        tokio::spawn(async move {
            let handled = handler.handle(slice::from_ref(&request), Attempt::Single);
            let response = match handled.await.map(|mut responses| responses.pop()) {
                Ok(Some(response)) => Ok(response),
                Ok(None) => Err(RequestError::Panicked),
                Err(error) => Err(RequestError::Failed(error)),
            };
            let _ = responder.send(response); // the caller may have stopped waiting
            drop(permit);
        });
    }
}
