//! The operating system account that runs the server. PostgreSQL refuses to run as root, so root
//! uses the account `postgres` or `nobody` instead.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::unix::{
        fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::Error;

/// The account that owns the data directory and every process of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account {
    /// The account of this process, an ordinary user.
    Own,
    /// This process is root; the server runs under another account.
    Unprivileged { uid: u32, gid: u32 },
}

/// Variables that the programs inherit: where programs and temporary files are, and the time zone.
const INHERITED: [&str; 4] = ["PATH", "LANG", "TMPDIR", "TZ"];

const LOCK_MODE: u32 = 0o600;

// === impl Account ===

impl Account {
    pub(crate) fn for_server() -> Result<Self, Error> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(Error::io("read", path))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| entry(&passwd, name))
            .ok_or(Error::NoAccount)
    }

    /// A command that runs under this account. Its working directory is `/`, because the account
    /// may lack access to the current one. Of the environment it has [`INHERITED`] alone: the rest
    /// may hold secrets of this process, and PostgreSQL's programs read `PGPORT` and others as
    /// defaults.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env_clear().env("LC_ALL", "C");
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Self::Unprivileged { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Whether the account has access to `dir`. Checked for an unprivileged account only, because
    /// the error messages of PostgreSQL's programs do not mention that it is not root's.
    pub(crate) fn can_enter(self, dir: &Path) -> bool {
        let test = || self.command("test").arg("-x").arg(dir).status();
        matches!(self, Self::Own) || test().is_ok_and(|status| status.success())
    }

    /// Makes the account the owner of `path`.
    pub(crate) fn take_ownership(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Unprivileged { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(Error::io("change the owner of", path))
            }
        }
    }
}

/// The account of this name in `/etc/passwd`.
fn entry(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some(Account::Unprivileged {
        uid: ids.next()?.ok()?,
        gid: ids.next()?.ok()?,
    })
}

/// Default directory for data that is kept between runs: `/var/lib/orders/postgres` for root,
/// otherwise `$XDG_DATA_HOME/orders/postgres`, by default `~/.local/share/orders/postgres`. The
/// directory is not created.
///
/// # Errors
/// [`Error::NoHome`] if an ordinary user has neither `XDG_DATA_HOME` nor `HOME`.
pub fn default_data_dir() -> Result<PathBuf, Error> {
    base_dir("XDG_DATA_HOME", ".local/share", "postgres")
}

/// Directory for a downloaded PostgreSQL.
pub(crate) fn cache_dir() -> Result<PathBuf, Error> {
    base_dir("XDG_CACHE_HOME", ".cache", "postgres-npm")
}

/// The variables and their defaults are those of the XDG Base Directory Specification. Directories
/// of root lie outside `/root`, to which the unprivileged account has no access.
fn base_dir(variable: &str, below_home: &str, name: &str) -> Result<PathBuf, Error> {
    if is_root() {
        return Ok(Path::new("/var/lib/orders").join(name));
    }
    let absolute = |variable| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path: &PathBuf| path.is_absolute())
    };
    let base = absolute(variable)
        .or_else(|| Some(absolute("HOME")?.join(below_home)))
        .ok_or(Error::NoHome)?;
    Ok(base.join("orders").join(name))
}

/// Creates a directory and its parents with mode 0755, whatever the umask, so that the unprivileged
/// account has access.
pub(crate) fn create_accessible(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_accessible(parent)?;
    }
    match fs::DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => make_accessible(path),
        // Another process created it at the same time.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("create", path)(error)),
    }
}

/// Opens the file `lock` in `dir`, and creates it if it does not exist. Mode 0600: a user who can
/// open a file can lock it, and would block this process for ever.
pub(crate) fn open_lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let open = || {
        let lock = File::options()
            .create(true)
            .append(true)
            .mode(LOCK_MODE)
            .open(&path)?;
        // An earlier version created it with another mode. Fails for the file of another user.
        lock.set_permissions(fs::Permissions::from_mode(LOCK_MODE))?;
        Ok(lock)
    };
    open().map_err(Error::io("open", &path))
}

pub(crate) fn make_accessible(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(Error::io("change the mode of", path))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "postgresql:x:7:7::/:/bin/sh\npostgres:x:101:104:Admin,,,:/var:/bin/bash\n";
        assert!(matches!(
            entry(passwd, "postgres"),
            Some(Account::Unprivileged { uid: 101, gid: 104 })
        ));
        assert!(entry(passwd, "nobody").is_none());
    }
}
