//! The directory of one server, and its creation.
//!
//! ```text
//! <home>/lock       locked by the process that creates or starts the server, and by the server
//! <home>/data/      PostgreSQL's data directory, with the socket and server.log
//! ```
//!
//! **Invariant:** a directory named `data` is complete. It is created under another name and then
//! renamed, so a process killed in between leaves no incomplete `data`.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    account::{self, Account},
    error::{Error, tail},
    installation::Installation,
    options::{Data, SOCKET},
};

/// Creates the role and the database of the service. The role is not a superuser and cannot bypass
/// row-level security. PostgreSQL in single-user mode reads one statement per line.
const CREATE_ROLE_AND_DATABASE: &str = "\
CREATE ROLE orders LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
CREATE DATABASE orders OWNER orders
";

/// Bytes in the path of a Unix socket: `sun_path` has 104 on macOS and 108 on Linux, including the
/// final zero.
const MAX_SOCKET_PATH: usize = 103;

/// Prefix of data directories that are not complete yet.
const INCOMPLETE: &str = "data.new.";

/// The files of a server and the account that owns them.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) account: Account,
    home: PathBuf,
    /// Directory of the socket if the path of `data` is too long for one.
    short_socket_dir: Option<TempDir>,
    /// Holds `home` if the data is temporary.
    temp_home: Option<TempDir>,
}

// === impl Cluster ===

impl Cluster {
    pub(crate) fn new(data: &Data) -> Result<Self, Error> {
        let account = Account::for_server()?;
        let (home, temp_home) = match data {
            Data::Kept(dir) => {
                let home = std::path::absolute(dir).map_err(Error::io("find", dir))?;
                account::create_accessible(&home)?;
                (home, None)
            }
            Data::Temporary => {
                let dir = private_dir(account, &std::env::temp_dir(), "orders-postgres-")?;
                (dir.path().to_owned(), Some(dir))
            }
        };
        let mut cluster = Self {
            account,
            home,
            short_socket_dir: None,
            temp_home,
        };
        if !fits_socket(&cluster.data()) {
            let base =
                Some(std::env::temp_dir()).filter(|dir| fits_socket(&dir.join("orders-123456")));
            let base = base.unwrap_or_else(|| "/tmp".into());
            cluster.short_socket_dir = Some(private_dir(account, &base, "orders-")?);
        }
        Ok(cluster)
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.data().join("server.log")
    }

    pub(crate) fn socket_dir(&self) -> PathBuf {
        self.short_socket_dir
            .as_ref()
            .map_or_else(|| self.data(), |dir| dir.path().to_owned())
    }

    pub(crate) fn is_temporary(&self) -> bool {
        self.temp_home.is_some()
    }

    /// The directories that are removed when their owner ends.
    pub(crate) fn temp_dirs(&self) -> Vec<&Path> {
        let dirs = [&self.temp_home, &self.short_socket_dir];
        dirs.into_iter().flatten().map(TempDir::path).collect()
    }

    /// The process that locks this file creates and starts the server.
    pub(crate) fn open_lock(&self) -> Result<File, Error> {
        account::open_lock(&self.home)
    }

    /// Creates the data directory if it does not exist. The caller holds the lock.
    pub(crate) fn create(&self, installation: &Installation, lock: &File) -> Result<(), Error> {
        if self.data().is_dir() {
            return Ok(());
        }
        if !self.account.can_enter(&self.home) {
            return Err(Error::NoAccess(self.home.clone()));
        }
        self.remove_incomplete()?;
        let fresh = private_dir(self.account, &self.home, INCOMPLETE)?;

        let mut initdb = self.tool("initdb", installation, lock)?;
        initdb
            .args(["--username=postgres", "--encoding=UTF8", "--no-locale"])
            .args(["--data-checksums", "--no-instructions"])
            // The data directory has mode 0700, which protects the socket in it.
            .args(["--auth-local=trust", "--auth-host=reject"])
            .args(self.is_temporary().then_some("--no-sync"))
            .arg("--pgdata")
            .arg(fresh.path());
        run("initdb", &mut initdb, "")?;

        let mut single = self.tool("postgres", installation, lock)?;
        single
            .args(["--single", "-c", "exit_on_error=on"])
            .args(self.is_temporary().then_some("-F")) // no fsync
            .arg("-D")
            .arg(fresh.path())
            .arg("postgres");
        run("postgres", &mut single, CREATE_ROLE_AND_DATABASE)?;

        let data = self.data();
        fs::rename(fresh.keep(), &data).map_err(Error::io("create", &data))?;
        File::open(&self.home)
            .and_then(|home| home.sync_all())
            .map_err(Error::io("sync", &self.home))
    }

    /// A command that inherits the lock: if this process is killed the tool still runs for a while,
    /// and the next process must not remove its directory in that time.
    fn tool(&self, name: &str, installation: &Installation, lock: &File) -> Result<Command, Error> {
        let lock = lock
            .try_clone()
            .map_err(Error::io("share the lock of", &self.home))?;
        let mut command = self.account.command("sh");
        command.args(["-c", r#"exec "$@" 3>&1 >/dev/null"#, "sh"]);
        command.arg(installation.bin.join(name)).stdout(lock);
        Ok(command)
    }

    /// Removes the incomplete data directories of processes that were killed.
    fn remove_incomplete(&self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.home).map_err(Error::io("read", &self.home))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.as_bytes().starts_with(INCOMPLETE.as_bytes()) {
                let path = entry.path();
                fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// A new directory of mode 0700 that belongs to the account.
fn private_dir(account: Account, parent: &Path, prefix: &str) -> Result<TempDir, Error> {
    let dir = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(parent)
        .map_err(Error::io("write to", parent))?;
    account.take_ownership(dir.path())?;
    Ok(dir)
}

/// Whether PostgreSQL can create its socket in this directory. `unix_socket_directories` is a list
/// separated by commas.
fn fits_socket(socket_dir: &Path) -> bool {
    let path = socket_dir.join(SOCKET);
    let bytes = path.as_os_str().as_bytes();
    bytes.len() <= MAX_SOCKET_PATH && !bytes.contains(&b',')
}

fn run(tool: &'static str, command: &mut Command, input: &str) -> Result<(), Error> {
    let failed = |error| Error::io("run", Path::new(tool))(error);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // The write fails if the tool has ended; its standard error says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::Tool {
            tool,
            stderr: tail(&output.stderr),
        })
    }
}
