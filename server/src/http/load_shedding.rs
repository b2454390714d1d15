//! Load shedding: bounds how many requests are handled at a time. A request beyond the limit gets
//! 503 at once and does not wait.

use tower::{
    BoxError, Layer, ServiceBuilder,
    limit::{ConcurrencyLimit, GlobalConcurrencyLimitLayer},
    load_shed::LoadShed,
    util::MapErr,
};

use super::{failure::Failure, overload::Overload};

/// A service that fails with [`Failure::Overloaded`] beyond its concurrency limit.
pub type LoadShedding<S> = MapErr<LoadShed<ConcurrencyLimit<S>>, fn(BoxError) -> Failure>;

/// Lets a service and its clones handle at most `max_in_flight` requests at a time. A request
/// holds its permit until its handler ends, which may be after its client has disconnected.
pub fn layer<S>(max_in_flight: usize) -> impl Layer<S, Service = LoadShedding<S>> + Clone {
    ServiceBuilder::new()
        .map_err(overloaded as fn(BoxError) -> Failure)
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(max_in_flight))
}

/// The inner service never fails, so every error is `LoadShed`'s.
fn overloaded(_: BoxError) -> Failure {
    Failure::Overloaded(Overload::InFlight)
}
