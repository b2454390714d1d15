//! The options of a server, and the name of its socket.

use std::path::PathBuf;

/// Part of the name of the socket; the server has no TCP port.
pub(crate) const PORT: &str = "5432";
pub(crate) const SOCKET: &str = ".s.PGSQL.5432";

pub(crate) type Setting = (String, String);

/// Where the data is stored.
#[derive(Clone, Debug)]
pub enum Data {
    /// In this directory, which is created if it does not exist. The data is kept after the server
    /// stops. Processes that name the same directory share one server.
    Kept(PathBuf),
    /// In a new directory below [`std::env::temp_dir`], removed when the owner ends.
    Temporary,
}

/// The data directory and the settings of a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the data is stored.
    pub data: Data,
    /// Settings that override postgresql.conf, such as `("max_connections", "400")`. Default:
    /// 200 connections.
    pub settings: Vec<(String, String)>,
}

// === impl Options ===

impl Options {
    /// A server whose data is kept in `dir`.
    pub fn kept(dir: impl Into<PathBuf>) -> Self {
        Self {
            data: Data::Kept(dir.into()),
            settings: Vec::new(),
        }
    }

    /// A server whose data is removed when the owner ends.
    pub fn temporary() -> Self {
        Self {
            data: Data::Temporary,
            settings: Vec::new(),
        }
    }

    /// Adds a setting, as [`Options::settings`].
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}
