//! `openapi.yaml` → `generated/api`, by openapi-generator and the templates next to this program.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_yaml_ng::{Mapping, Value};

use crate::{contract, tools, x_types};

const CONTRACT: &str = "openapi.yaml";
const CONFIG: &str = "codegen/openapi-generator.yaml";
const DESTINATION: &str = "generated/api";

/// The files that the templates write. openapi-generator writes further ones, which are not copied.
const FILES: [&str; 9] = [
    "Cargo.toml",
    "src/lib.rs",
    "src/api.rs",
    "src/date_time.rs",
    "src/decode.rs",
    "src/models.rs",
    "src/operations.rs",
    "src/respond.rs",
    "src/router.rs",
];

/// Regenerates the crate. On failure the old one stays as it was.
pub fn generate() -> Result<()> {
    generate_from(Path::new(CONTRACT), Path::new(DESTINATION))
}

/// Writes the crate of a contract into `destination`.
pub fn generate_from(contract: &Path, destination: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let config = prepare(contract, scratch.path())?;
    let output = scratch.path().join("api");
    tools::generate_from_contract(&config, &output)?;
    tools::run(tools::rustfmt().arg(output.join("src/lib.rs")))?;

    if destination.exists() {
        fs::remove_dir_all(destination)?; // removes files that are no longer generated
    }
    fs::create_dir_all(destination.join("src"))?;
    for file in FILES {
        fs::copy(output.join(file), destination.join(file))
            .with_context(|| format!("the templates wrote no {file}"))?;
    }
    println!("{}: {} files", destination.display(), FILES.len());
    Ok(())
}

/// Writes an annotated copy of the contract, and a configuration that names it, into `scratch`.
/// Returns the configuration's path.
fn prepare(contract: &Path, scratch: &Path) -> Result<String> {
    let mut document: Value = read(contract)?;
    contract::check(contract, &document)?;
    let facts = x_types::annotate(&mut document)
        .with_context(|| format!("{} cannot be generated", contract.display()))?;
    let annotated = scratch.join("openapi.yaml");
    fs::write(&annotated, serde_yaml_ng::to_string(&document)?)?;

    let mut config: Mapping = read(Path::new(CONFIG))?;
    config.insert("inputSpec".into(), annotated.to_string_lossy().into());
    if let Some(Value::Mapping(properties)) = config.get_mut("additionalProperties") {
        properties.extend(facts.into_properties());
    }
    let path = scratch.join("config.yaml");
    fs::write(&path, serde_yaml_ng::to_string(&config)?)?;
    Ok(path.to_string_lossy().into_owned())
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_yaml_ng::from_str(&text).with_context(|| format!("{} is not valid", file.display()))
}
