//! TLS of the listening socket: a certificate that can be replaced while the service runs.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::{error_chain::Chain, tls};

/// The PEM files of a certificate chain and of its private key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate of the service first, then those of intermediate authorities.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Accepts TLS connections. Cheap to clone.
#[derive(Clone)]
pub struct ServerTls {
    acceptor: TlsAcceptor,
    files: TlsFiles,
    certificate: Arc<Certificate>,
}

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum ServerTlsError {
    /// The file cannot be read, or has no certificate or key.
    #[error("cannot use {0} for TLS")]
    File(PathBuf, #[source] pem::Error),
    /// The key does not belong to the certificate, or its kind is not supported.
    #[error("the TLS certificate and its key cannot be used")]
    Rustls(#[from] rustls::Error),
}

/// The current certificate.
#[derive(Debug)]
struct Certificate(RwLock<Arc<CertifiedKey>>);

// === impl ServerTls ===

impl ServerTls {
    /// Loads the files. Clients may negotiate HTTP/2 by ALPN (RFC 7301).
    ///
    /// # Errors
    /// [`ServerTlsError`], by what is wrong with the files.
    pub fn load(files: TlsFiles) -> Result<Self, ServerTlsError> {
        let certificate = Arc::new(Certificate(RwLock::new(Arc::new(files.read()?))));
        let builder = ServerConfig::builder_with_provider(tls::provider());
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            files,
            certificate,
        })
    }

    /// What accepts connections.
    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Loads the files again, for new connections. Keeps the old certificate if the new one cannot
    /// be used.
    pub fn reload(&self) {
        match self.files.read() {
            Ok(loaded) => {
                let current = self.certificate.0.write();
                *current.unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
                info!("loaded the TLS certificate again");
            }
            Err(error) => warn!("keeping the old TLS certificate: {}", Chain(&error)),
        }
    }
}

// === impl TlsFiles ===

impl TlsFiles {
    fn read(&self) -> Result<CertifiedKey, ServerTlsError> {
        let unusable = |path: &PathBuf, error| ServerTlsError::File(path.clone(), error);
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&self.certificate)
            .map_err(|error| unusable(&self.certificate, error))?
            .collect();
        let chain = chain.map_err(|error| unusable(&self.certificate, error))?;
        if chain.is_empty() {
            return Err(unusable(&self.certificate, pem::Error::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key);
        let key = key.map_err(|error| unusable(&self.key, error))?;
        // Fails if the key is another one's.
        Ok(CertifiedKey::from_der(chain, key, &tls::provider())?)
    }
}

// === impl Certificate ===

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}
