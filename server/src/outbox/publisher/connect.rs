//! The choice between the publishers.

use std::sync::Arc;

use super::{
    Publisher, cloud_event,
    endpoint::Endpoint,
    log::Log,
    nats::Nats,
    settings::{Settings, SettingsError},
    traced::Traced,
    webhook::Webhook,
};
use crate::traces::Traces;

/// The publisher for the endpoint of the settings. It connects later, so an unreachable broker is
/// no error here: [`publish`](Publisher::publish) then fails with
/// [`Unavailable`](super::DeliveryError::Unavailable). Each attempt has a span, if there are traces.
///
/// # Errors
/// [`SettingsError`] if a setting is wrong.
pub async fn connect(
    settings: &Settings,
    traces: &Traces,
) -> Result<Arc<dyn Publisher>, SettingsError> {
    if !cloud_event::is_source(&settings.event_source) {
        return Err(SettingsError::Source);
    }
    let (publisher, system): (Arc<dyn Publisher>, _) = match Endpoint::parse(&settings.endpoint)? {
        Endpoint::Log => (Arc::new(Log), "log"),
        Endpoint::Nats(servers) => (Arc::new(Nats::connect(servers, settings).await?), "nats"),
        Endpoint::Webhook(address) => (Arc::new(Webhook::new(&address, settings)?), "webhook"),
    };
    Ok(Traced::wrap(publisher, system, traces))
}
