//! `orders outbox`: lists events and retries parked ones, on the database itself.

use std::io::{self, Write};

use orders_admin_api::EventState;
use orders_core::tenant::TenantId;
use thiserror::Error;
use uuid::Uuid;

use super::events::{EventFilter, Events, EventsError, StoredEvent, representation};
use crate::{
    config::{EventFilterArgs, OutboxCommand},
    db::{ConnectError, Connector},
};

/// Events of a page.
const PAGE: u16 = 100;

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The events cannot be listed or retried.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// The output cannot be written, for example to a closed pipe.
    #[error("cannot print the events")]
    Output(#[from] io::Error),
    /// Some events were not retried, with their reasons. The others were.
    #[error("{}", .0.join("; "))]
    NotRetried(Vec<String>),
}

/// Runs a command.
///
/// # Errors
/// [`CommandError`], by what failed.
pub async fn run(command: OutboxCommand) -> Result<(), CommandError> {
    let (OutboxCommand::List { database, .. } | OutboxCommand::Retry { database, .. }) = &command;
    let connector = Connector::new(database.try_into()?).await?;
    let result = match connector.pool() {
        Ok(db) => run_on(&Events::new(db), command).await,
        Err(error) => Err(error.into()),
    };
    connector.stop().await;
    result
}

async fn run_on(events: &Events, command: OutboxCommand) -> Result<(), CommandError> {
    match command {
        OutboxCommand::List { filter, limit, .. } => list(events, filter, limit).await,
        OutboxCommand::Retry {
            all: true, tenant, ..
        } => retry_all(events, tenant).await,
        OutboxCommand::Retry {
            tenant: Some(tenant),
            ids,
            ..
        } => retry(events, &tenant, ids).await,
        // clap requires a tenant without `--all`.
        OutboxCommand::Retry { tenant: None, .. } => Ok(()),
    }
}

async fn list(events: &Events, filter: EventFilterArgs, limit: u32) -> Result<(), CommandError> {
    let filter = EventFilter::new(filter.state, filter.tenant, filter.order)?;
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let limit = u16::try_from(left).unwrap_or(PAGE).min(PAGE);
        let page = events.list(&filter, limit, after).await?;
        left = left.saturating_sub(page.events.len() as u32);
        print(page.events)?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

async fn retry_all(events: &Events, tenant: Option<TenantId>) -> Result<(), CommandError> {
    let filter = EventFilter::new(Some(EventState::Parked), tenant, None)?;
    let mut after = None;
    loop {
        let page = events.list(&filter, PAGE, after).await?;
        print(events.retry_all(&page.events).await?)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn retry(events: &Events, tenant: &TenantId, ids: Vec<Uuid>) -> Result<(), CommandError> {
    let mut not_retried = Vec::new();
    for id in ids {
        match events.retry(tenant, id).await {
            Ok(event) => print(vec![event])?,
            Err(error @ EventsError::Database(_)) => return Err(error.into()),
            Err(error) => not_retried.push(format!("{id}: {error}")),
        }
    }
    if not_retried.is_empty() {
        Ok(())
    } else {
        Err(CommandError::NotRetried(not_retried))
    }
}

/// Prints one JSON object per line.
fn print(events: Vec<StoredEvent>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for event in events {
        serde_json::to_writer(&mut output, &representation::event(event))?;
        writeln!(output)?;
    }
    Ok(())
}
