//! The listening socket: accepts connections until shutdown, then drains them.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tower::{BoxError, Service};
use tracing::{info, warn};

use super::connection::{self, Lifetime};

/// Pause after a failure to accept: the process or the machine is out of file descriptors or
/// memory, which may pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The maximum size of the header list of an HTTP/2 request, in bytes. Beyond it h2 responds by
/// itself, without a body.
const HTTP2_MAX_HEADER_LIST: u32 = 256 * 1024;

/// How to accept and close connections.
#[derive(Clone, Copy, Debug)]
pub struct ListenerSettings {
    /// The address to listen on. Port 0 takes a free port.
    pub address: SocketAddr,
    /// Bounds the time for the head of a request, and the time a connection may be idle.
    pub header_timeout: Duration,
    /// Bounds the time for requests in flight to finish at shutdown.
    pub shutdown_timeout: Duration,
}

/// A bound socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    builder: Builder<TokioExecutor>,
    settings: ListenerSettings,
}

// === impl Listener ===

impl Listener {
    /// Binds the address. The operating system queues connections from here on.
    ///
    /// # Errors
    /// The address is in use, is not one of this machine, or needs privileges.
    pub async fn bind(settings: ListenerSettings) -> io::Result<Self> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HTTP2_MAX_HEADER_LIST);
        Ok(Self {
            socket: TcpListener::bind(settings.address).await?,
            builder,
            settings,
        })
    }

    /// The address it listens on, with the port that the system chose for port 0.
    ///
    /// # Errors
    /// The operating system refuses to tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves connections until `shutdown` completes. Then refuses new connections, and waits up to
    /// `shutdown_timeout` for the requests in flight.
    pub async fn serve<S, B>(self, service: S, shutdown: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
        S: Clone + Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let (start_shutdown, shutting_down) = watch::channel(());
        let (open, mut all_closed) = mpsc::channel(1);
        let lifetime = Lifetime {
            shutting_down,
            open,
            idle_timeout: self.settings.header_timeout,
        };
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (builder, service) = (self.builder.clone(), service.clone());
                        connection::spawn(stream, builder, service, lifetime.clone());
                    }
                    Err(error) => {
                        warn!("cannot accept a connection: {error}");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = &mut shutdown => break,
            }
        }
        // New connections are refused from here on, so their clients try another replica.
        drop(self.socket);
        info!(
            connections = lifetime.open.strong_count() - 1,
            "shutting down: draining connections"
        );
        drop((lifetime, start_shutdown));
        let shutdown_timeout = self.settings.shutdown_timeout;
        if timeout(shutdown_timeout, all_closed.recv()).await.is_err() {
            warn!("closing connections that did not finish within {shutdown_timeout:?}");
        }
    }
}
