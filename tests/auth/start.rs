//! Settings of authentication at the start.

use crate::support::{App, Issuer, Key, Process, config};

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
