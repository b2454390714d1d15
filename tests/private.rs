//! With `--data-dir` the binary starts a private PostgreSQL, and stops it when it ends.

use std::{fs, os::unix::fs::PermissionsExt};

use http::Method;
use private_postgres::{Options, PrivatePostgres, default_data_dir};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpStream, task::block_in_place};
use tokio_postgres::NoTls;

use crate::support::{Client, Hold, Process, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_data_directory_it_starts_its_own_database_and_keeps_the_orders() {
    let home = shelter();
    let mut service = serve_privately(&home).await;
    let client = Client::new(service.address().await, "tenant");
    let order = client.closed(1234).await;
    let before = client.get(order).await.body;
    let own = postmaster(&home);
    service.signal("TERM");
    let ended = service.ended().await;
    assert!(ended.status.success(), "{ended:#?}");
    let told = ended
        .lines
        .iter()
        .filter(|line| line.contains("listens on"))
        .count();
    assert_eq!(told, 1, "{ended:#?}");
    assert!(!runs(own), "its PostgreSQL outlives it");
    assert!(nothing_holds(&home));

    let mut service = serve_privately(&home).await;
    let client = Client::new(service.address().await, "tenant");
    assert_eq!(client.get(order).await.body, before);
    service.signal("INT");
    assert!(service.ended().await.status.success());
    assert!(nothing_holds(&home));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finishes_requests_in_flight_before_it_stops() {
    for signal in ["TERM", "INT"] {
        let home = shelter();
        let mut service = serve_privately(&home).await;
        let address = service.address().await;
        let client = Client::new(address, "tenant");
        let order = client.draft().await;
        let hold = Hold::order(admin(&home).await, order).await;
        let call = client.confirmation(order, "\"1\"", json!({ "totalCents": 5 }));
        let confirming = tokio::spawn(call.send());
        hold.kept_waiting(1).await;
        service.signal(signal);
        service.says("shutting down: draining connections").await;
        assert!(
            TcpStream::connect(address).await.is_err(),
            "new connections are refused"
        );
        hold.release().await;

        let confirmed = confirming.await.unwrap();
        assert_eq!(
            (confirmed.status, &confirmed.json()["totalCents"]),
            (200, &json!(5))
        );
        let ended = service.ended().await;
        assert!(ended.status.success(), "{ended:#?}");
        assert!(nothing_holds(&home));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_it_leaves_no_database_running_and_loses_no_order() {
    let home = shelter();
    let mut service = serve_privately(&home).await;
    let order = Client::new(service.address().await, "tenant").draft().await;
    let own = postmaster(&home);
    service.signal("KILL");
    assert!(!service.ended().await.status.success());
    eventually("its PostgreSQL ends", async || {
        !runs(own) && nothing_holds(&home)
    })
    .await;

    let mut service = serve_privately(&home).await;
    let client = Client::new(service.address().await, "tenant");
    assert_eq!(client.get(order).await.status, 200);
    service.signal("TERM");
    service.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_on_one_data_directory_the_second_goes_on_without_the_first() {
    let home = shelter();
    let mut first = serve_privately(&home).await;
    let order = Client::new(first.address().await, "tenant").draft().await;
    let mut second = serve_privately(&home).await;
    let client = Client::new(second.address().await, "tenant");
    assert_eq!(client.get(order).await.status, 200);

    first.signal("TERM");
    assert!(first.ended().await.status.success());
    eventually("the second one serves again", async || {
        client.get(order).await.status == 200
    })
    .await;
    second.signal("TERM");
    assert!(second.ended().await.status.success());
    assert!(nothing_holds(&home));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_it_does_not_start_and_says_how_to_name_one() {
    // The second case is a misspelt variable, the third one of a shell that expands to nothing.
    let url = "postgresql://orders@localhost/orders";
    for setting in [
        ("UNRELATED", "1"),
        ("DATABASE_ULR", url),
        ("DATABASE_URL", ""),
    ] {
        for command in [
            &["serve"][..],
            &["relay"],
            &["migrate"],
            &["outbox", "list"],
        ] {
            let settings = [("ORDERS_LISTEN", "127.0.0.1:0"), setting];
            let ended = Process::start(command, &settings).await.ended().await;
            assert_eq!(
                ended.sentence(),
                "orders: no database: set DATABASE_URL, or ask for a private one with --data-dir \
                 or `orders dev`",
                "{command:?} {setting:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_and_a_private_database_are_refused_together() {
    let home = shelter();
    let data = home.path().join("postgres");
    let settings = [
        ("ORDERS_LISTEN", "127.0.0.1:0"),
        ("DATABASE_URL", "postgresql://orders@localhost/orders"),
    ];
    let data_dir = ["serve", "--data-dir", data.to_str().unwrap()];
    for arguments in [&data_dir[..], &["dev"]] {
        let ended = Process::start(arguments, &settings).await.ended().await;
        let sentence = ended.sentence();
        assert!(sentence.starts_with("orders: two databases:"), "{sentence}");
        assert!(!data.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_serves_with_a_private_database_and_shows_events_in_its_console() {
    let home = shelter();
    let data = home.path().join("postgres");
    // The default directory is below the home of a user, and a fixed one for root.
    let arguments = match default_data_dir().unwrap().starts_with("/var/lib") {
        true => vec!["dev", "--data-dir", data.to_str().unwrap()],
        false => vec!["dev"],
    };
    let settings = [
        ("ORDERS_LISTEN", "127.0.0.1:0"),
        ("ORDERS_ADMIN_LISTEN", "127.0.0.1:0"),
        ("XDG_DATA_HOME", home.path().to_str().unwrap()),
    ];
    let mut service = Process::start(&arguments, &settings).await;
    let client = Client::new(service.address().await, "tenant");
    client.draft().await;
    let allowed = client.call(Method::GET, "/console/settings.json");
    let allowed = allowed.send_to_page().await.json();
    assert!(allowed["admin"].is_string(), "{allowed}");
    service.signal("TERM");
    assert!(service.ended().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_takes_a_data_directory_and_leaves_nothing_running() {
    let home = shelter();
    let data = home.path().join("postgres");
    let settings = [("ORDERS_DATA_DIR", data.to_str().unwrap())];
    let ended = Process::start(&["migrate"], &settings).await.ended().await;
    assert!(ended.status.success(), "{ended:#?}");
    assert!(data.join("data").is_dir() && nothing_holds(&home));
}

// === helpers ===

async fn serve_privately(home: &TempDir) -> Process {
    let data = home.path().join("postgres");
    Process::start(
        &["serve"],
        &[
            ("ORDERS_LISTEN", "127.0.0.1:0"),
            ("ORDERS_DATA_DIR", data.to_str().unwrap()),
        ],
    )
    .await
}

/// A directory that the account of the private PostgreSQL may enter.
fn shelter() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// A superuser's connection to the private database in this directory.
async fn admin(home: &TempDir) -> tokio_postgres::Client {
    let options = Options::kept(home.path().join("postgres"));
    let joined = block_in_place(|| PrivatePostgres::start(options)).unwrap();
    assert!(joined.is_joined());
    let url = joined.admin_url("orders");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The process id of the server in this directory.
fn postmaster(home: &TempDir) -> u32 {
    let text = fs::read_to_string(home.path().join("postgres/data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn runs(pid: u32) -> bool {
    let ask = std::process::Command::new("ps")
        .args(["-p", &pid.to_string()])
        .output();
    ask.unwrap().status.success()
}

/// Every process of a private PostgreSQL holds its lock: a free lock means that none runs.
fn nothing_holds(home: &TempDir) -> bool {
    fs::File::open(home.path().join("postgres/lock"))
        .unwrap()
        .try_lock()
        .is_ok()
}
