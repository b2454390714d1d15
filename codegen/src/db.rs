//! `queries/` + `migrations/` → `generated/db`, by cornucopia against a database of its own.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, anyhow};
use cornucopia::config::Config;
use private_postgres::{Options, PrivatePostgres};

use crate::tools;

const DESTINATION: &str = "generated/db";

/// Regenerates the crate.
pub fn generate() -> Result<()> {
    let config = Config::from_file("codegen/cornucopia.toml").context("codegen/cornucopia.toml")?;
    let postgres = PrivatePostgres::start(Options::temporary())?;
    let url = postgres.admin_url("postgres");
    let server = url
        .rsplit_once('/')
        .map(|(server, _)| server)
        .context("a URL ends in a database")?;
    cornucopia::gen_fresh(server, "codegen", &migrations()?, None, false, config)
        .map_err(|error| anyhow!("cornucopia refuses queries/:\n{}", error.report()))?;
    tools::run(tools::rustfmt().arg(format!("{DESTINATION}/src/lib.rs")))?;
    println!("{DESTINATION}: done");
    Ok(())
}

/// In the order in which they are applied: the numbers are zero-padded, so names sort as numbers
/// do.
fn migrations() -> Result<Vec<PathBuf>> {
    let mut files = fs::read_dir("migrations")?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
