//! The binary `orders`: flags, messages, exit codes and log lines.

use clap::CommandFactory;
use http::{Method, StatusCode};
use orders_server::config::Cli;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Client, Database, Ended, Process};

const NONE: [(&str, &str); 0] = [];
const ANY_PORT: (&str, &str) = ("ORDERS_LISTEN", "127.0.0.1:0");
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

// === the command line ===

#[tokio::test(flavor = "multi_thread")]
async fn version_prints_the_version() {
    let told = run(&["--version"], &NONE).await;
    assert_eq!(told.lines, [concat!("orders ", env!("CARGO_PKG_VERSION"))]);
    assert!(told.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn help_lists_every_flag_with_its_variable_and_default_and_no_secret() {
    let secret = [(
        "DATABASE_URL",
        "postgresql://orders:hunter2@localhost/orders",
    )];
    let command = Cli::command();
    for name in ["", "serve", "dev", "relay", "migrate"] {
        let arguments: Vec<_> = [name, "--help"]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let help = run(&arguments, &secret).await;
        assert!(help.status.success());
        let help = help.text();
        assert!(!help.contains("hunter2"), "{help}");
        let own = command.find_subcommand(name).unwrap_or(&command);
        for flag in own.get_arguments().chain(command.get_arguments()) {
            let long = flag.get_long().unwrap();
            if ["help", "version"].contains(&long) {
                continue;
            }
            let variable = flag
                .get_env()
                .unwrap_or_else(|| panic!("--{long} has no variable"))
                .to_str()
                .unwrap();
            assert!(help.contains(&format!("--{long}")), "{name}: --{long}");
            assert!(
                help.contains(&format!("[env: {variable}")),
                "{name}: {variable}"
            );
            for default in flag
                .get_default_values()
                .iter()
                .filter(|_| flag.get_action().takes_values())
            {
                let default = default.to_str().unwrap();
                assert!(
                    help.contains(&format!("[default: {default}]")),
                    "{name}: --{long} {default}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_flag_is_refused_with_a_suggestion() {
    let told = run(&["serve", "--listn", "127.0.0.1:0"], &NONE).await;
    assert_eq!(told.status.code(), Some(2));
    assert!(told.text().contains("'--listen'"), "{told:#?}");
    let told = run(&["serv"], &NONE).await;
    assert_eq!(told.status.code(), Some(2));
    assert!(told.text().contains("'serve'"), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_can_be_set_by_its_variable() {
    let database = Database::own().await;
    let url = database.url();
    let settings = [
        ANY_PORT,
        ("DATABASE_URL", &url),
        ("ORDERS_NO_MIGRATE", "true"),
    ];
    let mut service = Process::start(&["serve"], &settings).await;
    let client = Client::new(service.address().await, "tenant");
    let reply = client.list("").await;
    reply.refused(StatusCode::INTERNAL_SERVER_ERROR, "internal"); // there is no schema
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_creates_the_schema_and_ends() {
    let database = Database::own().await;
    let url = database.url();
    for _ in 0..2 {
        let ended = run(&["migrate"], &[("DATABASE_URL", &url)]).await;
        assert!(ended.status.success(), "{ended:#?}");
    }
    let count = "SELECT count(*) FROM orders";
    let orders = database.admin().await.query_one(count, &[]).await.unwrap();
    assert_eq!(orders.get::<_, i64>(0), 0);
}

// === what stands in the way ===

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_database_url_is_one_message_without_the_password() {
    let right = Database::shared().await.url();
    let without_database = right.replace("dbname=", "dbname=no_such_");
    for wrong in [
        "postgresql://orders:hunter2@localhost:port/orders",
        "postgresql://orders:hunter2@localhost/orders?sslmode=perhaps",
        "postgresql://orders:hunter2@localhost/orders?no_such_option=1",
        "postgresql://orders:hun/ter2@localhost/orders",
        "host=localhost password=hunter2 hunter2",
        "mysql://orders:hunter2@localhost/orders",
        "hunter2",
        "",
        &without_database,
    ] {
        for command in ["serve", "relay", "migrate"] {
            let ended = run(
                &[command],
                &[
                    ("DATABASE_URL", wrong),
                    ("ORDERS_LOG", "trace"),
                    ("ORDERS_STARTUP_TIMEOUT", "1s"),
                ],
            )
            .await;
            let sentence = ended.sentence();
            assert!(
                sentence.contains("database") || sentence.contains("DATABASE_URL"),
                "{wrong}: {sentence}"
            );
            for secret in ["hunter2", "ter2", "only-for-tests"] {
                assert!(!ended.text().contains(secret), "{wrong}: {ended:#?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_one_message() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let url = Database::shared().await.url();
    let ended = run(
        &["serve"],
        &[("ORDERS_LISTEN", &address), ("DATABASE_URL", &url)],
    )
    .await;
    let sentence = ended.sentence();
    assert!(
        sentence.starts_with(&format!("orders: cannot listen on {address}: ")),
        "{sentence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_wait_for_a_database() {
    let unreachable = "postgresql://orders@127.0.0.1:1/orders";
    for signal in ["TERM", "INT"] {
        let settings = [
            ANY_PORT,
            ("DATABASE_URL", unreachable),
            ("ORDERS_STARTUP_TIMEOUT", "10m"),
        ];
        for command in ["serve", "relay"] {
            let mut service = Process::start(&[command], &settings).await;
            service.says("waiting for the database").await;
            service.signal(signal);
            service.ended().await;
        }
    }
}

// === the log ===

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_carry_the_request_and_its_trace() {
    let database = Database::own().await;
    let url = database.url();
    let settings = [
        ANY_PORT,
        ("DATABASE_URL", &url),
        ("ORDERS_LOG", "info,orders_server=debug"),
        ("ORDERS_LOG_FORMAT", "json"),
    ];
    let mut service = Process::start(&["serve"], &settings).await;
    let client = Client::new(service.address().await, "tenant");
    let fault = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a private cause'; END $$;
                 CREATE TRIGGER fault BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()";
    database.admin().await.batch_execute(fault).await.unwrap();

    let traceparent = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let call = client
        .call(Method::GET, "/orders")
        .header("x-request-id", "listing");
    call.header("traceparent", &traceparent).send().await;
    let call = client
        .creation("key", "{}")
        .header("x-request-id", "failing");
    assert_eq!(call.send().await.status, 500);
    service.signal("TERM");
    let lines = service.ended().await.json();

    let listing = of_request(&lines, "listing");
    assert_eq!(listing.len(), 1, "{listing:#?}");
    assert_eq!(
        (&listing[0]["message"], &listing[0]["status"]),
        (&json!("responded"), &json!(200))
    );
    assert_eq!(listing[0]["operation"], "listOrders");
    assert_eq!(listing[0]["span"]["trace_id"], TRACE_ID);
    let failing = of_request(&lines, "failing");
    assert_eq!(failing.len(), 2, "{failing:#?}");
    assert!(
        failing[0]["message"]
            .as_str()
            .unwrap()
            .contains("a private cause"),
        "{failing:#?}"
    );
    assert_eq!(failing[0]["level"], "ERROR");
    assert_eq!(failing[1]["status"], 500);
    assert_eq!(failing[1]["span"]["trace_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_a_line_at_info_only_if_it_is_asked_for() {
    let url = Database::shared().await.url();
    for (flags, lines) in [(&["serve"][..], 0), (&["serve", "--log-requests"], 1)] {
        let settings = [
            ANY_PORT,
            ("DATABASE_URL", &url),
            ("ORDERS_LOG_FORMAT", "json"),
        ];
        let mut service = Process::start(flags, &settings).await;
        let client = Client::new(service.address().await, "tenant");
        let call = client.call(Method::GET, "/orders");
        call.header("x-request-id", "mine").send().await;
        service.signal("TERM");
        let ended = service.ended().await.json();
        assert_eq!(of_request(&ended, "mine").len(), lines, "{ended:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_contains_no_password() {
    let url = Database::shared().await.url();
    let mut service = Process::start(
        &["serve"],
        &[ANY_PORT, ("DATABASE_URL", &url), ("ORDERS_LOG", "trace")],
    )
    .await;
    let client = Client::new(service.address().await, "tenant");
    assert_eq!(client.list("").await.status, 200);
    service.signal("TERM");
    let ended = service.ended().await;
    assert!(ended.text().contains("responded"), "{ended:#?}");
    assert!(!ended.text().contains("only-for-tests"), "{ended:#?}");
}

// === helpers ===

async fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    Process::start(arguments, settings).await.ended().await
}

fn of_request<'a>(lines: &'a [Value], id: &str) -> Vec<&'a Value> {
    lines
        .iter()
        .filter(|line| line["span"]["request_id"] == id)
        .collect()
}
