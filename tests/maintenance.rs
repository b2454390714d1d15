//! Purges of published events and expired idempotency keys.

use orders_server::{Server, migrate};

use crate::support::{Database, config, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_a_relay_purges_published_events_and_expired_keys_alone() {
    let database = Database::own().await;
    let flags = ["--outbox-retention", "24h", "--purge-interval", "1h"];
    let config = config(&database, &flags);
    assert!(config.no_relay);
    migrate(&config.database).await.unwrap();
    let admin = database.admin().await;
    // More rows than a transaction deletes, of several tenants.
    let seed = "
        INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at, due_at, published_at, parked_at, last_error)
        SELECT 't' || n % 3, gen_random_uuid(), kind, gen_random_uuid(), '{}', now() - interval '30 days', now() + interval '1 day',
               CASE kind WHEN 'old' THEN now() - interval '25 hours' WHEN 'young' THEN now() - interval '23 hours' END,
               CASE kind WHEN 'parked' THEN now() - interval '20 days' END, 'why'
          FROM (VALUES ('old', 2500), ('young', 10), ('parked', 10), ('waiting', 10)) AS kinds (kind, count),
               generate_series(1, count) AS n;
        INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
        SELECT 't' || n % 3, kind || n, sha256(''), gen_random_uuid(), '{}', now() - age
          FROM (VALUES ('expired', 2500, interval '121 minutes'), ('dead', 10, interval '119 minutes'),
                       ('alive', 10, interval '1 minute')) AS kinds (kind, count, age),
               generate_series(1, count) AS n";
    admin.batch_execute(seed).await.unwrap();
    let server = Server::start(config).await.unwrap();
    eventually("it has purged", async || {
        let purged = server.maintenance_metrics().read();
        (purged.purged_events, purged.purged_keys) == (2_500, 2_500)
    })
    .await;
    let left = "SELECT event_type, count(*) FROM outbox GROUP BY 1 UNION ALL
        SELECT regexp_replace(key, '[0-9]+', ''), count(*) FROM idempotency_keys GROUP BY 1 ORDER BY 1";
    let left = admin.query(left, &[]).await.unwrap();
    let left: Vec<(&str, i64)> = left.iter().map(|row| (row.get(0), row.get(1))).collect();
    let kept = ["alive", "dead", "parked", "waiting", "young"].map(|kind| (kind, 10));
    assert_eq!(left, kept);
    server.stop().await;
}
