//! TLS for clients: `--tls-cert` and `--tls-key`.

use std::{fs, io, net::SocketAddr, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::support::{Authority, Database, Identity, Process, eventually};

/// The files of a certificate.
struct Files(TempDir);

// === impl Files ===

impl Files {
    fn of(identity: &Identity) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.replace(identity);
        files
    }

    fn replace(&self, identity: &Identity) {
        fs::write(self.path("cert.pem"), &identity.certificate).unwrap();
        fs::write(self.path("key.pem"), &identity.key).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A service on a database of its own. Returns its address.
    async fn serve(&self) -> (Process, SocketAddr) {
        let database = Database::own().await;
        let settings = [
            ("DATABASE_URL", database.url()),
            ("ORDERS_LISTEN", "127.0.0.1:0".to_owned()),
            ("ORDERS_HEADER_TIMEOUT", "1s".to_owned()),
            ("ORDERS_TLS_CERT", self.path("cert.pem")),
            ("ORDERS_TLS_KEY", self.path("key.pem")),
        ];
        let mut service = Process::start(&["serve", "--no-relay"], &settings).await;
        let line = service.says("listens on https://").await;
        let (_, address) = line.split_once("https://").unwrap();
        (service, address.parse().unwrap())
    }
}

/// Connects with these protocols, and trusts this authority alone.
async fn connect(
    address: SocketAddr,
    authority: &Authority,
    protocols: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = authority.certificate();
    roots
        .add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap())
        .unwrap();
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The status line of a probe.
async fn probe(mut stream: TlsStream<TcpStream>) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await; // some servers skip close_notify
    String::from_utf8_lossy(&response)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_negotiate_http_2_or_http_1_1() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue("127.0.0.1"));
    let (_service, address) = files.serve().await;
    for (offered, chosen) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1")] {
        let stream = connect(address, &authority, offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(chosen.as_bytes()));
    }
    let stream = connect(address, &authority, &[]).await.unwrap();
    assert_eq!(probe(stream).await, "HTTP/1.1 200 OK");
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_text_and_silent_clients_are_disconnected() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue("127.0.0.1"));
    let (_service, address) = files.serve().await;
    for sent in ["GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n", ""] {
        let mut clear = TcpStream::connect(address).await.unwrap();
        clear.write_all(sent.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        let ended = timeout(Duration::from_secs(10), clear.read_to_end(&mut received)).await;
        assert!(ended.is_ok(), "{sent:?}");
        assert!(!received.starts_with(b"HTTP"), "{received:?}");
    }
    let stream = connect(address, &authority, &[]).await.unwrap();
    assert_eq!(probe(stream).await, "HTTP/1.1 200 OK");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_the_certificate_again_and_keeps_it_if_the_new_one_is_broken() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = Files::of(&old.issue("127.0.0.1"));
    let (mut service, address) = files.serve().await;
    let open = connect(address, &old, &[]).await.unwrap();

    files.replace(&new.issue("127.0.0.1"));
    service.signal("HUP");
    eventually("new connections have the new certificate", async || {
        connect(address, &new, &[]).await.is_ok()
    })
    .await;
    assert!(connect(address, &old, &[]).await.is_err());
    assert_eq!(
        probe(open).await,
        "HTTP/1.1 200 OK",
        "old connections go on"
    );

    fs::write(files.path("key.pem"), old.issue("127.0.0.1").key).unwrap();
    service.signal("HUP");
    service.says("keeping the old TLS certificate").await;
    assert!(connect(address, &new, &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_stops_the_start() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue("127.0.0.1"));
    fs::write(files.path("key.pem"), authority.issue("127.0.0.1").key).unwrap();
    let (cert, key) = (files.path("cert.pem"), files.path("key.pem"));
    let missing = files.path("missing.pem");
    for (flags, sentence) in [
        (
            ["--tls-cert", &cert, "--tls-key", &key],
            "the TLS certificate and its key cannot be used",
        ),
        (
            ["--tls-cert", &missing, "--tls-key", &key],
            "missing.pem for TLS",
        ),
        (
            ["--tls-cert", &cert, "--tls-key", &missing],
            "missing.pem for TLS",
        ),
    ] {
        let arguments = [&["serve"][..], &flags].concat();
        let none: [(&str, &str); 0] = [];
        let ended = Process::start(&arguments, &none).await.ended().await;
        assert!(ended.sentence().contains(sentence), "{ended:?}");
    }
}
