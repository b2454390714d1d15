//! What an operator can do about events that wait.

use std::io::{self, Write};

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::outbox::{
        RetryParkedParams, Unpublished, find_parked, list_parked, list_waiting, retry_parked,
    },
};
use serde_json::json;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::store::known_tenant;
use crate::{
    config::OutboxCommand,
    db::{ConnectError, Connection, Connector, Db, DbError, LockWait, Tenants},
};

/// Events retried in a transaction.
const BATCH: i64 = 1_000;

/// Why a command was not carried out.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No database.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Nobody reads the output.
    #[error("cannot print the events")]
    Output(#[from] io::Error),
    /// Some ids are not those of parked events. The others were retried.
    #[error("not parked: {}", .0.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", "))]
    NotParked(Vec<Uuid>),
}

/// Carries out a command.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: OutboxCommand) -> Result<(), CommandError> {
    let (OutboxCommand::List { database, .. } | OutboxCommand::Retry { database, .. }) = &command;
    let connector = Connector::new(database.into()).await?;
    let result = match connector.pool() {
        Ok(db) => carry_out(&db, command).await,
        Err(error) => Err(error.into()),
    };
    connector.stop().await;
    result
}

async fn carry_out(db: &Db, command: OutboxCommand) -> Result<(), CommandError> {
    match command {
        OutboxCommand::List { parked, limit, .. } => {
            let mut output = io::stdout().lock();
            for event in list(db, parked, limit.into()).await? {
                writeln!(output, "{}", line(&event))?;
            }
        }
        OutboxCommand::Retry { all: true, .. } => {
            let mut retried = 0;
            loop {
                let parked = list(db, true, BATCH).await?;
                let rows = parked.into_iter().map(|event| (event.tenant_id, event.id));
                match retry(db, rows).await?.len() {
                    0 => break,
                    more => retried += more,
                }
            }
            writeln!(io::stdout(), "{retried} events wait again")?;
        }
        OutboxCommand::Retry { ids, .. } => {
            let parked = &ids;
            let find = |client: Connection| async move {
                find_parked().bind(&**client, parked).all().await
            };
            let found = db
                .pipelined("find_parked", &Tenants::all(), LockWait::Full, find)
                .await?;
            let rows = found.into_iter().map(|event| (event.tenant_id, event.id));
            let retried = retry(db, rows).await?;
            writeln!(io::stdout(), "{} events wait again", retried.len())?;
            let missed: Vec<_> = ids.into_iter().filter(|id| !retried.contains(id)).collect();
            if !missed.is_empty() {
                return Err(CommandError::NotParked(missed));
            }
        }
    }
    Ok(())
}

async fn list(db: &Db, parked: bool, limit: i64) -> Result<Vec<Unpublished>, DbError> {
    let limit = &limit;
    let read = |client: Connection| async move {
        if parked {
            list_parked().bind(&**client, limit).all().await
        } else {
            list_waiting().bind(&**client, limit).all().await
        }
    };
    db.pipelined("list_events", &Tenants::all(), LockWait::Full, read)
        .await
}

/// Lets these events wait again; gives those that were still parked.
async fn retry(db: &Db, rows: impl Iterator<Item = (String, Uuid)>) -> Result<Vec<Uuid>, DbError> {
    let rows: Vec<(TenantId, Uuid)> = rows
        .filter_map(|(tenant, id)| Some((known_tenant(&tenant)?, id)))
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let params = &RetryParkedParams {
        tenant_ids: rows
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect::<Vec<_>>(),
        ids: rows.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
    };
    let tenants = Tenants::of(rows.iter().map(|(tenant, _)| tenant));
    let retry =
        |client: Connection| async move { retry_parked().params(&**client, params).all().await };
    db.transaction("retry_parked", &tenants, LockWait::Full, retry)
        .await
}

fn line(event: &Unpublished) -> serde_json::Value {
    json!({
        "id": event.id.to_string(),
        "tenantId": event.tenant_id,
        "orderId": event.order_id.to_string(),
        "type": event.event_type,
        "createdAt": instant(event.created_at),
        "attempts": event.attempts,
        "parkedAt": event.parked_at.map(instant),
        "lastError": event.last_error,
    })
}

/// Years beyond 9999, which RFC 3339 cannot say, are nobody's.
fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
