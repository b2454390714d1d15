//! HTTP of the process as a client: webhooks, and the keys of a token issuer.

use std::{path::Path, time::Duration};

use http::Uri;
use http_body::Body;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::net::TcpStream;
use tower::{BoxError, ServiceExt, timeout::Timeout, util::BoxCloneSyncService};
use url::{Host, Url};

use crate::tls::{self, TlsError};

/// Shorter than the idle timeout of common servers, so that a request rarely meets a connection
/// that the server is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens connections.
pub type Connector = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>;

/// A client that keeps connections open. Its requests are not bounded in time here.
pub fn new<B>(connector: Connector) -> Client<Connector, B>
where
    B: Body<Data: Send> + Send,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

/// Opens connections to the server of `address`, with or without TLS as its scheme says. Each may
/// take `connect_timeout` to open, TLS included.
///
/// # Errors
/// [`TlsError`], as [`tls::client_config`].
pub fn connector(
    address: &Url,
    ca_file: Option<&Path>,
    connect_timeout: Duration,
) -> Result<Connector, TlsError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    if address.scheme() == "http" {
        let plain = tcp.map_response(MaybeHttpsStream::Http);
        return Ok(Connector::new(Timeout::new(plain, connect_timeout)));
    }
    let tls = HttpsConnectorBuilder::new()
        .with_tls_config(tls::client_config(ca_file)?)
        .https_only()
        .enable_all_versions()
        .wrap_connector(tcp);
    Ok(Connector::new(Timeout::new(tls, connect_timeout)))
}

/// Whether requests to the address stay on this machine, and therefore need no TLS.
pub fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
