//! An installed PostgreSQL.

use std::path::{Path, PathBuf};

use crate::account::Account;

/// Older major versions get no security fixes from the PostgreSQL project and are ignored.
pub(crate) const OLDEST: u32 = 14;

/// An installed PostgreSQL. `bin` is the directory with `initdb` and `postgres`.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) bin: PathBuf,
    pub(crate) major: u32,
}

// === impl Installation ===

impl Installation {
    /// The installation in `dir`, if there is one. A symbolic link (`/usr/local/bin/postgres`) is
    /// resolved, because `psql` and `pgbench` lie beside its target. The program runs under the
    /// account of the server: what was downloaded never runs as root.
    pub(crate) fn at(dir: &Path) -> Option<Self> {
        let postgres = dir.join("postgres").canonicalize().ok()?;
        let bin = postgres
            .parent()
            .filter(|bin| bin.join("initdb").is_file())?
            .to_owned();
        let account = Account::for_server().ok()?;
        let output = account.command(&postgres).arg("--version").output().ok()?;
        let major = major(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin, major })
    }
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian …)` or `… 19beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions_are_read_from_releases_and_betas() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("GNU sed"), None);
    }
}
