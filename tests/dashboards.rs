//! The alerts and the dashboard of `deploy/`, on a running service and a real Prometheus.

use std::{fs, path::PathBuf};

use orders_server::Server;
use serde_json::{Value, json};

use crate::support::{App, Client, Isolation, Prometheus, config, eventually};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(name)
}

/// The recorded names, and the expressions of recordings and alerts.
fn rules() -> (Vec<String>, Vec<String>) {
    let text = fs::read_to_string(file("prometheus/rules.yaml")).unwrap();
    let rules: Value = serde_yaml_ng::from_str(&text).unwrap();
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    let rules: Vec<_> = rules.collect();
    let texts = |key: &str| {
        let texts = rules.iter().filter_map(|rule| rule[key].as_str());
        texts.map(str::to_owned).collect::<Vec<_>>()
    };
    (texts("record"), texts("expr"))
}

/// Each panel of the dashboard with its expressions.
fn panels() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(file("grafana/orders.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    panels
        .map(|panel| {
            let targets = panel["targets"].as_array().unwrap().iter();
            let expressions = targets.map(|target| target["expr"].as_str().unwrap());
            let title = panel["title"].as_str().unwrap().to_owned();
            let with_range = |text: &str| text.replace("$__rate_interval", "1m");
            (title, expressions.map(with_range).collect())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_expression_returns_data_of_a_running_service() {
    let app = App::with(Isolation::Database, &[]).await;
    let flags = [
        "--admin-listen",
        "127.0.0.1:0",
        "--outbox-retention",
        "0s",
        "--purge-interval",
        "1s",
    ];
    let mut config = config(&app.database, &flags);
    config.no_relay = false;
    let server = Server::start(config).await.unwrap();
    let rules_file = file("prometheus/rules.yaml").canonicalize().unwrap();
    let prometheus = Prometheus::start(server.admin_address().unwrap(), &rules_file).await;
    let client = Client::new(server.address(), "acme");

    let (recorded, expressions) = rules();
    // A recording is data once Prometheus has evaluated it.
    for name in recorded {
        eventually(&name, async || {
            traffic(&client).await;
            !prometheus.query(&name).await.is_empty()
        })
        .await;
    }
    for (title, expressions) in panels() {
        assert!(!expressions.is_empty(), "{title}");
        for expression in expressions {
            eventually(&format!("{title}: {expression}"), async || {
                traffic(&client).await;
                !prometheus.query(&expression).await.is_empty()
            })
            .await;
        }
    }
    // An alert compares something that has data with a bound.
    let mut alerts = 0;
    for expression in expressions {
        let bounds = [" > ", " == "].into_iter();
        let Some((compared, _)) = bounds
            .filter_map(|bound| expression.rsplit_once(bound))
            .next()
        else {
            continue;
        };
        let values = prometheus.query(compared).await;
        assert!(!values.is_empty(), "no data for the alert {expression}");
        alerts += 1;
    }
    assert_eq!(alerts, 10);
    server.stop().await;
}

/// One of everything that has a metric of its own.
async fn traffic(client: &Client) {
    let id = client.closed(5).await;
    client.create("key", "{}").await;
    client
        .confirm(id, "\"1\"", json!({ "totalCents": 1 }))
        .await;
    client.get(id).await;
    client.list("").await;
}

/// `promtool` is a part of Debian's package of Prometheus.
#[test]
fn the_rules_are_valid_and_each_alert_fires_for_its_values() {
    for (command, name) in [("check", "rules.yaml"), ("test", "rules_test.yaml")] {
        let path = file("prometheus").join(name);
        let mut promtool = std::process::Command::new("promtool");
        let output = promtool.args([command, "rules"]).arg(path).output();
        let output = output.expect("`.ci/prepare prometheus` installs promtool");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {text}{errors}");
    }
}
