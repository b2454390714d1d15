//! The listening socket: accepts connections until shutdown, then drains them.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

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

use super::{
    connection::{self, Lifetime},
    connections::{ConnectionLimits, Connections},
    descriptors::room_for_connections,
    server_tls::ServerTls,
};
use crate::log_limit::LogLimit;

/// Pause after a failure to accept: the process or the machine is out of file descriptors or
/// memory, which may pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What HTTP/2 clients may send beyond what the service has read, in bytes: per request, and per
/// connection (RFC 9113 §5.2). A body of the default limit arrives without a pause.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;

/// How to accept and close connections.
#[derive(Clone, Copy, Debug)]
pub struct ListenerSettings {
    /// The address to listen on. Port 0 takes a free port.
    pub address: SocketAddr,
    /// Bounds the time for the head of a request, and the time a connection may be idle.
    pub header_timeout: Duration,
    /// Bounds the time for requests in flight to finish at shutdown.
    pub shutdown_timeout: Duration,
    /// The maximum size of the head of a request in bytes, at least 8,192, hyper's minimum. Beyond
    /// it an HTTP/1.1 request gets 400; h2 responds to an HTTP/2 request by itself, with 431 and no
    /// body.
    pub max_head: u32,
    /// The maximum number of requests on an HTTP/2 connection at a time. Beyond it the stream is
    /// refused (RFC 9113 §5.1.2).
    pub max_streams: u32,
    /// The maximum number of connections and of bytes they make the service hold. If the system
    /// allows fewer file descriptors, that lower number holds.
    pub limits: ConnectionLimits,
}

/// A bound socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    builder: Builder<TokioExecutor>,
    settings: ListenerSettings,
    connections: Arc<Connections>,
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
            .header_read_timeout(settings.header_timeout)
            .max_buf_size(settings.max_head as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(settings.max_head)
            .max_concurrent_streams(settings.max_streams)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let connections = Connections::new(ConnectionLimits {
            connections: room_for_connections(settings.limits.connections),
            ..settings.limits
        });
        Ok(Self {
            socket: TcpListener::bind(settings.address).await?,
            builder,
            settings,
            connections,
        })
    }

    /// The address it listens on, with the port that the system chose for port 0.
    ///
    /// # Errors
    /// The operating system refuses to tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The open connections.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Serves connections until `shutdown` completes. Then refuses new connections, and waits up to
    /// `shutdown_timeout` for the requests in flight.
    ///
    /// With `tls`, accepts TLS connections alone.
    pub async fn serve<S, B>(
        self,
        service: S,
        tls: Option<ServerTls>,
        shutdown: impl Future<Output = ()>,
    ) where
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
        let refusals = LogLimit::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        let Some(entry) = self.connections.open() else {
                            refusals.warn("closing a new connection: all others wait for responses");
                            continue;
                        };
                        let (builder, service) = (self.builder.clone(), service.clone());
                        let (tls, lifetime) = (tls.clone(), lifetime.clone());
                        connection::spawn(stream, tls, builder, service, lifetime, entry);
                    }
                    Err(error) => {
                        refusals.warn(format_args!("cannot accept a connection: {error}"));
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
