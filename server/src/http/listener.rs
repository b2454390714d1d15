//! Connections: accepted, served as HTTP/1.1 or h2c, drained.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tower::{BoxError, Service, ServiceExt};
use tracing::{debug, info, warn};

use super::refusals::Refusals;
use crate::config::ServeConfig;

/// After a failure to accept, which is ours or the machine's (no more descriptors), and may pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket and how to serve what connects to it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    builder: Builder<TokioExecutor>,
    header_timeout: Duration,
    shutdown_timeout: Duration,
}

// === impl Listener ===

impl Listener {
    /// Binds the address. Connections queue from here on.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(config: &ServeConfig) -> io::Result<Self> {
        let mut builder = Builder::new(TokioExecutor::new());
        // The time-out covers the first byte of a request to the end of its head, and the idle time before.
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(config.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(config.header_timeout);
        Ok(Self {
            socket: TcpListener::bind(config.listen).await?,
            builder,
            header_timeout: config.header_timeout,
            shutdown_timeout: config.shutdown_timeout,
        })
    }

    /// Where it listens: the port is known even if 0 was asked for.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop`, then lets the requests in flight finish, within bounds.
    pub async fn serve<S, B>(self, service: S, stop: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
        S: Clone + Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let connections = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => self.connect(stream, service.clone(), &connections),
                    Err(error) => {
                        warn!("cannot accept a connection: {error}");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = &mut stop => break,
            }
        }
        drop(self.socket); // whoever connects now is refused, and finds another replica
        let open = connections.count();
        info!("stopping; {open} connections to drain");
        if timeout(self.shutdown_timeout, connections.shutdown())
            .await
            .is_err()
        {
            warn!(
                "gave up on connections that did not finish within {:?}",
                self.shutdown_timeout
            );
        }
    }

    fn connect<S, B>(&self, stream: TcpStream, service: S, connections: &GracefulShutdown)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
        S: Clone + Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let _ = stream.set_nodelay(true); // slower without, not wrong
        let asked = Arc::new(AtomicBool::new(false));
        let service = service.map_request({
            let asked = Arc::clone(&asked);
            move |request| {
                asked.store(true, Ordering::Relaxed);
                request
            }
        });
        let io = Refusals::new(TokioIo::new(stream));
        let connection = self
            .builder
            .serve_connection(io, TowerToHyperService::new(service))
            .into_owned();
        let connection = connections.watch(connection);
        let patience = self.header_timeout;
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // hyper's own time-out starts once it knows the protocol; a peer that says nothing, or half a preface,
            // would keep it guessing for ever.
            let served = match timeout(patience, &mut connection).await {
                Ok(served) => served,
                Err(_) if asked.load(Ordering::Relaxed) => connection.await,
                Err(_) => return,
            };
            if let Err(error) = served {
                debug!("a connection ended early: {error}");
            }
        });
    }
}
