//! Regenerates everything under `generated/` that cargo needs: `make generate`.
//!
//! **Invariant:** what comes out depends on the sources and the pinned versions alone. Running this twice, or on
//! another machine, changes nothing.

mod api;
mod db;
mod tools;

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let codegen = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Every path below is relative to the project, also inside the generated files.
    std::env::set_current_dir(codegen.join(".."))?;
    api::generate()?;
    db::generate()?;
    Ok(())
}
