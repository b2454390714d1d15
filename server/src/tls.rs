//! TLS of the process as a client, and the certificate authorities that it trusts.
//!
//! Without a file of its own a connection trusts the authorities of the system: operators keep them
//! up to date, and can add some with `SSL_CERT_FILE`. Authorities compiled into the binary would
//! expire with it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    client::WantsClientCert,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{
        CertificateDer,
        pem::{self, PemObject},
    },
};
use thiserror::Error;

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file cannot be read, or it has no certificate.
    #[error("no certificate authorities in {0}")]
    Authorities(PathBuf, #[source] pem::Error),
    /// The system has no certificate authorities.
    #[error(
        "the system trusts no certificate authorities; name a file of some, or install ca-certificates"
    )]
    NoAuthorities,
    /// The TLS library refuses a certificate or a key.
    #[error("TLS cannot be set up")]
    Rustls(#[from] rustls::Error),
}

/// A TLS client without a certificate of its own. It trusts the authorities of the PEM file and no
/// others; without a file, the system's.
///
/// # Errors
/// [`TlsError::Authorities`] if the file cannot be read or has no certificate,
/// [`TlsError::NoAuthorities`] if the system has none, [`TlsError::Rustls`] if a certificate of the
/// file is invalid.
pub fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    Ok(client_builder(ca_file)?.with_no_client_auth())
}

/// As [`client_config`], before the client certificate is chosen.
///
/// # Errors
/// As [`client_config`].
pub fn client_builder(
    ca_file: Option<&Path>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    Ok(builder()?.with_root_certificates(roots(ca_file)?))
}

/// A TLS client of which only the cryptography is chosen.
///
/// # Errors
/// [`TlsError::Rustls`], never with the library's own cryptography.
pub fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    Ok(ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?)
}

/// The cryptography of all connections.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The authorities of the PEM file; without a file, the system's.
///
/// # Errors
/// As [`client_config`].
pub fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    match ca_file {
        Some(path) => roots_of_file(path),
        None => roots_of_system(),
    }
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, TlsError> {
    let invalid = |error| TlsError::Authorities(path.to_owned(), error);
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(invalid)?
        .collect();
    let mut roots = RootCertStore::empty();
    for certificate in certificates.map_err(invalid)? {
        roots.add(certificate)?;
    }
    if roots.is_empty() {
        return Err(invalid(pem::Error::NoItemsFound));
    }
    Ok(roots)
}

/// Skips certificates of the system that cannot be parsed.
fn roots_of_system() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    Ok(roots)
}
