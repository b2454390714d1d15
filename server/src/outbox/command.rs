//! `orders outbox`: lists events that are not published, and retries parked ones.

use std::io::{self, Write};

use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

use super::store::{self, UnpublishedEvent};
use crate::{
    config::OutboxCommand,
    db::{ConnectError, Connector, Db, DbError},
};

/// Events retried in a transaction.
const BATCH_SIZE: i64 = 1_000;

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The output cannot be written, for example to a closed pipe.
    #[error("cannot print the events")]
    Output(#[from] io::Error),
    /// Some ids are not those of parked events. The others were retried.
    #[error("not parked: {}", .0.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", "))]
    NotParked(Vec<Uuid>),
}

/// Runs a command.
///
/// # Errors
/// [`CommandError`], by what failed.
pub async fn run(command: OutboxCommand) -> Result<(), CommandError> {
    let (OutboxCommand::List { database, .. } | OutboxCommand::Retry { database, .. }) = &command;
    let connector = Connector::new(database.try_into()?).await?;
    let result = match connector.pool() {
        Ok(db) => run_on(&db, command).await,
        Err(error) => Err(error.into()),
    };
    connector.stop().await;
    result
}

async fn run_on(db: &Db, command: OutboxCommand) -> Result<(), CommandError> {
    match command {
        OutboxCommand::List { parked, limit, .. } => list(db, parked, limit.into()).await,
        OutboxCommand::Retry { all: true, .. } => retry_all(db).await,
        OutboxCommand::Retry { ids, .. } => retry(db, ids).await,
    }
}

/// Prints one JSON object per line.
async fn list(db: &Db, parked: bool, limit: i64) -> Result<(), CommandError> {
    let events = if parked {
        store::list_parked(db, limit).await?
    } else {
        store::list_waiting(db, limit).await?
    };
    let mut output = io::stdout().lock();
    for event in events {
        writeln!(output, "{}", line(&event))?;
    }
    Ok(())
}

async fn retry_all(db: &Db) -> Result<(), CommandError> {
    let mut retried = 0;
    loop {
        let parked = store::list_parked(db, BATCH_SIZE).await?;
        let events = parked.into_iter().map(|event| (event.tenant_id, event.id));
        match store::retry_parked(db, events).await?.len() {
            0 => break,
            more => retried += more,
        }
    }
    writeln!(io::stdout(), "{retried} events wait again")?;
    Ok(())
}

async fn retry(db: &Db, ids: Vec<Uuid>) -> Result<(), CommandError> {
    let parked = store::find_parked(db, &ids).await?;
    let retried = store::retry_parked(db, parked).await?;
    writeln!(io::stdout(), "{} events wait again", retried.len())?;
    let not_parked: Vec<_> = ids.into_iter().filter(|id| !retried.contains(id)).collect();
    if not_parked.is_empty() {
        Ok(())
    } else {
        Err(CommandError::NotParked(not_parked))
    }
}

fn line(event: &UnpublishedEvent) -> serde_json::Value {
    json!({
        "id": event.id.to_string(),
        "tenantId": event.tenant_id,
        "orderId": event.order_id.to_string(),
        "type": event.event_type,
        "createdAt": event.created_at.to_string(),
        "attempts": event.failed_attempts,
        "parkedAt": event.parked_at.map(|parked_at| parked_at.to_string()),
        "lastError": event.last_error,
    })
}
