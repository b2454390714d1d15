//! Commands for the events of the outbox.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use orders_admin_api::EventState;
use orders_core::{order::OrderId, tenant::TenantId};
use uuid::Uuid;

use super::{DatabaseConfig, values};

/// Commands for the events of the outbox.
#[derive(Clone, Debug, Subcommand)]
pub enum OutboxCommand {
    /// Print events, one JSON object per line: the `Event` of openapi-admin.yaml, in the order of
    /// `GET /outbox/events`. Reads the database itself, so the service may be down.
    List {
        /// The database.
        #[command(flatten)]
        database: DatabaseConfig,
        /// The filter.
        #[command(flatten)]
        filter: EventFilterArgs,
        /// Events to print, at most.
        #[arg(long, default_value_t = 100, value_parser = values::at_least_one())]
        limit: u32,
    },
    /// Make parked events wait again, with their attempts reset to 0, and print them. Writes to the
    /// database itself, so the service may be down.
    Retry {
        /// The database.
        #[command(flatten)]
        database: DatabaseConfig,
        /// Tenant of the events. With `--all`, events of other tenants stay parked.
        #[arg(long, required_unless_present = "all")]
        tenant: Option<TenantId>,
        /// Ids of the events to retry.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<Uuid>,
        /// Retry all parked events.
        #[arg(long)]
        all: bool,
    },
}

/// Which events to list.
#[derive(Clone, Debug, Args)]
pub struct EventFilterArgs {
    /// State of the events. Without it, events in every state.
    #[arg(long, value_parser = event_state())]
    pub state: Option<EventState>,
    /// Tenant of the events. Without it, events of all tenants.
    #[arg(long)]
    pub tenant: Option<TenantId>,
    /// Order of the events, an order of `--tenant`.
    #[arg(long, requires = "tenant")]
    pub order: Option<OrderId>,
}

/// The states, as the contract spells them.
fn event_state() -> impl TypedValueParser<Value = EventState> {
    let states = [
        EventState::Waiting,
        EventState::Leased,
        EventState::Published,
        EventState::Parked,
    ];
    PossibleValuesParser::new(states.map(EventState::as_str))
        .try_map(|state| state.parse::<EventState>())
}
