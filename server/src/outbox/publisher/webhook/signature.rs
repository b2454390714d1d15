//! Signatures of Standard Webhooks.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs messages with one secret, or with the new and the old one while they are exchanged.
pub struct Signer {
    /// One per secret, the newest first.
    keys: Vec<Hmac<Sha256>>,
}

// === impl Signer ===

impl Signer {
    /// Reads one or two secrets separated by a comma: `whsec_` and 24 to 64 bytes in Base64.
    /// `None` if they have another form.
    pub fn new(secrets: &str) -> Option<Self> {
        let keys = secrets.split(',').map(key).collect::<Option<Vec<_>>>()?;
        (keys.len() <= 2).then_some(Self { keys })
    }

    /// The value of `webhook-signature`: for each secret `v1,` and the HMAC-SHA256 in Base64
    /// (Standard Webhooks, "Signature scheme"). A receiver accepts the message if one of them is
    /// its own.
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let sign = |key: &Hmac<Sha256>| {
            let mac = key
                .clone()
                .chain_update(format!("{id}.{timestamp}."))
                .chain_update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.keys.iter().map(sign).collect::<Vec<_>>().join(" ")
    }
}

fn key(secret: &str) -> Option<Hmac<Sha256>> {
    let encoded = secret.trim().strip_prefix("whsec_")?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let has_allowed_length = (24..=64).contains(&bytes.len());
    has_allowed_length
        .then(|| Hmac::new_from_slice(&bytes).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_secrets_of_24_to_64_bytes_are_accepted() {
        let secret = |length| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for length in [24, 64] {
            assert!(Signer::new(&secret(length)).is_some(), "{length}");
        }
        for length in [0, 23, 65] {
            assert!(Signer::new(&secret(length)).is_none(), "{length}");
        }
        let (two, three) = (
            vec![secret(24); 2].join(","),
            vec![secret(24); 3].join(", "),
        );
        assert!(Signer::new(&two).is_some());
        assert!(Signer::new(&three).is_none());
    }
}
