//! The directory of one server, and its making. **Invariant:** what is called `data` is whole: it
//! is made under another name and renamed, so a kill halfway through leaves nothing that looks
//! ready.
//!
//! ```text
//! <home>/lock       held by whoever makes, starts or is the server
//! <home>/data/      PostgreSQL's own directory, with the socket and server.log
//! ```

use std::{
    fs::{self, File},
    io::Write,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    Data, SOCKET,
    account::{self, Account},
    discover::Installation,
    error::{Error, tail},
};

/// Role and database of the service, without superuser rights and without a way around row
/// security. A single-user server reads one statement a line.
const OWNED_BY_ORDERS: &str = "\
CREATE ROLE orders LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
CREATE DATABASE orders OWNER orders
";

/// `sun_path` holds 108 bytes on Linux and 104 elsewhere, the final zero included.
const LONGEST_SOCKET: usize = 103;

const UNFINISHED: &str = "data.new.";

/// Where a server's files are, and whose they are.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) account: Account,
    home: PathBuf,
    /// Stands in when the path of `data` does not suit a socket.
    short: Option<TempDir>,
    throw_away: Option<TempDir>,
}

// === impl Cluster ===

impl Cluster {
    pub(crate) fn new(data: &Data) -> Result<Self, Error> {
        let account = Account::for_server()?;
        let (home, throw_away) = match data {
            Data::Kept(dir) => {
                let home = std::path::absolute(dir).map_err(Error::io("find", dir))?;
                account::create_passable(&home)?;
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
            short: None,
            throw_away,
        };
        if !fits(&cluster.data()) {
            let base = Some(std::env::temp_dir()).filter(|dir| fits(&dir.join("orders-123456")));
            let base = base.unwrap_or_else(|| "/tmp".into());
            cluster.short = Some(private_dir(account, &base, "orders-")?);
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
        self.short
            .as_ref()
            .map_or_else(|| self.data(), |dir| dir.path().to_owned())
    }

    pub(crate) fn is_throw_away(&self) -> bool {
        self.throw_away.is_some()
    }

    /// What is to vanish with its owner.
    pub(crate) fn litter(&self) -> [&Path; 2] {
        [&self.throw_away, &self.short].map(|dir| dir.as_ref().map_or(Path::new(""), TempDir::path))
    }

    /// The file whose lock decides who may make and start the server.
    pub(crate) fn open_lock(&self) -> Result<File, Error> {
        let path = self.home.join("lock");
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))
    }

    /// Makes the data directory if there is none. The caller holds the lock.
    pub(crate) fn make(&self, installation: &Installation, lock: &File) -> Result<(), Error> {
        if self.data().is_dir() {
            return Ok(());
        }
        if !self.account.can_enter(&self.home) {
            return Err(Error::OutOfReach(self.home.clone()));
        }
        self.sweep()?;
        let fresh = private_dir(self.account, &self.home, UNFINISHED)?;

        let mut initdb = self.tool("initdb", installation, lock)?;
        initdb
            .args(["--username=postgres", "--encoding=UTF8", "--no-locale"])
            .args(["--data-checksums", "--no-instructions"])
            // The directory is closed to others, and so is the socket in it.
            .args(["--auth-local=trust", "--auth-host=reject"])
            .args(self.is_throw_away().then_some("--no-sync"))
            .arg("--pgdata")
            .arg(fresh.path());
        run("initdb", &mut initdb, "")?;

        let mut single = self.tool("postgres", installation, lock)?;
        single
            .args(["--single", "-c", "exit_on_error=on"])
            .args(self.is_throw_away().then_some("-F")) // no fsync
            .arg("-D")
            .arg(fresh.path())
            .arg("postgres");
        run("postgres", &mut single, OWNED_BY_ORDERS)?;

        let data = self.data();
        fs::rename(fresh.keep(), &data).map_err(Error::io("create", &data))?;
        File::open(&self.home)
            .and_then(|home| home.sync_all())
            .map_err(Error::io("sync", &self.home))
    }

    /// A command that holds the lock too: if we are killed it runs on for a while, and whoever
    /// comes next must not sweep while it writes.
    fn tool(&self, name: &str, installation: &Installation, lock: &File) -> Result<Command, Error> {
        let lock = lock
            .try_clone()
            .map_err(Error::io("share the lock of", &self.home))?;
        let mut command = self.account.command("sh");
        command.args(["-c", r#"exec "$@" 3>&1 >/dev/null"#, "sh"]);
        command.arg(installation.bin.join(name)).stdout(lock);
        Ok(command)
    }

    /// Removes what makers before us left when they were killed.
    fn sweep(&self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.home).map_err(Error::io("read", &self.home))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.as_bytes().starts_with(UNFINISHED.as_bytes()) {
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
    account.give(dir.path())?;
    Ok(dir)
}

/// Whether PostgreSQL, which takes a list of directories, can put its socket there.
fn fits(socket_dir: &Path) -> bool {
    let path = socket_dir.join(SOCKET);
    let bytes = path.as_os_str().as_bytes();
    bytes.len() <= LONGEST_SOCKET && !bytes.contains(&b',')
}

fn run(tool: &'static str, command: &mut Command, input: &str) -> Result<(), Error> {
    let failed = |error| Error::io("run", Path::new(tool))(error);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended already says why on its standard error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::Tool {
            tool,
            said: tail(&output.stderr),
        })
    }
}
