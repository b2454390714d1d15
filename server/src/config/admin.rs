//! Settings of the admin listener.

use std::{
    net::{AddrParseError, IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

use clap::Args;

/// Settings of the admin listener.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Operation")]
pub struct AdminConfig {
    /// Address and port for operators: `/metrics` and the probes, without authentication and
    /// without TLS. An empty value listens on none [default: 127.0.0.1:9090, or none if that is in
    /// use].
    #[arg(long, env = "ORDERS_ADMIN_LISTEN")]
    pub admin_listen: Option<AdminListen>,
}

/// An address, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminListen {
    /// No address.
    Off,
    /// This address.
    On(SocketAddr),
}

// === impl AdminConfig ===

impl AdminConfig {
    /// The address without a setting.
    pub const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9090);
}

impl FromStr for AdminListen {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text {
            "" => Ok(Self::Off),
            address => address.parse().map(Self::On),
        }
    }
}
