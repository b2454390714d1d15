//! Monitoring data of a NATS server (<https://docs.nats.io>, "Monitoring").

use std::net::{Ipv4Addr, SocketAddr};

use private_nats::PrivateNats;

use crate::{Result, http::get};

/// Starts a server with JetStream and its monitoring endpoints.
pub fn start() -> Result<PrivateNats> {
    Ok(PrivateNats::start(&["--http_port", "-1"])?)
}

/// Number of messages in all streams.
pub fn stored_messages(nats: &PrivateNats) -> Result<u64> {
    let port = nats.monitor_port().ok_or("nats-server has no monitor")?;
    let monitor = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let response = get(monitor, "/jsz", "")?.text;
    let count = response
        .lines()
        .find_map(|line| line.trim().strip_prefix("\"messages\": "))
        .ok_or_else(|| format!("unexpected response of nats-server: {response}"))?;
    Ok(count.trim_end_matches(',').parse()?)
}
