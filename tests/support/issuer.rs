//! An issuer of bearer tokens: keys, tokens, and the JWK set over HTTP. Keys and tokens are made by
//! another library than the service's.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use jwt_simple::prelude::{
    Claims, Duration, ECDSAP256KeyPairLike, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike,
    JWTClaims, RS256KeyPair, RSAKeyPairLike,
};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinSet};

/// The `iss` of the tokens.
pub const ISSUER: &str = "https://issuer.example";

/// The `aud` of the tokens.
pub const AUDIENCE: &str = "orders";

/// A key pair with an id.
pub enum Key {
    Rs256(Box<RS256KeyPair>),
    Es256(ES256KeyPair),
    EdDsa(Ed25519KeyPair),
}

/// An HTTP server with a JWK set. Stops when dropped.
pub struct Issuer {
    address: SocketAddr,
    state: Arc<State>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct State {
    /// The text of the JWK set; `None` responds 503.
    set: Mutex<Option<String>>,
    loads: AtomicUsize,
}

// === impl Key ===

impl Key {
    pub fn rs256(id: &str) -> Self {
        let key = RS256KeyPair::generate(2048).unwrap();
        Self::Rs256(Box::new(key.with_key_id(id)))
    }

    pub fn es256(id: &str) -> Self {
        Self::Es256(ES256KeyPair::generate().with_key_id(id))
    }

    pub fn eddsa(id: &str) -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().with_key_id(id))
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let jwk = match self {
            Self::Rs256(key) => key.public_key().to_jwk(),
            Self::Es256(key) => key.public_key().to_jwk(),
            Self::EdDsa(key) => key.public_key().to_jwk(),
        };
        serde_json::from_str(&jwk).unwrap()
    }

    /// A token that is valid for five minutes, with these claims beside those of the issuer.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(valid(claims))
    }

    pub fn sign(&self, claims: JWTClaims<Map<String, Value>>) -> String {
        let signed = match self {
            Self::Rs256(key) => key.sign(claims),
            Self::Es256(key) => key.sign(claims),
            Self::EdDsa(key) => key.sign(claims),
        };
        signed.unwrap()
    }
}

/// The claims of [`Key::token`].
pub fn valid(claims: &Value) -> JWTClaims<Map<String, Value>> {
    let custom = claims.as_object().unwrap().clone();
    Claims::with_custom_claims(custom, Duration::from_mins(5))
        .with_issuer(ISSUER)
        .with_audience(AUDIENCE)
}

/// The claims of a caller of these tenants that may read and write.
pub fn caller(tenants: &Value) -> Value {
    json!({ "tenant": tenants, "scope": "openid orders:read orders:write" })
}

// === impl Issuer ===

impl Issuer {
    /// Serves the public keys.
    pub async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
            _serving: JoinSet::new(),
        };
        issuer.serve(keys);
        let state = Arc::clone(&issuer.state);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&state);
                connections.spawn(async move {
                    let service = service_fn(move |_| {
                        let response = state.respond();
                        async { Ok::<_, Infallible>(response) }
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            _serving: serving,
            ..issuer
        }
    }

    /// The address of the JWK set.
    pub fn url(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    /// The flags of a service that accepts the tokens.
    pub fn flags(&self) -> [String; 8] {
        [
            "--auth",
            "jwt",
            "--jwks",
            &self.url(),
            "--jwt-issuer",
            ISSUER,
            "--jwt-audience",
            AUDIENCE,
        ]
        .map(str::to_owned)
    }

    /// Changes the keys.
    pub fn serve(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.serve_text(Some(json!({ "keys": keys }).to_string()));
    }

    /// Changes the response; `None` is an outage.
    pub fn serve_text(&self, set: Option<String>) {
        *self.state.set.lock().unwrap() = set;
    }

    /// How often the keys were loaded.
    pub fn loads(&self) -> usize {
        self.state.loads.load(Ordering::Relaxed)
    }
}

// === impl State ===

impl State {
    fn respond(&self) -> Response<Full<Bytes>> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let set = self.set.lock().unwrap().clone();
        let status = if set.is_some() { 200 } else { 503 };
        let body = Full::from(set.unwrap_or_default());
        Response::builder().status(status).body(body).unwrap()
    }
}
