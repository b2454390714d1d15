//! Every statement of `queries/`, prepared when a connection is made.

use deadpool_postgres::Client;
use orders_db::queries::{idempotency_keys, orders, outbox, session};
use tokio_postgres::Error;

/// Prepares all statements in one round trip. A test compares this list with `queries/`.
pub async fn prepare(client: &Client) -> Result<(), Error> {
    tokio::try_join!(
        async { session::ping().prepare(client).await.map(drop) },
        async {
            idempotency_keys::claim_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            idempotency_keys::find_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async { orders::insert_orders().prepare(client).await.map(drop) },
        async { orders::find_orders().prepare(client).await.map(drop) },
        async { orders::list_orders().prepare(client).await.map(drop) },
        async { orders::confirm_orders().prepare(client).await.map(drop) },
        async { orders::close_orders().prepare(client).await.map(drop) },
        async { outbox::insert_events().prepare(client).await.map(drop) },
        async { outbox::find_waiting().prepare(client).await.map(drop) },
        async { outbox::count_parked().prepare(client).await.map(drop) },
        async { outbox::claim_events().prepare(client).await.map(drop) },
        async { outbox::mark_published().prepare(client).await.map(drop) },
        async { outbox::record_failures().prepare(client).await.map(drop) },
        async { outbox::give_back().prepare(client).await.map(drop) },
        async { outbox::list_waiting().prepare(client).await.map(drop) },
        async { outbox::list_parked().prepare(client).await.map(drop) },
        async { outbox::find_parked().prepare(client).await.map(drop) },
        async { outbox::retry_parked().prepare(client).await.map(drop) },
        async { outbox::find_published().prepare(client).await.map(drop) },
        async { outbox::purge_published().prepare(client).await.map(drop) },
        async {
            idempotency_keys::find_expired_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            idempotency_keys::purge_expired_keys()
                .prepare(client)
                .await
                .map(drop)
        },
    )?;
    Ok(())
}
