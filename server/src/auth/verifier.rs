//! Verifies bearer tokens.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Header, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::{
    claims::Claims,
    error::InvalidToken,
    key_cache::KeyCache,
    key_set::VerificationKey,
    key_source::KeySource,
    settings::{JwtSettings, SettingsError},
    verified_tokens::VerifiedTokens,
};

/// The maximum length of a token in bytes.
const MAX_LEN: usize = 8 * 1024;

/// Verifies the tokens of an issuer.
#[derive(Debug)]
pub struct Verifier {
    cache: Arc<KeyCache>,
    verified: VerifiedTokens,
    settings: JwtSettings,
    /// Ends with the verifier.
    _refresh: JoinSet<()>,
}

// === impl Verifier ===

impl Verifier {
    /// Loads the issuer's keys, for `startup_timeout` at most, and starts to keep them current.
    ///
    /// # Errors
    /// [`SettingsError`], by cause.
    pub async fn start(
        settings: JwtSettings,
        startup_timeout: Duration,
    ) -> Result<Self, SettingsError> {
        let source = KeySource::new(&settings)?;
        let cache = KeyCache::start(source, settings.algorithms.clone(), startup_timeout).await;
        let cache = Arc::new(cache.map_err(SettingsError::Keys)?);
        let mut refresh = JoinSet::new();
        let refreshed = Arc::clone(&cache);
        refresh.spawn(async move { refreshed.refresh().await });
        Ok(Self {
            cache,
            verified: VerifiedTokens::default(),
            settings,
            _refresh: refresh,
        })
    }

    /// The claims of a token, if it is valid. Linear in its length; may wait 5 seconds for the
    /// issuer if its key is unknown.
    ///
    /// # Errors
    /// [`InvalidToken`], by cause.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, InvalidToken> {
        if token.len() > MAX_LEN {
            return Err(InvalidToken::TooLong);
        }
        if let Some(claims) = self.verified.find(token, &self.cache.keys()) {
            return Ok(claims);
        }
        let header = decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        // `jku`, `jwk`, `x5u` and `x5c` are never read: they would let a token bring its own key.
        if header.crit.is_some() {
            return Err(InvalidToken::Critical);
        }
        let mut keys = self.cache.keys();
        if keys.find(header.kid.as_deref()).is_none() {
            keys = self.cache.keys_newer_than(&keys).await;
        }
        let key = keys
            .find(header.kid.as_deref())
            .ok_or(InvalidToken::UnknownKey)?;
        let claims = self.claims(token, &header, key)?;
        let expires = claims.get("exp").and_then(Value::as_f64);
        let claims = Arc::new(Claims::new(claims, &self.settings.tenant_claim)?);
        // A token without `exp` has been refused.
        self.verified
            .insert(token, expires.unwrap_or_default(), keys, &claims);
        Ok(claims)
    }

    fn claims(
        &self,
        token: &str,
        header: &Header,
        key: &VerificationKey,
    ) -> Result<Map<String, Value>, InvalidToken> {
        let algorithm = key.algorithm.into();
        if header.alg != algorithm {
            return Err(InvalidToken::Algorithm);
        }
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&self.settings.audiences);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = self.settings.leeway.as_secs();
        match decode(token, &key.key, &validation) {
            Ok(decoded) => Ok(decoded.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => InvalidToken::Signature,
                ErrorKind::InvalidAlgorithm => InvalidToken::Algorithm,
                ErrorKind::ExpiredSignature => InvalidToken::Expired,
                ErrorKind::ImmatureSignature => InvalidToken::NotYet,
                ErrorKind::InvalidIssuer => InvalidToken::Issuer,
                ErrorKind::InvalidAudience => InvalidToken::Audience,
                ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
                    "iss" => InvalidToken::Issuer,
                    "aud" => InvalidToken::Audience,
                    _ => InvalidToken::Claim,
                },
                ErrorKind::InvalidClaimFormat(_) => InvalidToken::Claim,
                _ => InvalidToken::Malformed,
            }),
        }
    }
}
