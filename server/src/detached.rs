//! Futures that run to their end, also after their caller has stopped waiting.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;
use tracing::{Instrument, Span};

/// Runs a future where it is awaited. If it is dropped before its end, the future goes on in a task
/// of its own, so a caller that always waits pays for no task.
///
/// A panic of the future is one of the caller. When the runtime shuts down, the future ends.
#[derive(Debug)]
pub struct Detached<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
    /// The span of the caller, which the task keeps.
    span: Span,
}

// === impl Detached ===

impl<F> Detached<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    /// Detaches a future.
    pub fn new(future: F) -> Self {
        Self {
            future: Some(Box::pin(future)),
            span: Span::current(),
        }
    }
}

impl<F> Future for Detached<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out, so that a future that panics is not polled again.
        let Some(mut future) = self.future.take() else {
            return Poll::Pending; // it has ended before
        };
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            self.future = Some(future);
        }
        polled
    }
}

impl<F> Drop for Detached<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn drop(&mut self) {
        let Some(future) = self.future.take() else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(future.instrument(self.span.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    use tokio::{sync::Notify, task::yield_now, time::timeout};

    use super::*;

    #[tokio::test]
    async fn a_future_that_is_awaited_gives_its_result() {
        let detached = Detached::new(async {
            yield_now().await;
            7
        });
        assert_eq!(detached.await, 7);
    }

    #[tokio::test]
    async fn a_future_that_is_dropped_runs_to_its_end() {
        let (proceed, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let future = {
            let (proceed, ended) = (Arc::clone(&proceed), Arc::clone(&ended));
            async move {
                proceed.notified().await;
                ended.notify_one();
            }
        };
        let started = timeout(Duration::from_millis(1), Detached::new(future)).await;
        assert!(started.is_err(), "it waits");
        proceed.notify_one();
        timeout(Duration::from_secs(10), ended.notified())
            .await
            .expect("it goes on after the timeout");
    }

    #[tokio::test]
    async fn a_future_that_panics_is_not_run_again() {
        let again = Arc::new(AtomicBool::new(false));
        let detached = Detached::new({
            let again = Arc::clone(&again);
            async move {
                assert!(again.swap(true, Ordering::SeqCst), "on purpose");
            }
        });
        let panicked = tokio::spawn(detached).await;
        assert!(panicked.unwrap_err().is_panic());
        yield_now().await;
        assert!(again.load(Ordering::SeqCst));
    }
}
