// This file was generated from queries/. Do not modify.

//! Preparing statements.

use crate::{client::async_::GenericClient, queries};

/// Prepares every statement of `queries/` on a connection, in one round trip.
///
/// # Errors
/// The first error of the database.
pub async fn prepare_all<C: GenericClient>(client: &C) -> Result<(), tokio_postgres::Error> {
    tokio::try_join!(
        async {
            queries::idempotency_keys::find_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::idempotency_keys::claim_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::idempotency_keys::find_expired_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::idempotency_keys::purge_expired_keys()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::orders::insert_orders()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::orders::find_orders()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::orders::list_orders()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::orders::transition_orders()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::insert_events()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::find_waiting()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::count_backlog()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::claim_events()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::mark_published()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::record_failures()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::release_leases()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::list_events()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::list_waiting()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::list_parked()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::list_published()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::list_events_of_order()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::lock_event()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::retry_parked()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::find_published()
                .prepare(client)
                .await
                .map(drop)
        },
        async {
            queries::outbox::purge_published()
                .prepare(client)
                .await
                .map(drop)
        },
        async { queries::session::ping().prepare(client).await.map(drop) },
    )?;
    Ok(())
}
