//! Whom we believe to be who they say, for NATS and webhooks alike.
//!
//! The system's authorities, because operators already keep those up to date, and can add their own
//! there or with `SSL_CERT_FILE`; a list compiled into the binary would grow old with it.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::Misconfigured;

/// TLS that trusts the authorities of this PEM file and no others, or without one the system's.
///
/// # Errors
/// [`Misconfigured`] when there is nobody to trust.
pub fn tls(authorities: Option<&Path>) -> Result<ClientConfig, Misconfigured> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(path) => {
            let missing = |error| Misconfigured::Authorities(path.to_owned(), error);
            let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
                .map_err(missing)?
                .collect();
            for authority in read.map_err(missing)? {
                roots.add(authority)?;
            }
            if roots.is_empty() {
                return Err(missing(rustls::pki_types::pem::Error::NoItemsFound));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(Misconfigured::NoAuthorities);
            }
        }
    }
    Ok(
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}
