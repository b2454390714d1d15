//! Generates `generated/db` from `queries/` and `migrations/` with cornucopia and a temporary
//! PostgreSQL.

mod statements;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use cornucopia::config::Config;
use postgres::{Client, NoTls};
use private_postgres::{Options, PrivatePostgres};

use crate::tools;

const DESTINATION: &str = "generated/db";

/// The database with the migrated schema.
const DATABASE: &str = "codegen";

/// Generates the crate.
pub fn generate() -> Result<()> {
    let config = Config::from_file("codegen/cornucopia.toml").context("codegen/cornucopia.toml")?;
    let postgres = PrivatePostgres::start(Options::temporary())?;
    let url = postgres.admin_url("postgres");
    let server = url
        .rsplit_once('/')
        .map(|(server, _)| server)
        .context("the URL names no database")?;
    cornucopia::gen_fresh(
        server,
        DATABASE,
        &sql_files("migrations")?,
        None,
        true,
        config,
    )
    .map_err(|error| {
        anyhow!(
            "cornucopia cannot generate from queries/:\n{}",
            error.report()
        )
    })?;
    replace_client()?;
    let mut client = Client::connect(&postgres.admin_url(DATABASE), NoTls)?;
    statements::write(&mut client, &PathBuf::from(DESTINATION).join("src"))?;
    tools::run(tools::rustfmt().arg(format!("{DESTINATION}/src/lib.rs")))?;
    println!("{DESTINATION}: generated");
    Ok(())
}

/// Replaces the client of cornucopia by one that gets the text of a statement.
fn replace_client() -> Result<()> {
    let client = format!("{DESTINATION}/src/client");
    fs::remove_dir_all(format!("{client}/async_"))?;
    fs::copy(
        "codegen/templates/db/async_.rs",
        format!("{client}/async_.rs"),
    )?;
    Ok(())
}

/// The `.sql` files of a directory in the order of their names. Migrations are applied in this
/// order: their numbers are zero-padded.
fn sql_files(directory: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
