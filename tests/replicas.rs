//! Several processes behind a load balancer: what one promises holds for all of them together.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use crate::support::{Balancer, Client, Database, Replica, Reply, eventually, free_port};

/// Publishes to the log, and drains for a second.
const FLAGS: [&str; 4] = ["--publisher", "log", "--drain-delay", "1s"];

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_is_not_ready_and_still_accepts_connections() {
    let database = Database::own().await;
    let flags = ["--no-relay", "--drain-delay", "3s"];
    let mut replica = Replica::start(&database, free_port(), &flags).await;
    let client = Client::new(replica.address, "tenant");
    replica.process.signal("TERM");
    eventually("it is not ready", async || {
        // A client has one connection: each of these is a new one.
        let probe = Client::new(replica.address, "tenant");
        probe.call(Method::GET, "/readyz").send().await.status == 503
    })
    .await;
    Client::new(replica.address, "tenant").draft().await;
    client.draft().await;
    assert!(replica.process.ended().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_race_through_three_replicas_have_one_winner() {
    let database = Database::own().await;
    let replicas = join_all([(); 3].map(|()| Replica::start(&database, free_port(), &FLAGS)));
    let replicas = replicas.await;
    let balancer = Balancer::start(&replicas).await;
    let clients = [(); 12].map(|()| Client::new(balancer.address, "tenant"));
    for round in 0..10 {
        let key = format!("key-{round}");
        let created = clients.iter().map(|client| client.create(&key, "{}"));
        let created = join_all(created).await;
        let bodies: HashSet<_> = created.iter().map(|reply| &reply.body).collect();
        assert_eq!(bodies.len(), 1, "one order, one response");
        assert_eq!(count(&created, 201), 1);
        assert_eq!(count(&created, 200), clients.len() - 1);

        let id = created[0].id();
        let confirmed = clients
            .iter()
            .enumerate()
            .map(|(cents, client)| client.confirm(id, "\"1\"", json!({ "totalCents": cents })));
        let confirmed = join_all(confirmed).await;
        assert_eq!(count(&confirmed, 200), 1);
        for refused in confirmed.iter().filter(|reply| reply.status != 200) {
            refused.conflict("stale_version");
        }
        let closed = join_all(clients.iter().map(|client| client.close(id))).await;
        assert_eq!(count(&closed, 200), 1);
    }
    let admin = database.admin().await;
    eventually("each order's event is published once", async || {
        let events = "SELECT count(*) FILTER (WHERE published_at IS NOT NULL AND attempts = 0),
                             count(*), count(DISTINCT order_id) FROM outbox";
        let row = admin.query_one(events, &[]).await.unwrap();
        [0, 1, 2].map(|column| row.get::<_, i64>(column)) == [10; 3]
    })
    .await;
    let lines: Vec<_> = replicas
        .iter()
        .flat_map(|replica| replica.process.lines())
        .collect();
    let published = lines.iter().filter(|line| line.contains("orders.closed"));
    assert_eq!(published.count(), 10, "by one of the relays");
}

/// Takes about 10 s: each replica drains for one second.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_restart_in_turn_and_no_request_fails() {
    let database = Database::own().await;
    let ports = [(); 3].map(|()| free_port());
    let replicas = ports.map(|port| Replica::start(&database, port, &FLAGS));
    let mut replicas = join_all(replicas).await;
    let balancer = Balancer::start(&replicas).await;
    let (stop, closed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = join_all((0..4).map(|number| {
        let client = Client::new(balancer.address, &format!("tenant-{number}"));
        let (stop, closed) = (&stop, &closed);
        async move {
            let mut order = 0;
            while !stop.load(Ordering::Relaxed) {
                // The balancer repeats none of these, and sends each to another replica.
                let key = format!("key-{order}");
                let created = client.create(&key, "{}").await;
                assert_eq!(created.status, 201, "{created:?}");
                let replayed = client.create(&key, "{}").await;
                assert_eq!((replayed.status, &replayed.body), (200, &created.body));
                let id = created.id();
                let confirmed = client
                    .confirm(id, "\"1\"", json!({ "totalCents": 1 }))
                    .await;
                assert_eq!(confirmed.status, 200, "{confirmed:?}");
                let stale = client
                    .confirm(id, "\"1\"", json!({ "totalCents": 2 }))
                    .await;
                stale.conflict("stale_version");
                let ended = client.close(id).await;
                assert_eq!(ended.status, 200, "{ended:?}");
                closed.fetch_add(1, Ordering::Relaxed);
                order += 1;
            }
        }
    }));
    let restarts = async {
        for port in ports {
            let Replica { mut process, .. } = replicas.remove(0);
            process.signal("TERM");
            assert!(process.ended().await.status.success());
            replicas.push(Replica::start(&database, port, &FLAGS).await);
            balancer.sees_all_ready().await;
            let before = closed.load(Ordering::Relaxed);
            eventually("requests go on", async || {
                closed.load(Ordering::Relaxed) > before + 10
            })
            .await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(load, restarts);
    let admin = database.admin().await;
    let closed = i64::try_from(closed.into_inner()).unwrap();
    eventually("the event of each closed order is published", async || {
        let events = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
        admin.query_one(events, &[]).await.unwrap().get::<_, i64>(0) == closed
    })
    .await;
}

fn count(replies: &[Reply], status: u16) -> usize {
    replies
        .iter()
        .filter(|reply| reply.status == status)
        .count()
}
