//! The admin listener: metrics, probes and the outbox for operators, on an address of its own.
//!
//! It has no authentication, so it listens on a loopback address unless configured otherwise. It
//! serves while the process drains, so that the last requests are measured too.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use ::http::{Request, Response};
use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use thiserror::Error;
use tokio::task::JoinSet;
use tower::{BoxError, Service};
use tracing::{info, warn};

use crate::http::{ConnectionLimits, Listener, ListenerSettings};

/// A scraper, a probe, and an operator with some consoles.
const MAX_CONNECTIONS: usize = 64;

/// Of a scraper's connection. Scrape intervals are usually shorter.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// Where the admin listener listens.
#[derive(Clone, Copy, Debug)]
pub enum Address {
    /// Nowhere.
    Off,
    /// Here, if the address is free.
    IfFree(SocketAddr),
    /// Here.
    Required(SocketAddr),
}

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {0} for metrics (--admin-listen)")]
pub struct ListenError(SocketAddr, #[source] io::Error);

/// The bound admin listener.
#[derive(Debug)]
pub struct AdminListener(Option<(Listener, SocketAddr)>);

/// A running admin listener. Dropping it ends it.
#[derive(Debug)]
pub struct Admin {
    _serving: JoinSet<()>,
}

// === impl AdminListener ===

impl AdminListener {
    /// Binds the address, if there is one.
    ///
    /// # Errors
    /// [`ListenError`] if a required address cannot be bound.
    pub async fn bind(address: Address) -> Result<Self, ListenError> {
        let (Address::IfFree(wanted) | Address::Required(wanted)) = address else {
            return Ok(Self(None));
        };
        let bound = Listener::bind(settings(wanted)).await;
        match bound.and_then(|listener| Ok((listener.address()?, listener))) {
            Ok((address, listener)) => Ok(Self(Some((listener, address)))),
            Err(error) if matches!(address, Address::IfFree(_)) => {
                warn!("no metrics: cannot listen on {wanted}: {error}");
                Ok(Self(None))
            }
            Err(error) => Err(ListenError(wanted, error)),
        }
    }

    /// The address, with the port that the system chose for port 0.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(|(_, address)| *address)
    }

    /// Starts to serve.
    pub fn serve<S, B>(self, service: S) -> Admin
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
        S: Clone + Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut serving = JoinSet::new();
        if let Some((listener, address)) = self.0 {
            info!("metrics on http://{address}/metrics");
            serving.spawn(listener.serve(service, None, std::future::pending()));
        }
        Admin { _serving: serving }
    }
}

fn settings(address: SocketAddr) -> ListenerSettings {
    ListenerSettings {
        address,
        header_timeout: IDLE_TIMEOUT,
        shutdown_timeout: Duration::ZERO,
        max_head: 8 * 1024,
        max_streams: 10,
        limits: ConnectionLimits {
            connections: MAX_CONNECTIONS,
            buffered: 4 * 1024 * 1024,
        },
    }
}
