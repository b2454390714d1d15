//! Settings of authentication at the start.

use serde_json::json;

use crate::support::{App, Client, Database, Issuer, Key, Process, caller, config};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_named_in_one_sentence() {
    let none: [(&str, &str); 0] = [];
    let jwt = [
        "serve",
        "--auth",
        "jwt",
        "--jwt-audience",
        "orders",
        "--jwt-issuer",
        "x",
        "--jwks",
    ];
    let cases: [(&[&str], &str); 6] = [
        (&["serve", "--listen", "0.0.0.0:0"], "--trust-tenant-header"),
        (
            &["serve", "--auth", "jwt"],
            "--auth jwt needs --jwt-audience",
        ),
        (
            &["serve", "--auth", "jwt", "--jwt-audience", "a"],
            "--auth jwt needs --jwks",
        ),
        (
            &[
                "serve",
                "--auth",
                "jwt",
                "--jwt-audience",
                "a",
                "--jwks",
                "f",
            ],
            "--auth jwt needs --jwt-issuer",
        ),
        (
            &[&jwt[..], &["http://issuer.example/jwks"]].concat(),
            "--jwks must be an https:// address",
        ),
        (
            &[&jwt[..], &["/nothing/here", "--startup-timeout", "0s"]].concat(),
            "cannot read /nothing/here",
        ),
    ];
    for (arguments, sentence) in cases {
        let ended = Process::start(arguments, &none).await.ended().await;
        assert!(ended.sentence().contains(sentence), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_contains_no_token() {
    let (good, stranger) = (Key::eddsa("k"), Key::eddsa("k"));
    let issuer = Issuer::start(&[&good]).await;
    let flags = issuer.flags();
    let arguments: Vec<_> = ["serve"]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .collect();
    let settings = [
        ("DATABASE_URL", Database::shared().await.url()),
        ("ORDERS_LISTEN", "127.0.0.1:0".to_owned()),
        ("ORDERS_LOG", "trace".to_owned()),
    ];
    let mut service = Process::start(&arguments, &settings).await;
    let client = Client::new(service.address().await, "acme");
    let mut tokens = Vec::new();
    for (key, status) in [(good, 200), (stranger, 401)] {
        let token = key.token(&caller(&json!("acme")));
        assert_eq!(client.with_token(&token).list("").await.status, status);
        tokens.push(token);
    }
    service.signal("TERM");
    let ended = service.ended().await;
    assert!(ended.text().contains("responded"), "{ended:#?}");
    for token in tokens {
        for part in token.split('.').skip(1) {
            assert!(!ended.text().contains(part), "{ended:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_header_or_tokens_allow_every_address() {
    let app = App::start().await;
    let issuer = Issuer::start(&[&Key::eddsa("k")]).await;
    let jwt = issuer.flags();
    let all = ["--listen", "0.0.0.0:0"];
    for flags in [
        vec!["--trust-tenant-header"],
        jwt.iter().map(String::as_str).collect(),
    ] {
        let mut config = config(&app.database, &flags);
        config.listen = all[1].parse().unwrap();
        let server = orders_server::Server::start(config).await.unwrap();
        server.stop().await;
    }
}
