//! Every statement of `queries/`, prepared when a connection is made.

use deadpool_postgres::Client;
use orders_db::queries::{idempotency_keys, orders, outbox, session};
use tokio_postgres::Error;

/// Prepares all statements in one round trip. A test compares this list with `queries/`.
pub async fn prepare(client: &Client) -> Result<(), Error> {
    tokio::try_join!(
        async { session::enter_tenant().prepare(client).await.map(drop) },
        async { session::ping().prepare(client).await.map(drop) },
        async {
            idempotency_keys::claim_key()
                .prepare(client)
                .await
                .map(drop)
        },
        async { idempotency_keys::find_key().prepare(client).await.map(drop) },
        async { orders::insert_order().prepare(client).await.map(drop) },
        async { orders::find_order().prepare(client).await.map(drop) },
        async { orders::first_page().prepare(client).await.map(drop) },
        async { orders::next_page().prepare(client).await.map(drop) },
        async { orders::confirm_order().prepare(client).await.map(drop) },
        async { orders::close_order().prepare(client).await.map(drop) },
        async { outbox::insert_event().prepare(client).await.map(drop) },
    )?;
    Ok(())
}
