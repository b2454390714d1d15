//! The contracts → `generated/`, a crate for each, by openapi-generator and the templates next to
//! this program.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_yaml_ng::{Mapping, Value};

use crate::{contract, tools, x_types};

const CONFIG: &str = "codegen/openapi-generator.yaml";

/// A contract, and the crate that is generated from it.
struct Crate {
    contract: &'static str,
    destination: &'static str,
    name: &'static str,
}

const CRATES: [Crate; 2] = [
    Crate {
        contract: "openapi.yaml",
        destination: "generated/api",
        name: "orders-api",
    },
    Crate {
        contract: "openapi-admin.yaml",
        destination: "generated/admin",
        name: "orders-admin-api",
    },
];

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

/// Regenerates the crates. If one cannot be generated, the old one stays as it was.
pub fn generate() -> Result<()> {
    for it in CRATES {
        generate_from(Path::new(it.contract), it.name, Path::new(it.destination))?;
    }
    Ok(())
}

/// Writes the crate of a contract, with this name, into `destination`.
pub fn generate_from(contract: &Path, name: &str, destination: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let config = prepare(contract, name, scratch.path())?;
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
fn prepare(contract: &Path, name: &str, scratch: &Path) -> Result<String> {
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
        let file = contract.file_name().unwrap_or_default().to_string_lossy();
        properties.insert("contractFile".into(), file.into());
        properties.insert("crateName".into(), name.into());
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
