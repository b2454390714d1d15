//! `openapi.yaml` → `generated/api`, by openapi-generator and the templates next to this program.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

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
    let log = tools::openapi_generator()?
        .args(["generate", "-c", "codegen/openapi-generator.yaml", "-o"])
        .arg(scratch.path())
        .output()
        .context("openapi-generator does not start")?;
    ensure!(
        log.status.success(),
        "openapi-generator refuses openapi.yaml:\n{}{}",
        String::from_utf8_lossy(&log.stdout),
        String::from_utf8_lossy(&log.stderr)
    );
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
