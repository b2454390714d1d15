//! The choice between the publishers.

use std::sync::Arc;

use super::{
    Publisher, cloud_event,
    endpoint::Endpoint,
    log::Log,
    nats::Nats,
    settings::{Settings, SettingsError},
    webhook::Webhook,
};

/// The publisher for the endpoint of the settings. It connects later, so an unreachable broker is
/// no error here: [`publish`](Publisher::publish) then fails with
/// [`Unavailable`](super::DeliveryError::Unavailable).
///
/// # Errors
/// [`SettingsError`] if a setting is wrong.
pub async fn connect(settings: &Settings) -> Result<Arc<dyn Publisher>, SettingsError> {
    if !cloud_event::is_source(&settings.event_source) {
        return Err(SettingsError::Source);
    }
    Ok(match Endpoint::parse(&settings.endpoint)? {
        Endpoint::Log => Arc::new(Log),
        Endpoint::Nats(servers) => Arc::new(Nats::connect(servers, settings).await?),
        Endpoint::Webhook(address) => Arc::new(Webhook::new(&address, settings)?),
    })
}
