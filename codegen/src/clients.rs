//! `openapi.yaml` → `generated/clients`, by openapi-generator and its own templates.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::tools;

const DESTINATION: &str = "generated/clients";

/// A client, and what is kept of what the generator writes: its sources, not its ideas of a project
/// around them.
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

/// Regenerates the clients. On failure the old one stays as it was.
pub fn generate() -> Result<()> {
    for Client { language, sources } in CLIENTS {
        let scratch = tempfile::tempdir()?;
        tools::from_contract(&format!("codegen/clients/{language}.yaml"), scratch.path())?;
        let destination = Path::new(DESTINATION).join(language);
        if destination.exists() {
            fs::remove_dir_all(&destination)?; // nothing stale survives
        }
        for source in sources {
            copy(&scratch.path().join(source), &destination.join(source))?;
        }
        println!("{}: done", destination.display());
    }
    Ok(())
}

/// Copies a file, or a directory with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        let parent = to.parent().context("a file lies in a directory")?;
        fs::create_dir_all(parent)?;
        fs::copy(from, to).with_context(|| format!("the generator made no {}", from.display()))?;
    }
    Ok(())
}
