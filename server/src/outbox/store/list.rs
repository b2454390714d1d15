//! Lists events, for operators.

use orders_db::{
    client::Params,
    queries::outbox::{
        ListEventsOfOrderParams, ListEventsParams, ListParkedParams, ListPublishedParams,
        ListWaitingParams, Stored, list_events, list_events_of_order, list_parked, list_published,
        list_waiting,
    },
};
use tokio_postgres::Error;

use super::{
    range::{EventRange, Position},
    stored_event::StoredEvent,
};
use crate::{
    db::{Connection, Db, DbError, LockWait, Tenants},
    time::to_db,
};

/// Lists up to `row_limit` events of a range behind a position. The cost grows with the number of
/// rows, and not with that of the events before them.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn list(
    db: &Db,
    range: EventRange<'_>,
    behind: &Position,
    row_limit: i64,
) -> Result<Vec<StoredEvent>, DbError> {
    let tenants = match range {
        EventRange::Order(tenant, _) => Tenants::of([tenant]),
        _ => Tenants::all(),
    };
    let list = |client| rows(client, range, behind, row_limit);
    let rows = db
        .pipelined("list_events", &tenants, LockWait::Full, list)
        .await?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

async fn rows(
    client: Connection,
    range: EventRange<'_>,
    behind: &Position,
    row_limit: i64,
) -> Result<Vec<Stored>, Error> {
    let (client, tenant, at, id) = (
        &**client,
        behind.tenant_id.as_str(),
        to_db(behind.at),
        behind.id,
    );
    match range {
        EventRange::All => {
            let params = ListEventsParams {
                after_tenant_id: tenant,
                after_id: id,
                row_limit,
            };
            list_events().params(client, &params).all().await
        }
        EventRange::Waiting => {
            let params = ListWaitingParams {
                after_tenant_id: tenant,
                after_created_at: at,
                after_id: id,
                row_limit,
            };
            list_waiting().params(client, &params).all().await
        }
        EventRange::Parked => {
            let params = ListParkedParams {
                after_parked_at: at,
                after_id: id,
                row_limit,
            };
            list_parked().params(client, &params).all().await
        }
        EventRange::Published => {
            let params = ListPublishedParams {
                before_published_at: at,
                before_id: id,
                row_limit,
            };
            list_published().params(client, &params).all().await
        }
        EventRange::Order(tenant, order) => {
            let params = ListEventsOfOrderParams {
                tenant_id: tenant.as_str(),
                order_id: order.get(),
                after_created_at: at,
                after_id: id,
                row_limit,
            };
            list_events_of_order().params(client, &params).all().await
        }
    }
}
