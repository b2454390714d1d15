//! Generates `generated/clients` from `openapi.yaml` with openapi-generator and its own templates.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::tools;

const DESTINATION: &str = "generated/clients";

/// A client, and the generated files that are kept: the sources, without the project files around
/// them.
struct Client {
    language: &'static str,
    sources: &'static [&'static str],
}

const CLIENTS: [Client; 2] = [
    Client {
        language: "typescript",
        sources: &["index.ts", "runtime.ts", "apis", "models"],
    },
    Client {
        language: "python",
        sources: &["requirements.txt", "orders_api"],
    },
];

/// Generates the clients. A failure of the generator leaves the client unchanged.
pub fn generate() -> Result<()> {
    for Client { language, sources } in CLIENTS {
        let scratch = tempfile::tempdir()?;
        tools::generate_from_contract(&format!("codegen/clients/{language}.yaml"), scratch.path())?;
        let destination = Path::new(DESTINATION).join(language);
        if destination.exists() {
            fs::remove_dir_all(&destination)?;
        }
        for source in sources {
            copy(&scratch.path().join(source), &destination.join(source))?;
        }
        println!("{}: generated", destination.display());
    }
    Ok(())
}

/// Copies a file or a directory.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        let parent = to.parent().context("the file has no directory")?;
        fs::create_dir_all(parent)?;
        fs::copy(from, to)
            .with_context(|| format!("openapi-generator did not write {}", from.display()))?;
    }
    Ok(())
}
