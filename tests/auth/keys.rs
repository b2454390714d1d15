//! The keys of the issuer: rotation, outages, keys that must not verify.

use http::StatusCode;
use serde_json::json;

use super::{World, with};
use crate::support::{App, Isolation, Issuer, Key, caller};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_loaded_at_once_and_invented_ones_load_nothing() {
    let world = World::start().await;
    let second = Key::es256("second");
    world.issuer.serve(&[&world.key, &second]);
    let claims = caller(&json!(world.app.tenant));
    let rotated = world.client_with(&second.token(&claims));
    assert_eq!(rotated.list("").await.status, 200);
    assert_eq!(world.issuer.loads(), 2, "at the start, and for the new key");
    for number in 0..20 {
        let invented = Key::eddsa(&format!("invented-{number}"));
        let refused = world.client_with(&invented.token(&claims)).list("").await;
        refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
    }
    assert_eq!(world.issuer.loads(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_verified_is_refused_once_its_key_is_withdrawn() {
    let world = World::start().await;
    let before = world.client();
    assert_eq!(before.list("").await.status, 200);
    let second = Key::es256("second");
    world.issuer.serve(&[&second]);
    let claims = caller(&json!(world.app.tenant));
    let after = world.client_with(&second.token(&claims)).list("").await;
    assert_eq!(after.status, 200, "its unknown key loads the keys");
    let refused = before.list("").await;
    refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_issuer_stops_no_request() {
    let world = World::start().await;
    for set in [
        None,
        Some("no JSON".to_owned()),
        Some(json!({ "keys": [] }).to_string()),
    ] {
        world.issuer.serve_text(set);
        let unknown = Key::eddsa("unknown").token(&caller(&json!(world.app.tenant)));
        let refused = world.client_with(&unknown).list("").await;
        refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
        assert_eq!(world.client().list("").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_must_not_verify_are_skipped() {
    let key = Key::es256("k");
    let unusable = [
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "k" }),
        json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "k" }),
        json!({ "kty": "strange", "kid": "k" }),
        json!(7),
        with(key.jwk(), "use", json!("enc")),
        with(key.jwk(), "alg", json!("ES384")),
        with(key.jwk(), "key_ops", json!(["sign"])),
    ];
    let world = World::start().await;
    for jwk in unusable {
        let keys = json!({ "keys": [world.key.jwk(), jwk] });
        let issuer = Issuer::start(&[]).await;
        issuer.serve_text(Some(keys.to_string()));
        let auth = issuer.flags();
        let app = App::with(Isolation::Tenant, &auth.each_ref().map(String::as_str)).await;
        let claims = caller(&json!(app.tenant));
        let with_token = |key: &Key| app.client.with_token(&key.token(&claims));
        let refused = with_token(&key).list("").await;
        refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
        assert_eq!(with_token(&world.key).list("").await.status, 200, "{jwk}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_can_be_in_a_file() {
    let key = Key::eddsa("k");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys.json");
    std::fs::write(&file, json!({ "keys": [key.jwk()] }).to_string()).unwrap();
    let issuer = Issuer::start(&[]).await;
    let mut flags = issuer.flags();
    flags[3] = file.to_str().unwrap().to_owned();
    let app = App::with(Isolation::Tenant, &flags.each_ref().map(String::as_str)).await;
    let client = app
        .client
        .with_token(&key.token(&caller(&json!(app.tenant))));
    assert_eq!(client.list("").await.status, 200);
    assert_eq!(issuer.loads(), 0);
}
