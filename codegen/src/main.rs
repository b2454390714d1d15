//! Regenerates everything that is generated: `make generate`.
//!
//! **Invariant:** what comes out depends on the sources and the pinned versions alone. Running this
//! twice, or on another machine, changes nothing.

mod api;
mod assets;
mod clients;
mod db;
mod tools;
mod wasm;
mod x_types;

use std::{env, path::Path};

use anyhow::{Result, bail};

type Generate = fn() -> Result<()>;

/// What can be asked for by name; without a name all of it, in this order.
const PARTS: [(&str, Generate); 5] = [
    ("api", api::generate),
    ("db", db::generate),
    ("clients", clients::generate),
    ("wasm", wasm::generate),
    ("assets", assets::generate),
];

fn main() -> Result<()> {
    let codegen = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Every path below is relative to the project, also inside the generated files.
    env::set_current_dir(codegen.join(".."))?;
    let names: Vec<_> = env::args().skip(1).collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| PARTS.iter().all(|(part, _)| part != name))
    {
        bail!(
            "no part is called {unknown}; there are {:?}",
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
