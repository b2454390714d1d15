//! The public keys of an issuer, by their ids.

use std::collections::HashMap;

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyOperations, PublicKeyUse},
};

use super::settings::Algorithm;

/// A key that verifies signatures, with the one algorithm that it has.
#[derive(Debug)]
pub struct VerificationKey {
    /// The key.
    pub key: DecodingKey,
    /// Its algorithm. A token must name this one.
    pub algorithm: Algorithm,
}

/// The keys of an issuer that verify signatures with an allowed algorithm.
#[derive(Debug, Default)]
pub struct KeySet {
    by_id: HashMap<String, VerificationKey>,
    /// Keys without an id. A token without one is verified only if there is a single key.
    without_id: Vec<VerificationKey>,
}

// === impl KeySet ===

impl KeySet {
    /// Takes the usable keys of a JWK set (RFC 7517 §5). Others are skipped, as §5 has it: keys for
    /// encryption, of unknown types, of algorithms that are not allowed, and secrets.
    ///
    /// # Errors
    /// The text is no JWK set.
    pub fn parse(text: &[u8], allowed: &[Algorithm]) -> Result<Self, serde_json::Error> {
        #[derive(serde::Deserialize)]
        struct Keys {
            keys: Vec<serde_json::Value>,
        }
        let keys: Keys = serde_json::from_slice(text)?;
        let keys = keys.keys.into_iter();
        // One key that the library cannot read must not hide the others.
        let keys = keys.filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self::new(
            JwkSet {
                keys: keys.collect(),
            },
            allowed,
        ))
    }

    fn new(set: JwkSet, allowed: &[Algorithm]) -> Self {
        let mut keys = Self::default();
        for jwk in set.keys {
            let algorithm = algorithm(&jwk).filter(|algorithm| allowed.contains(algorithm));
            let (Some(algorithm), Ok(key)) = (algorithm, DecodingKey::from_jwk(&jwk)) else {
                continue;
            };
            let key = VerificationKey { key, algorithm };
            match jwk.common.key_id {
                Some(id) => drop(keys.by_id.insert(id, key)),
                None => keys.without_id.push(key),
            }
        }
        keys
    }

    /// The key of a token with this `kid`; without one, the only key of the set.
    pub fn find(&self, kid: Option<&str>) -> Option<&VerificationKey> {
        if let Some(kid) = kid {
            return self.by_id.get(kid);
        }
        let mut keys = self.by_id.values().chain(&self.without_id);
        let key = keys.next()?;
        keys.next().is_none().then_some(key)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.by_id.len() + self.without_id.len()
    }

    /// Whether no key can verify a token.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The algorithm of a key that verifies signatures.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let common = &jwk.common;
    let for_signatures = common
        .public_key_use
        .as_ref()
        .is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let verifies = common
        .key_operations
        .as_ref()
        .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::Rs256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::Es256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDsa
        }
        _ => return None,
    };
    // A key that names its algorithm has no other one (RFC 7517 §4.4).
    let agrees = match common.key_algorithm {
        None => true,
        Some(named) => {
            jsonwebtoken::Algorithm::try_from(named).is_ok_and(|named| named == algorithm.into())
        }
    };
    (for_signatures && verifies && agrees).then_some(algorithm)
}
