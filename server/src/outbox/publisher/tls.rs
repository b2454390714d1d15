//! TLS for NATS and webhooks, and its root certificates.
//!
//! Without `--publisher-ca` these are the system's: operators keep them up to date, and can add
//! some with `SSL_CERT_FILE`. Roots compiled into the binary would expire with it.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer,
        pem::{self, PemObject},
    },
};

use super::settings::SettingsError;

/// A TLS client that trusts the authorities of the PEM file and no others; without a file, the
/// system's.
///
/// # Errors
/// [`SettingsError::Authorities`] if the file cannot be read or has no certificate,
/// [`SettingsError::NoAuthorities`] if the system has none, [`SettingsError::Tls`] if a certificate
/// of the file is invalid.
pub fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, SettingsError> {
    let roots = match ca_file {
        Some(path) => roots_of_file(path)?,
        None => roots_of_system()?,
    };
    Ok(
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, SettingsError> {
    let invalid = |error| SettingsError::Authorities(path.to_owned(), error);
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
fn roots_of_system() -> Result<RootCertStore, SettingsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(SettingsError::NoAuthorities);
    }
    Ok(roots)
}
