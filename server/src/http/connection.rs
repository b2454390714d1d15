//! One connection: serves HTTP/1.1 and h2c. It closes when it is idle, when others need its place,
//! and at shutdown.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::TryFutureExt;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::server::TlsStream;
use tower::{BoxError, Service, ServiceExt};
use tracing::debug;

use super::{
    connections::OpenConnection, hyper_errors::HyperErrors, lingering_close::LingeringClose,
    server_tls::ServerTls, unread_body::UnreadBody,
};

/// How long a connection may stay open.
#[derive(Clone, Debug)]
pub struct Lifetime {
    /// Its sender is dropped at shutdown. The connection then finishes its requests and closes.
    pub shutting_down: watch::Receiver<()>,
    /// The connection holds it until it is closed.
    pub open: mpsc::Sender<Infallible>,
    /// A connection without requests that wait for a response is closed after this time.
    pub idle_timeout: Duration,
}

/// Serves a connection in a task of its own, over TLS if `tls` is given.
pub fn spawn<S, B>(
    stream: TcpStream,
    tls: Option<ServerTls>,
    builder: Builder<TokioExecutor>,
    service: S,
    lifetime: Lifetime,
    entry: OpenConnection,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let _ = stream.set_nodelay(true); // only latency depends on it
    tokio::spawn(async move {
        let Some(tls) = tls else {
            return serve(stream, builder, service, lifetime, entry).await;
        };
        if let Some(stream) = handshake(stream, &tls, &lifetime, &entry).await {
            serve(stream, builder, service, lifetime, entry).await;
        }
    });
}

/// Accepts TLS, for the idle timeout at most. `None` if the connection has to end.
async fn handshake(
    stream: TcpStream,
    tls: &ServerTls,
    lifetime: &Lifetime,
    entry: &OpenConnection,
) -> Option<TlsStream<TcpStream>> {
    let mut shutting_down = lifetime.shutting_down.clone();
    tokio::select! {
        accepted = timeout(lifetime.idle_timeout, tls.acceptor().accept(stream)) => match accepted {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                debug!("a TLS handshake failed: {error}");
                None
            }
            Err(_) => None,
        },
        _ = shutting_down.changed() => None,
        () = entry.evicted() => None,
    }
}

async fn serve<T, S, B>(
    stream: T,
    builder: Builder<TokioExecutor>,
    service: S,
    lifetime: Lifetime,
    entry: OpenConnection,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let io = HyperErrors::new(LingeringClose::new(TokioIo::new(stream)));
    let entry = Arc::new(entry);
    let service = service_fn({
        let entry = Arc::clone(&entry);
        move |mut request: Request<Incoming>| {
            let open = Arc::new(entry.begin(&request));
            request.extensions_mut().insert(Arc::clone(&open));
            let response = service.clone().oneshot(request);
            response.map_ok(|response| UnreadBody::new(response, open))
        }
    });
    let mut connection = pin!(builder.serve_connection(io, service));
    let Lifetime {
        mut shutting_down,
        open: _open, // held until this function returns
        idle_timeout,
    } = lifetime;
    let mut draining = false;
    let mut idle_deadline = Instant::now() + idle_timeout;
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
            () = entry.evicted() => return,
            // hyper has no idle timeout for HTTP/2, none for a client that sends nothing, or only a
            // part of the HTTP/2 preface, and none for a client that does not read its response.
            () = sleep_until(idle_deadline) => {
                let now = Instant::now();
                let idle_since = entry.idle_since().unwrap_or(now);
                if idle_since + idle_timeout > now {
                    idle_deadline = idle_since + idle_timeout;
                } else if draining {
                    return;
                } else {
                    draining = true;
                    connection.as_mut().graceful_shutdown();
                    idle_deadline = now + idle_timeout;
                }
            },
        }
    }
}
