//! Tokens that must be refused: the attacks of RFC 8725, and others.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jwt_simple::prelude::{Audiences, HS256Key, MACLike};
use serde_json::{Value, json};

use super::{Claims, World, ago, challenge, with};
use crate::support::{Key, caller, valid_claims};

/// The name of an attack, its token, and a part of the message that refuses it.
type Attack = (&'static str, String, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_forged_header_is_refused() {
    let world = World::with(Key::rs256("first"), &[]).await;
    let claims = caller(&json!(world.app.tenant));
    let good = world.key.token(&claims);
    let stranger = Key::rs256("first");
    let forged = stranger.token(&claims);
    // RS256 → HS256: the public key as the secret of an HMAC.
    let public = world.key.jwk()["n"].to_string();
    let hmac = HS256Key::from_bytes(public.as_bytes()).with_key_id("first");
    let hmac = hmac.authenticate(valid_claims(&claims)).unwrap();
    let own_keys = json!(world.issuer.url());
    let header = |name, value| with_header(&good, name, value);
    let attacks: Vec<Attack> = vec![
        ("HMAC with the public key", hmac, "algorithm"),
        ("ES256 on RSA", header("alg", json!("ES256")), "algorithm"),
        ("another hash", header("alg", json!("RS512")), "algorithm"),
        ("none", header("alg", json!("none")), "malformed"),
        ("None", header("alg", json!("None")), "malformed"),
        ("an unknown kid", header("kid", json!("x")), "unknown key"),
        ("a path", header("kid", json!("../x")), "unknown key"),
        ("SQL", header("kid", json!("' OR 1=1")), "unknown key"),
        ("jku", header("jku", own_keys), "signature"),
        ("crit", header("crit", json!(["b64"])), "critical"),
        (
            "jwk",
            with_header(&forged, "jwk", stranger.jwk()),
            "signature",
        ),
        ("the id of another key", forged, "signature"),
    ];
    assert_refused(&world, attacks).await;
    assert_eq!(world.client_with(&good).list("").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_cut_or_edited_is_refused() {
    let world = World::start().await;
    let good = world.key.token(&caller(&json!(world.app.tenant)));
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        unreachable!()
    };
    let admin = encoded(&json!({ "tenant": "admin" }));
    let none = encoded(&json!({ "alg": "none" }));
    let long = json!({ "tenant": "a", "x": "y".repeat(9000) });
    let attacks: Vec<Attack> = vec![
        ("none", format!("{none}.{payload}."), "malformed"),
        (
            "edited",
            format!("{header}.{admin}.{signature}"),
            "signature",
        ),
        ("unsigned", format!("{header}.{payload}."), "signature"),
        ("two parts", format!("{header}.{payload}"), "malformed"),
        ("four parts", format!("{good}.{signature}"), "malformed"),
        ("empty parts", "..".to_owned(), "malformed"),
        ("a word", "abc".to_owned(), "malformed"),
        ("oversized", world.key.token(&long), "too long"),
    ];
    assert_refused(&world, attacks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_wrong_claims_is_refused() {
    let world = World::start().await;
    let claims = caller(&json!(world.app.tenant));
    let edited = |edit: fn(&mut Claims)| {
        let mut claims = valid_claims(&claims);
        edit(&mut claims);
        world.key.sign(claims)
    };
    let tenant = |tenant: Value| world.key.token(&caller(&tenant));
    let evil = |claims: &mut Claims| claims.issuer = Some("https://evil.example".to_owned());
    let billing = |claims: &mut Claims| {
        claims.audiences = Some(Audiences::AsString("billing".to_owned()));
    };
    let nameless = json!({ "scope": "orders:read" });
    let attacks: Vec<Attack> = vec![
        ("expired", edited(|it| it.expires_at = ago(60)), "expired"),
        ("no end", edited(|it| it.expires_at = None), "lacks a claim"),
        (
            "early",
            edited(|it| it.invalid_before = ago(-90)),
            "not valid yet",
        ),
        ("another issuer", edited(evil), "issuer"),
        ("no issuer", edited(|it| it.issuer = None), "issuer"),
        ("another audience", edited(billing), "audience"),
        ("no audience", edited(|it| it.audiences = None), "audience"),
        ("no tenant", world.key.token(&nameless), "tenant"),
        ("no tenants", tenant(json!([])), "tenant"),
        ("a number", tenant(json!(1)), "tenant"),
        ("no tenant id", tenant(json!("a b")), "tenant"),
        ("too many", tenant(json!(vec!["a"; 101])), "tenant"),
    ];
    assert_refused(&world, attacks).await;
}

async fn assert_refused(world: &World, attacks: Vec<Attack>) {
    for (name, token, reason) in attacks {
        let refused = world.client_with(&token).list("").await;
        let challenge = challenge(&refused);
        assert!(challenge.contains("error=\"invalid_token\""), "{name}");
        let message = refused.json()["message"].to_string();
        assert!(message.contains(reason), "{name}: {message}");
        refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
    }
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The token with another header. Its signature no longer matches.
fn with_header(token: &str, name: &str, value: Value) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    let header = with(serde_json::from_slice(&header).unwrap(), name, value);
    format!("{}.{rest}", encoded(&header))
}
