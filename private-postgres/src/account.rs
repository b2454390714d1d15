//! Who runs the server: we ourselves, or, since PostgreSQL refuses root, an account without rights.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use crate::Error;

/// The account that owns the data directory and every process of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account {
    /// Ours: an ordinary user.
    Ours,
    /// We are root and step down to this one.
    Lesser { uid: u32, gid: u32 },
}

// === impl Account ===

impl Account {
    pub(crate) fn for_server() -> Result<Self, Error> {
        if !is_root()? {
            return Ok(Self::Ours);
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(Error::io("read", path))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| entry(&passwd, name))
            .ok_or(Error::NoAccount)
    }

    /// A command that runs as this account, untouched by our own surroundings: the account may not
    /// be allowed into our working directory, and a stray `PGPORT` or `PGDATA` would mislead it.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Self::Lesser { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Whether the account may pass through `dir`; asked only of one that is not ours, whose own
    /// error messages do not explain why it is another.
    pub(crate) fn can_enter(self, dir: &Path) -> bool {
        let may_pass = || self.command("test").arg("-x").arg(dir).status();
        matches!(self, Self::Ours) || may_pass().is_ok_and(|status| status.success())
    }

    /// Makes the account the owner of `path`.
    pub(crate) fn give(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Ours => Ok(()),
            Self::Lesser { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(Error::io("change the owner of", path))
            }
        }
    }
}

fn entry(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some(Account::Lesser {
        uid: ids.next()?.ok()?,
        gid: ids.next()?.ok()?,
    })
}

/// Where data is kept between runs when nobody names a directory.
///
/// # Errors
/// When an ordinary user has no home.
pub fn default_data_dir() -> Result<PathBuf, Error> {
    place("XDG_DATA_HOME", ".local/share", "postgres")
}

/// Where a fetched PostgreSQL is kept.
pub(crate) fn cache_dir() -> Result<PathBuf, Error> {
    place("XDG_CACHE_HOME", ".cache", "postgres-npm")
}

/// Root's things lie outside `/root`, where the lesser account could not reach them.
fn place(variable: &str, below_home: &str, name: &str) -> Result<PathBuf, Error> {
    if is_root()? {
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

/// Creates a directory and its parents so that the lesser account can pass, whatever our umask.
pub(crate) fn create_passable(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_passable(parent)?;
    }
    match fs::DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => make_passable(path),
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("create", path)(error)),
    }
}

pub(crate) fn make_passable(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(Error::io("change the mode of", path))
}

/// Asks `id`, for the standard library cannot tell and calling libc would need `unsafe`.
fn is_root() -> Result<bool, Error> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .map_err(Error::io("run", Path::new("id")))?;
    Ok(id.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let passwd = "postgresql:x:7:7::/:/bin/sh\npostgres:x:101:104:Admin,,,:/var:/bin/bash\n";
        assert!(matches!(
            entry(passwd, "postgres"),
            Some(Account::Lesser { uid: 101, gid: 104 })
        ));
        assert!(entry(passwd, "nobody").is_none());
    }
}
