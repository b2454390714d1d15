//! One connection: serves HTTP/1.1 and h2c, and closes when idle and at shutdown.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
    time::sleep,
};
use tower::{BoxError, Service, ServiceExt};
use tracing::debug;

use super::{hyper_errors::HyperErrors, lingering_close::LingeringClose};

/// How long a connection may stay open.
#[derive(Clone, Debug)]
pub struct Lifetime {
    /// Its sender is dropped at shutdown. The connection then finishes its requests and closes.
    pub shutting_down: watch::Receiver<()>,
    /// The connection holds it until it is closed.
    pub open: mpsc::Sender<Infallible>,
    /// A connection without requests for this long is closed. Within two such periods at most.
    pub idle_timeout: Duration,
}

/// The requests of a connection.
#[derive(Debug, Default)]
struct Activity {
    in_flight: AtomicUsize,
    /// Whether a request arrived since the last [`Activity::was_idle`].
    had_request: AtomicBool,
}

/// Serves a connection in a task of its own.
pub fn spawn<S, B>(
    stream: TcpStream,
    builder: Builder<TokioExecutor>,
    service: S,
    lifetime: Lifetime,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    tokio::spawn(serve(stream, builder, service, lifetime));
}

async fn serve<S, B>(
    stream: TcpStream,
    builder: Builder<TokioExecutor>,
    service: S,
    lifetime: Lifetime,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let _ = stream.set_nodelay(true); // only latency depends on it
    let activity = Arc::new(Activity::default());
    let service = service.map_future({
        let activity = Arc::clone(&activity);
        move |response| {
            activity.begin();
            let activity = Arc::clone(&activity);
            response.inspect(move |_| activity.end())
        }
    });
    let io = HyperErrors::new(LingeringClose::new(TokioIo::new(stream)));
    let connection = builder.serve_connection(io, TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    let Lifetime {
        mut shutting_down,
        open: _open, // held until this function returns
        idle_timeout,
    } = lifetime;
    let mut draining = false;
    loop {
        tokio::select! {
            served = &mut connection => {
                if let Err(error) = served {
                    debug!("a connection ended early: {error}");
                }
                return;
            }
            // Fails once the sender is dropped.
            _ = shutting_down.changed(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            // hyper has no idle timeout for HTTP/2, and none for a client that sends nothing, or
            // only a part of the HTTP/2 preface.
            () = sleep(idle_timeout) => if activity.was_idle() {
                if draining {
                    return;
                }
                draining = true;
                connection.as_mut().graceful_shutdown();
            },
        }
    }
}

// === impl Activity ===

impl Activity {
    fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.had_request.store(true, Ordering::Relaxed);
    }

    fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether no request arrived since the last call, and none is in flight.
    fn was_idle(&self) -> bool {
        !self.had_request.swap(false, Ordering::Relaxed)
            && self.in_flight.load(Ordering::Relaxed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_a_whole_period_after_its_last_request() {
        let activity = Activity::default();
        assert!(activity.was_idle());
        activity.begin();
        assert!(!activity.was_idle());
        assert!(!activity.was_idle(), "the request is in flight");
        activity.end();
        activity.begin();
        activity.end();
        assert!(!activity.was_idle(), "a request arrived in this period");
        assert!(activity.was_idle());
    }
}
