//! A receiver of webhooks: an HTTP server with scripted responses that verifies every signature.

use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use standardwebhooks::Webhook;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use uuid::Uuid;

/// A running receiver. Stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    identity: Option<TempDir>,
    _serving: JoinSet<()>,
}

/// A response of the receiver.
#[derive(Clone)]
pub enum Scripted {
    /// A status and headers.
    Status(u16, Vec<(&'static str, String)>),
    /// A status and a body that never ends.
    EndlessBody(u16),
    /// None: the connection is closed.
    HangUp,
    /// None: the connection stays open.
    Hang,
}

/// A request with a valid signature for every secret of the receiver.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub method: Method,
    pub path: String,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: Bytes,
}

struct State {
    secrets: Vec<String>,
    /// The next responses, in this order.
    next: Mutex<VecDeque<Scripted>>,
    /// Responses by message id. They take precedence.
    by_id: Mutex<HashMap<String, Scripted>>,
    deliveries: Mutex<Vec<Result<Delivery, String>>>,
    connections: AtomicUsize,
}

// === impl Receiver ===

impl Receiver {
    /// Requires the signatures of all these secrets, and responds 204 unless scripted otherwise.
    pub async fn start(secrets: &[&str]) -> Self {
        Self::listen(secrets, None).await
    }

    /// As [`start`](Self::start), with TLS, a self-signed certificate, and HTTP/2 for clients that
    /// negotiate it.
    pub async fn encrypted(secrets: &[&str]) -> Self {
        Self::listen(secrets, Some(self_signed())).await
    }

    async fn listen(secrets: &[&str], identity: Option<TempDir>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = identity.as_ref().map(acceptor);
        let state = Arc::new(State {
            secrets: secrets.iter().map(|&secret| secret.to_owned()).collect(),
            next: Mutex::default(),
            by_id: Mutex::default(),
            deliveries: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, tls, Arc::clone(&state)));
        Self {
            address,
            state,
            identity,
            _serving: serving,
        }
    }

    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}/events?token=in-the-address", self.address)
    }

    /// The PEM file of the certificate to trust.
    pub fn authority(&self) -> PathBuf {
        self.identity.as_ref().unwrap().path().join("ca.pem")
    }

    /// Sets the responses to the next requests, in this order.
    pub fn respond_next(&self, responses: impl IntoIterator<Item = Scripted>) {
        self.state.next.lock().unwrap().extend(responses);
    }

    /// Sets the response to every request with this message id.
    pub fn respond_always(&self, id: Uuid, response: Scripted) {
        let mut by_id = self.state.by_id.lock().unwrap();
        by_id.insert(id.to_string(), response);
    }

    /// Removes the responses by message id.
    pub fn accept_all(&self) {
        self.state.by_id.lock().unwrap().clear();
    }

    /// The deliveries so far. Fails the test if one has an invalid signature.
    #[track_caller]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let deliveries = self.state.deliveries.lock().unwrap().clone();
        deliveries.into_iter().map(Result::unwrap).collect()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }
}

// === impl Scripted ===

impl Scripted {
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }

    pub fn with(status: u16, header: &'static str, value: impl ToString) -> Self {
        Self::Status(status, vec![(header, value.to_string())])
    }
}

// === impl Delivery ===

impl Delivery {
    /// The message id, or an empty text without one.
    pub fn id(&self) -> &str {
        let id = self.headers.get("webhook-id");
        id.map_or("", |id| id.to_str().unwrap())
    }

    /// Verifies the signature with the reference implementation.
    pub fn is_signed_with(&self, secret: &str) -> Result<(), String> {
        let reference = Webhook::new(secret).unwrap();
        let verified = reference.verify(&self.body, &self.headers);
        verified.map_err(|error| error.to_string())
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(connection(stream, tls.clone(), Arc::clone(&state)));
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<State>) {
    state.connections.fetch_add(1, Ordering::Relaxed);
    match tls {
        None => serve(stream, state).await,
        // The handshake fails if the client does not trust the certificate.
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, state).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, state: Arc<State>) {
    let service = service_fn(|request| respond(request, Arc::clone(&state)));
    let server = auto::Builder::new(TokioExecutor::new());
    // Fails for `Scripted::HangUp`.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    state: Arc<State>,
) -> io::Result<Response<BoxBody<Bytes, io::Error>>> {
    let (head, body) = request.into_parts();
    let delivery = Delivery {
        method: head.method,
        path: head.uri.path().to_owned(),
        version: head.version,
        headers: head.headers,
        body: body.collect().await.map_err(io::Error::other)?.to_bytes(),
    };
    let id = delivery.id().to_owned();
    let verified: Result<(), String> = state
        .secrets
        .iter()
        .try_for_each(|secret| delivery.is_signed_with(secret));
    state
        .deliveries
        .lock()
        .unwrap()
        .push(verified.map(|()| delivery));
    let by_id = state.by_id.lock().unwrap().get(&id).cloned();
    let scripted = by_id.or_else(|| state.next.lock().unwrap().pop_front());
    match scripted.unwrap_or(Scripted::status(204)) {
        Scripted::Status(status, headers) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let nothing = Empty::new().map_err(|never| match never {});
            Ok(response.body(nothing.boxed()).unwrap())
        }
        Scripted::EndlessBody(status) => {
            let never = stream::pending::<io::Result<Frame<Bytes>>>();
            let response = Response::builder().status(status);
            Ok(response.body(StreamBody::new(never).boxed()).unwrap())
        }
        Scripted::HangUp => Err(io::ErrorKind::ConnectionAborted.into()),
        Scripted::Hang => std::future::pending().await,
    }
}

/// A self-signed certificate for this machine, `ca.pem`, and its key, `key.pem`.
pub fn self_signed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(directory.path().join("ca.pem"), issued.cert.pem()).unwrap();
    fs::write(
        directory.path().join("key.pem"),
        issued.signing_key.serialize_pem(),
    )
    .unwrap();
    directory
}

fn acceptor(identity: &TempDir) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(identity.path().join("ca.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(identity.path().join("key.pem")).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
