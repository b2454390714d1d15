//! Settings of the admin listener.

use std::{
    net::{AddrParseError, IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

use clap::Args;
use http::HeaderValue;
use url::Url;

/// Settings of the admin listener.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Operation")]
pub struct AdminConfig {
    /// Address and port for operators: `/metrics`, the probes and the outbox, without
    /// authentication and without TLS. An empty value listens on none [default: 127.0.0.1:9090, or
    /// none if that is in use].
    #[arg(long, env = "ORDERS_ADMIN_LISTEN")]
    pub admin_listen: Option<AdminListen>,
    /// Origins whose web pages may list and retry events at `--admin-listen`: a comma-separated
    /// list such as `https://ops.example`. `self` stands for the origin of `--listen`, whose
    /// console then shows events [default: none; for `orders dev` `self`].
    #[arg(long, env = "ORDERS_ADMIN_ALLOW_ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub admin_allow_origin: Vec<HeaderValue>,
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

    /// Stands for the origin of `--listen` among the allowed ones.
    pub const OWN_ORIGIN: HeaderValue = HeaderValue::from_static("self");
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

/// An origin as browsers write it (RFC 6454 §6.2), or `self`. No `*`: the listener has no
/// authentication.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let is_origin = || Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
    let value = HeaderValue::try_from(text).ok();
    value
        .filter(|value| *value == AdminConfig::OWN_ORIGIN || is_origin())
        .ok_or_else(|| "must be an origin such as https://ops.example, or self".to_owned())
}
