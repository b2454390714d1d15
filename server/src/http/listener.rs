//! Connections: accepted, served as HTTP/1.1 or h2c, closed when idle, drained at the end.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
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
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tower::{BoxError, Service, ServiceExt};
use tracing::{debug, info, warn};

use super::socket::Socket;
use crate::config::ServeConfig;

/// After a failure to accept, which is ours or the machine's (no more descriptors), and may pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The largest header list of an HTTP/2 request. Beyond it h2 answers by itself, without a body.
const HTTP2_HEADERS: u32 = 256 * 1024;

/// A bound socket and how to serve what connects to it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    builder: Builder<TokioExecutor>,
    idle_timeout: Duration,
    shutdown_timeout: Duration,
}

/// What a connection has been asked.
#[derive(Debug, Default)]
struct Activity {
    in_flight: AtomicUsize,
    asked: AtomicBool,
}

/// How long connections may live: each watches `stopping`, and holds `open` until it is closed.
#[derive(Clone, Debug)]
struct Life {
    stopping: watch::Receiver<()>,
    open: mpsc::Sender<Infallible>,
}

// === impl Listener ===

impl Listener {
    /// Binds the address. Connections queue from here on.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(config: &ServeConfig) -> io::Result<Self> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(config.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HTTP2_HEADERS);
        Ok(Self {
            socket: TcpListener::bind(config.listen).await?,
            builder,
            idle_timeout: config.header_timeout,
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
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let (stop_all, stopping) = watch::channel(());
        let (open, mut all_closed) = mpsc::channel(1);
        let life = Life { stopping, open };
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => self.connect(stream, service.clone(), life.clone()),
                    Err(error) => {
                        warn!("cannot accept a connection: {error}");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = &mut stop => break,
            }
        }
        drop(self.socket); // whoever connects now is refused, and finds another replica
        info!(
            "stopping; {} connections to drain",
            life.open.strong_count() - 1
        );
        drop((life, stop_all));
        if timeout(self.shutdown_timeout, all_closed.recv())
            .await
            .is_err()
        {
            warn!(
                "gave up on connections that did not finish within {:?}",
                self.shutdown_timeout
            );
        }
    }

    fn connect<S, B>(&self, stream: TcpStream, service: S, life: Life)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
        S: Clone + Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let _ = stream.set_nodelay(true); // slower without, not wrong
        let activity = Arc::new(Activity::default());
        let service = service.map_future({
            let activity = Arc::clone(&activity);
            move |answer| {
                activity.begin();
                let activity = Arc::clone(&activity);
                answer.inspect(move |_| activity.end())
            }
        });
        let socket = Socket::new(TokioIo::new(stream));
        let connection = self
            .builder
            .serve_connection(socket, TowerToHyperService::new(service))
            .into_owned();
        let idle_timeout = self.idle_timeout;
        let Life { mut stopping, open } = life;
        tokio::spawn(async move {
            let _open = open; // for as long as this runs
            let mut connection = pin!(connection);
            let mut last_rites = false;
            loop {
                tokio::select! {
                    served = &mut connection => {
                        if let Err(error) = served {
                            debug!("a connection ended early: {error}");
                        }
                        return;
                    }
                    // An error: the other end is gone, which is the signal.
                    _ = stopping.changed(), if !last_rites => {
                        last_rites = true;
                        connection.as_mut().graceful_shutdown();
                    }
                    // Hyper has a time-out of its own for HTTP/1.1, but none for HTTP/2, and none before it knows which
                    // of them a peer speaks that says nothing, or half a preface.
                    () = sleep(idle_timeout) => if activity.was_idle() {
                        if last_rites {
                            return;
                        }
                        last_rites = true;
                        connection.as_mut().graceful_shutdown();
                    },
                }
            }
        });
    }
}

// === impl Activity ===

impl Activity {
    fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.asked.store(true, Ordering::Relaxed);
    }

    fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether nothing was asked since this was called last, and nothing is left to answer.
    fn was_idle(&self) -> bool {
        !self.asked.swap(false, Ordering::Relaxed) && self.in_flight.load(Ordering::Relaxed) == 0
    }
}
