//! TLS to PostgreSQL, by the parameters of libpq in the URL: `sslmode`, `sslrootcert`, `sslcert`
//! and `sslkey` (PostgreSQL manual §34.19).
//!
//! tokio-postgres knows no mode beyond `require` and no file, so these parameters are taken out of
//! the URL before it reads it. Channel binding (`channel_binding=require`) it knows itself.

use std::{error::Error as _, io, path::PathBuf, sync::Arc};

use percent_encoding::percent_decode_str;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
};
use thiserror::Error;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{self, TlsError};

/// How much of the server's certificate is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verify {
    /// Nothing: the connection is encrypted, and anyone may be at its other end.
    #[default]
    Nothing,
    /// A trusted authority has signed it.
    Authority,
    /// As `Authority`, and it is for the host of the URL.
    Full,
}

/// The TLS parameters of a URL.
#[derive(Clone, Debug, Default)]
pub struct TlsParameters {
    verify: Verify,
    root_certificates: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

/// Why TLS to the database cannot be set up.
#[derive(Debug, Error)]
pub enum DbTlsError {
    /// `sslmode` has an unknown value.
    #[error("DATABASE_URL: sslmode must be disable, prefer, require, verify-ca or verify-full")]
    Mode,
    /// A client certificate without its key, or the other way round.
    #[error("DATABASE_URL: sslcert and sslkey must be set together")]
    HalfIdentity,
    /// The file has no certificate or no key.
    #[error("DATABASE_URL: cannot use {0}")]
    Identity(PathBuf, #[source] pem::Error),
    /// The authorities cannot be loaded.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What is wrong with the certificate of the server. The source has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateFault {
    /// No trusted authority has signed it.
    #[error("the certificate of the database is not from a trusted authority: check sslrootcert")]
    Authority,
    /// It is for another host.
    #[error("the certificate of the database is for another host name than DATABASE_URL has")]
    HostName,
    /// It has expired.
    #[error("the certificate of the database has expired")]
    Expired,
    /// Anything else.
    #[error("the TLS handshake with the database failed")]
    Other,
}

// === impl TlsParameters ===

impl TlsParameters {
    /// Takes the parameters out of a URL. Returns the URL that tokio-postgres reads.
    ///
    /// # Errors
    /// [`DbTlsError::Mode`].
    pub fn take(url: &str) -> Result<(Self, String), DbTlsError> {
        let mut parameters = Self::default();
        let Some((base, query)) = url.split_once('?') else {
            return Ok((parameters, url.to_owned()));
        };
        let (mut rest, mut mode) = (Vec::new(), None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => mode = Some(value),
                "sslrootcert" => parameters.root_certificates = Some(value.into()),
                "sslcert" => parameters.client_certificate = Some(value.into()),
                "sslkey" => parameters.client_key = Some(value.into()),
                _ => rest.push(pair.to_owned()),
            }
        }
        if let Some(mode) = mode {
            let (verify, kept) = match mode.as_str() {
                "disable" | "prefer" => (Verify::Nothing, mode.as_str()),
                // As libpq: with a file of authorities, the certificate is verified.
                "require" if parameters.root_certificates.is_some() => {
                    (Verify::Authority, "require")
                }
                "require" => (Verify::Nothing, "require"),
                "verify-ca" => (Verify::Authority, "require"),
                "verify-full" => (Verify::Full, "require"),
                _ => return Err(DbTlsError::Mode),
            };
            parameters.verify = verify;
            rest.push(format!("sslmode={kept}"));
        }
        Ok((parameters, format!("{base}?{}", rest.join("&"))))
    }

    /// What makes the TLS connections.
    ///
    /// # Errors
    /// [`DbTlsError`], by cause.
    pub fn connector(&self) -> Result<MakeRustlsConnect, DbTlsError> {
        let roots = || tls::roots(self.root_certificates.as_deref());
        let builder = match self.verify {
            Verify::Full => tls::builder()?.with_root_certificates(roots()?),
            Verify::Authority => {
                let provider = tls::provider();
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots()?), provider);
                let verifier = verifier.build().map_err(|_| TlsError::NoAuthorities)?;
                let any_name = Verifier(Some(verifier));
                let builder = tls::builder()?.dangerous();
                builder.with_custom_certificate_verifier(Arc::new(any_name))
            }
            Verify::Nothing => {
                let builder = tls::builder()?.dangerous();
                builder.with_custom_certificate_verifier(Arc::new(Verifier(None)))
            }
        };
        let config: ClientConfig = match (&self.client_certificate, &self.client_key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let unusable = |path: &PathBuf, error| DbTlsError::Identity(path.clone(), error);
                let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)
                    .map_err(|error| unusable(certificate, error))?
                    .collect();
                let chain = chain.map_err(|error| unusable(certificate, error))?;
                let key_der = PrivateKeyDer::from_pem_file(key);
                let key_der = key_der.map_err(|error| unusable(key, error))?;
                let identity = builder.with_client_auth_cert(chain, key_der);
                identity.map_err(TlsError::from)?
            }
            _ => return Err(DbTlsError::HalfIdentity),
        };
        Ok(MakeRustlsConnect::new(config))
    }
}

/// The first host to which a password and rows may travel in clear text: over TCP to another
/// machine, where the mode does not require TLS.
pub fn clear_text_host(config: &tokio_postgres::Config) -> Option<&str> {
    if config.get_ssl_mode() == SslMode::Require {
        return None;
    }
    config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if !is_loopback(name) => Some(name.as_str()),
        _ => None,
    })
}

fn is_loopback(name: &str) -> bool {
    let address = name.parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What a failed handshake says about the certificate; `None` if there was no handshake.
pub fn certificate_fault(error: &tokio_postgres::Error) -> Option<CertificateFault> {
    let mut source = error.source();
    while let Some(cause) = source {
        // An `io::Error` does not name the error it wraps as its source.
        let wrapped = cause.downcast_ref::<io::Error>();
        let wrapped = wrapped.and_then(|error| error.get_ref()?.downcast_ref());
        if let Some(error) = wrapped.or(cause.downcast_ref::<rustls::Error>()) {
            return Some(error.into());
        }
        source = cause.source();
    }
    None
}

// === impl CertificateFault ===

impl From<&rustls::Error> for CertificateFault {
    fn from(error: &rustls::Error) -> Self {
        use CertificateError::{
            BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
            UnknownIssuer,
        };
        match error {
            rustls::Error::InvalidCertificate(error) => match error {
                Expired | ExpiredContext { .. } => Self::Expired,
                NotValidForName | NotValidForNameContext { .. } => Self::HostName,
                // An authority of the same name with another key.
                UnknownIssuer | BadSignature => Self::Authority,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// Verifies that a trusted authority has signed the certificate, for whichever host; without
/// authorities, nothing.
#[derive(Debug)]
struct Verifier(Option<Arc<WebPkiServerVerifier>>);

// === impl Verifier ===

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(verifier) = &self.0 else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is checked last, when the chain has been verified.
        let verified =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            Err(error) if CertificateFault::from(&error) == CertificateFault::HostName => {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &tls::provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &tls::provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        tls::provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_libpq_are_taken_out_of_the_url() {
        let url =
            "postgresql://me@h/orders?a=1&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&b=2";
        let (taken, rest) = TlsParameters::take(url).unwrap();
        assert_eq!(rest, "postgresql://me@h/orders?a=1&b=2&sslmode=require");
        assert_eq!(taken.verify, Verify::Full);
        assert_eq!(taken.root_certificates, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn require_verifies_the_authority_if_there_is_a_file() {
        let verify = |query: &str| {
            let taken = TlsParameters::take(&format!("postgresql://h/?{query}"));
            taken.map(|(taken, _)| taken.verify)
        };
        assert_eq!(verify("sslmode=require").unwrap(), Verify::Nothing);
        let with_file = verify("sslmode=require&sslrootcert=ca.pem");
        assert_eq!(with_file.unwrap(), Verify::Authority);
        assert_eq!(verify("").unwrap(), Verify::Nothing);
        assert!(verify("sslmode=verify").is_err());
    }

    #[test]
    fn a_host_on_another_machine_without_tls_is_named() {
        let host = |url: &str| {
            let config = url.parse().unwrap();
            clear_text_host(&config).map(str::to_owned)
        };
        assert_eq!(
            host("postgresql://db.internal/orders").as_deref(),
            Some("db.internal")
        );
        assert_eq!(
            host("postgresql://127.0.0.1,db2/orders").as_deref(),
            Some("db2")
        );
        assert_eq!(host("postgresql://db/orders?sslmode=require"), None);
        for local in ["localhost", "127.0.0.1", "[::1]", "%2Ftmp"] {
            assert_eq!(
                host(&format!("postgresql://{local}/orders")),
                None,
                "{local}"
            );
        }
    }
}
