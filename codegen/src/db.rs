//! Generates `generated/db` from `queries/` and `migrations/` with cornucopia and a temporary
//! PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use cornucopia::config::Config;
use private_postgres::{Options, PrivatePostgres};

use crate::tools;

const DESTINATION: &str = "generated/db";

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
        "codegen",
        &sql_files("migrations")?,
        None,
        false,
        config,
    )
    .map_err(|error| {
        anyhow!(
            "cornucopia cannot generate from queries/:\n{}",
            error.report()
        )
    })?;
    write_prepare_all()?;
    tools::run(tools::rustfmt().arg(format!("{DESTINATION}/src/lib.rs")))?;
    println!("{DESTINATION}: generated");
    Ok(())
}

/// Adds a module that prepares every statement, so that no list of statements is kept by hand.
fn write_prepare_all() -> Result<()> {
    let mut prepare = String::new();
    for file in sql_files("queries")? {
        let module = file.file_stem().and_then(|stem| stem.to_str());
        let module = module.context("the name of a query file is not UTF-8")?;
        for line in fs::read_to_string(&file)?.lines() {
            // `--! name` or `--! name (nullable?) : Row`
            if let Some(header) = line.strip_prefix("--! ") {
                let name = header.split([' ', '(']).next().unwrap_or_default();
                prepare += &format!(
                    "async {{ queries::{module}::{name}().prepare(client).await.map(drop) }},"
                );
            }
        }
    }
    let module = format!(
        "// This file was generated from queries/. Do not modify.\n\n\
         //! Preparing statements.\n\n\
         use crate::{{client::async_::GenericClient, queries}};\n\n\
         /// Prepares every statement of `queries/` on a connection, in one round trip.\n\
         ///\n\
         /// # Errors\n\
         /// The first error of the database.\n\
         pub async fn prepare_all<C: GenericClient>(client: &C) -> Result<(), tokio_postgres::Error> {{\n\
         tokio::try_join!({prepare})?;\nOk(())\n}}\n"
    );
    fs::write(format!("{DESTINATION}/src/prepare.rs"), module)?;
    let lib = PathBuf::from(format!("{DESTINATION}/src/lib.rs"));
    let text = fs::read_to_string(&lib)? + "pub mod prepare;\n";
    Ok(fs::write(lib, text)?)
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
