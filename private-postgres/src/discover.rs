//! Finds an installed PostgreSQL, newest first, and fetches one where there is none.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Error,
    npm::{self, Npm},
};

/// Older majors are passed over: nobody maintains them any more.
pub(crate) const OLDEST: u32 = 14;

/// The directory with `initdb` and `postgres`, and their major version.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) bin: PathBuf,
    pub(crate) major: u32,
}

/// Where to look. The usual answer is `Search::default()`; tests look elsewhere.
pub(crate) struct Search {
    /// `ORDERS_POSTGRES_BIN`: this directory and no other.
    pub(crate) only: Option<PathBuf>,
    pub(crate) places: &'static [Place],
    pub(crate) npm: Npm,
}

/// A place where packagers put PostgreSQL.
pub(crate) enum Place {
    /// `<dir>/<prefix><version>/bin`, one for each version.
    Shelf {
        dir: &'static str,
        prefix: &'static str,
    },
    /// Whatever `pg_config --bindir` answers.
    PgConfig,
    /// The directories of `PATH`.
    Path,
}

const PLACES: &[Place] = &[
    Place::Shelf {
        dir: "/usr/lib/postgresql",
        prefix: "",
    }, // Debian
    Place::Shelf {
        dir: "/usr",
        prefix: "pgsql-",
    }, // the project's own RPMs
    Place::Shelf {
        dir: "/opt/homebrew/opt",
        prefix: "postgresql@",
    },
    Place::Shelf {
        dir: "/usr/local/opt",
        prefix: "postgresql@",
    },
    Place::Shelf {
        dir: "/Applications/Postgres.app/Contents/Versions",
        prefix: "",
    },
    Place::PgConfig,
    Place::Path,
];

// === impl Search ===

impl Default for Search {
    fn default() -> Self {
        let only = env::var_os("ORDERS_POSTGRES_BIN").filter(|dir| !dir.is_empty());
        Self {
            only: only.map(PathBuf::from),
            places: PLACES,
            npm: Npm::default(),
        }
    }
}

impl Search {
    /// The best installation, or for existing `data` the one whose major version made it.
    pub(crate) fn find(&self, data: &Path) -> Result<Installation, Error> {
        let made_by = made_by(data);
        let suits = |major: u32| made_by.is_none_or(|made_by| made_by == major);
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
            return self.npm.fetch();
        }
        Err(Error::OtherVersion {
            data: data.to_owned(),
            made_by: made_by.unwrap_or_default(), // there is one, or anything would have suited
            found: other.unwrap_or(npm::MAJOR),
        })
    }

    /// Lazy, because asking `postgres` and `pg_config` costs a process each.
    fn installations(&self) -> impl Iterator<Item = Installation> {
        let places = if self.only.is_some() {
            &[]
        } else {
            self.places
        };
        self.only
            .clone()
            .into_iter()
            .chain(places.iter().flat_map(Place::directories))
            .filter_map(|bin| Installation::at(&bin))
            .filter(|found| found.major >= OLDEST)
    }
}

// === impl Installation ===

impl Installation {
    /// What `dir` holds, if that is a PostgreSQL. A link (`/usr/local/bin/postgres`) is followed,
    /// for psql and pgbench lie beside the original.
    pub(crate) fn at(dir: &Path) -> Option<Self> {
        let postgres = dir.join("postgres").canonicalize().ok()?;
        let bin = postgres
            .parent()
            .filter(|bin| bin.join("initdb").is_file())?
            .to_owned();
        let answer = Command::new(&postgres).arg("--version").output().ok()?;
        let major = major(&String::from_utf8_lossy(&answer.stdout))?;
        Some(Self { bin, major })
    }
}

// === impl Place ===

impl Place {
    fn directories(&self) -> Vec<PathBuf> {
        match self {
            Self::Shelf { dir, prefix } => shelf(Path::new(dir), prefix),
            Self::PgConfig => pg_config().into_iter().collect(),
            Self::Path => env::var_os("PATH")
                .iter()
                .flat_map(env::split_paths)
                .collect(),
        }
    }
}

fn shelf(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(dir)
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
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

fn pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim()))
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` or `… 19beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

fn made_by(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere() -> Search {
        let npm = Npm {
            program: "/nonexistent/npm".into(),
            cache: None,
        };
        Search {
            only: None,
            places: &[],
            npm,
        }
    }

    fn data_made_by(version: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("PG_VERSION"), version).unwrap();
        dir
    }

    #[test]
    fn a_missing_installation_ends_with_one_clear_sentence() {
        let cache = tempfile::tempdir().unwrap();
        let mut search = nowhere();
        search.npm.cache = Some(cache.path().to_owned());
        assert_eq!(
            search
                .find(Path::new("/nonexistent"))
                .unwrap_err()
                .to_string(),
            "no PostgreSQL found: install it (Debian: apt-get install postgresql), \
             set DATABASE_URL, or install npm so that it can be fetched"
        );
    }

    #[test]
    fn a_wrong_override_is_named_and_nothing_else_is_tried() {
        let search = Search {
            only: Some("/nonexistent/bin".into()),
            places: PLACES,
            ..nowhere()
        };
        assert_eq!(
            search
                .find(Path::new("/nonexistent"))
                .unwrap_err()
                .to_string(),
            "ORDERS_POSTGRES_BIN is /nonexistent/bin, which holds no PostgreSQL 14 or newer"
        );
    }

    #[test]
    fn data_of_another_major_version_names_both() {
        let data = data_made_by("9\n");
        let message = nowhere().find(data.path()).unwrap_err().to_string();
        assert!(
            message.contains("was made by PostgreSQL 9, which cannot be found"),
            "{message}"
        );
        assert!(message.contains("PostgreSQL 17 was"), "{message}");
    }

    #[test]
    fn major_versions_are_read_from_releases_and_betas() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("GNU sed"), None);
    }

    #[test]
    fn the_newest_version_on_a_shelf_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pgsql-9", "pgsql-17", "pgsql-16", "pgsql-latest", "share"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let expected = [17, 16, 9].map(|n| dir.path().join(format!("pgsql-{n}/bin")));
        assert_eq!(shelf(dir.path(), "pgsql-"), expected);
    }
}
