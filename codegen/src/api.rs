//! `openapi.yaml` → `generated/api`, by openapi-generator and the templates next to this program.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::tools;

const DESTINATION: &str = "generated/api";

/// What the templates make. The engine writes files of its own as well; those stay behind.
const FILES: [&str; 8] = [
    "Cargo.toml",
    "src/lib.rs",
    "src/api.rs",
    "src/decode.rs",
    "src/models.rs",
    "src/operations.rs",
    "src/respond.rs",
    "src/router.rs",
];

/// Regenerates the crate. On failure the old one stays as it was.
pub fn generate() -> Result<()> {
    let scratch = tempfile::tempdir()?;
    tools::from_contract("codegen/openapi-generator.yaml", scratch.path())?;
    tools::run(tools::rustfmt().arg(scratch.path().join("src/lib.rs")))?;

    let destination = Path::new(DESTINATION);
    if destination.exists() {
        fs::remove_dir_all(destination)?; // nothing stale survives
    }
    fs::create_dir_all(destination.join("src"))?;
    for file in FILES {
        fs::copy(scratch.path().join(file), destination.join(file))
            .with_context(|| format!("the templates made no {file}"))?;
    }
    println!("{DESTINATION}: {} files", FILES.len());
    Ok(())
}
