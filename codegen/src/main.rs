//! Regenerates all generated files: `make generate wasm assets`.
//!
//! **Invariant:** the output depends only on the sources and on pinned versions. A second run, or a
//! run on another machine, changes nothing.

mod api;
mod assets;
mod clients;
mod contract;
mod db;
mod tools;
mod wasm;
mod x_types;

use std::{env, path::Path};

use anyhow::{Result, bail};

type Generate = fn() -> Result<()>;

/// The parts, in the order in which they are generated. The arguments name parts; without arguments
/// all are generated.
const PARTS: [(&str, Generate); 5] = [
    ("api", api::generate),
    ("db", db::generate),
    ("clients", clients::generate),
    ("wasm", wasm::generate),
    ("assets", assets::generate),
];

fn main() -> Result<()> {
    let codegen = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Paths in this program, and in the generated files, are relative to the repository.
    env::set_current_dir(codegen.join(".."))?;
    let names: Vec<_> = env::args().skip(1).collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| PARTS.iter().all(|(part, _)| part != name))
    {
        bail!(
            "unknown part {unknown}; the parts are {:?}",
            PARTS.map(|(part, _)| part)
        );
    }
    for (part, generate) in PARTS {
        if names.is_empty() || names.iter().any(|name| name == part) {
            generate()?;
        }
    }
    Ok(())
}
