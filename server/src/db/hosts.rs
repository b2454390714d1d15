//! Connecting to one of several hosts: `postgresql://a,b/orders?target_session_attrs=read-write`.
//!
//! tokio-postgres tries the hosts of a URL in their order, and waits for a host that accepts the
//! connection and then stays silent. Here each host has a share of the time, and the host that
//! accepted the last connection is tried first, so that a dead host does not delay each of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::Connect;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, Error, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use crate::error_chain::Chain;

/// The hosts of a URL. Cheap to clone; clones share which host is tried first.
#[derive(Clone)]
pub struct Hosts {
    /// One configuration for each host; never empty.
    configs: Arc<[Config]>,
    /// The position of the host that accepted the last connection.
    preferred: Arc<AtomicUsize>,
    /// The time that a host has, unless it is the last one to try.
    share: Duration,
    tls: MakeRustlsConnect,
}

// === impl Hosts ===

impl Hosts {
    /// The hosts of a configuration. Together they have `timeout` to accept a connection.
    pub fn new(config: &Config, timeout: Duration, tls: MakeRustlsConnect) -> Self {
        let configs = each_host(config);
        let share = timeout / u32::try_from(configs.len()).unwrap_or(u32::MAX);
        let configs = configs.into_iter().map(|mut config| {
            config.connect_timeout(share);
            config
        });
        Self {
            configs: configs.collect(),
            preferred: Arc::default(),
            share,
            tls,
        }
    }

    /// Opens a connection to the first host that accepts it. The caller bounds the whole wait.
    ///
    /// # Errors
    /// The error of the last host that was tried.
    pub async fn connect(&self) -> Result<(Client, JoinHandle<()>), Error> {
        let count = self.configs.len();
        let first = self.preferred.load(Ordering::Relaxed);
        let nth = |n| (first + n) % count;
        for position in (0..count - 1).map(nth) {
            match timeout(self.share, self.open(position)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => debug!(position, "trying the next host: {}", Chain(&error)),
                Err(_) => debug!(position, "trying the next host: no response"),
            }
        }
        self.open(nth(count - 1)).await
    }

    async fn open(&self, position: usize) -> Result<(Client, JoinHandle<()>), Error> {
        let tls = self.tls.clone();
        let (client, connection) = self.configs[position].connect(tls).await?;
        self.preferred.store(position, Ordering::Relaxed);
        // Ends with the client. Its errors reach the client's statements.
        let running = connection.map(drop);
        Ok((client, tokio::spawn(running)))
    }
}

impl Connect for Hosts {
    /// The configuration of the pool is that of [`Hosts::new`].
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        self.connect().boxed()
    }
}

/// A configuration for each host. One alone if there are not as many addresses and ports as hosts,
/// for the error of tokio-postgres.
fn each_host(config: &Config) -> Vec<Config> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let count = hosts.len().max(addresses.len());
    let is_whole = |length: usize| length == 0 || length == count;
    let ports = config.get_ports();
    let are_whole = is_whole(hosts.len()) && is_whole(addresses.len());
    if count < 2 || !are_whole || !(ports.len() < 2 || ports.len() == count) {
        return vec![config.clone()];
    }
    let one = |position| {
        let mut one = without_hosts(config);
        match hosts.get(position) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(position) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(position).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    (0..count).map(one).collect()
}

/// tokio-postgres can add hosts to a configuration, and cannot remove them.
fn without_hosts(config: &Config) -> Config {
    let mut copy = Config::new();
    copy.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    config.get_user().map(|user| copy.user(user));
    config
        .get_password()
        .map(|password| copy.password(password));
    config.get_dbname().map(|name| copy.dbname(name));
    config.get_options().map(|options| copy.options(options));
    config
        .get_application_name()
        .map(|name| copy.application_name(name));
    config
        .get_tcp_user_timeout()
        .map(|time| copy.tcp_user_timeout(*time));
    config
        .get_keepalives_interval()
        .map(|time| copy.keepalives_interval(time));
    config
        .get_keepalives_retries()
        .map(|count| copy.keepalives_retries(count));
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_keeps_all_other_settings() {
        let url = "postgresql://me:secret@a:1,b:2/orders?target_session_attrs=read-write\
                   &application_name=x&options=-c%20geqo%3Doff&tcp_user_timeout=7\
                   &keepalives_idle=8&keepalives_interval=9&keepalives_retries=10";
        let config: Config = url.parse().unwrap();
        let parts: Vec<Config> = ["a:1", "b:2"]
            .map(|host| url.replace("a:1,b:2", host).parse().unwrap())
            .to_vec();
        assert_eq!(each_host(&config), parts);
    }

    #[test]
    fn one_port_holds_for_all_hosts() {
        let config: Config = "host=/run/a,b port=7 user=me".parse().unwrap();
        let ports: Vec<_> = each_host(&config)
            .iter()
            .map(|one| one.get_ports().to_vec())
            .collect();
        assert_eq!(ports, [[7], [7]]);
        let odd: Config = "host=a,b,c port=1,2 user=me".parse().unwrap();
        assert_eq!(each_host(&odd), std::slice::from_ref(&odd));
    }
}
