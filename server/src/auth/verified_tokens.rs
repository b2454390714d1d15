//! Remembers tokens that were verified: a signature costs more than the rest of a read.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::{claims::Claims, key_set::KeySet};

/// The maximum number of tokens, each of some hundred bytes. The least used make room.
const MAX_TOKENS: usize = 10_000;

/// Tokens by their SHA-256, so that the memory of the process holds none that could be used.
#[derive(Debug)]
pub struct VerifiedTokens(Cache<Id, Arc<Verified>>);

type Id = [u8; 32];

#[derive(Debug)]
struct Verified {
    claims: Arc<Claims>,
    /// The `exp` of the token, in seconds since 1970.
    expires: f64,
    /// The keys of the issuer then. A token is verified again with each new set: its key may have
    /// been withdrawn.
    keys: Arc<KeySet>,
}

// === impl VerifiedTokens ===

impl VerifiedTokens {
    /// The claims of a token that was verified with these keys and has not expired. The leeway does
    /// not count here: a token beyond its end is verified again. Linear in the token's length.
    pub fn find(&self, token: &str, keys: &Arc<KeySet>) -> Option<Arc<Claims>> {
        let verified = self.0.get(&id(token))?;
        let is_valid = Arc::ptr_eq(&verified.keys, keys) && now() < verified.expires;
        is_valid.then(|| Arc::clone(&verified.claims))
    }

    /// Remembers a token that was verified with these keys.
    pub fn insert(&self, token: &str, expires: f64, keys: Arc<KeySet>, claims: &Arc<Claims>) {
        let verified = Verified {
            claims: Arc::clone(claims),
            expires,
            keys,
        };
        self.0.insert(id(token), Arc::new(verified));
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::new(MAX_TOKENS))
    }
}

fn id(token: &str) -> Id {
    Sha256::digest(token).into()
}

/// The seconds since 1970; later than every token if the clock is before.
fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(f64::INFINITY, |now| now.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claims() -> Arc<Claims> {
        let claims: Value = json!({ "tenant": "acme" });
        Arc::new(Claims::new(claims.as_object().unwrap().clone(), "tenant").unwrap())
    }

    #[test]
    fn a_token_is_found_until_it_expires_and_only_with_its_keys() {
        let (tokens, keys) = (VerifiedTokens::default(), Arc::new(KeySet::default()));
        tokens.insert("valid", now() + 60.0, Arc::clone(&keys), &claims());
        tokens.insert("expired", now() - 1.0, Arc::clone(&keys), &claims());
        assert!(tokens.find("valid", &keys).is_some());
        assert!(tokens.find("expired", &keys).is_none());
        assert!(tokens.find("valid", &Arc::default()).is_none(), "new keys");
        assert!(tokens.find("other", &keys).is_none());
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let (tokens, keys) = (VerifiedTokens::default(), Arc::new(KeySet::default()));
        for number in 0..3 * MAX_TOKENS {
            let token = number.to_string();
            tokens.insert(&token, f64::INFINITY, Arc::clone(&keys), &claims());
        }
        assert!(tokens.0.len() <= MAX_TOKENS);
    }
}
