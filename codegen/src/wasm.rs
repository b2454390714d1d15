//! `core/wasm` → `clients/core/pkg`, by cargo and wasm-bindgen.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::tools;

/// Inside the npm package, because npm packs nothing from outside of it.
const DESTINATION: &str = "clients/core/pkg";

const CRATE: &str = "orders-wasm";
const PROFILE: &str = "wasm";
const TARGET: &str = "wasm32-unknown-unknown";

/// Rebuilds the module and its JavaScript.
pub fn generate() -> Result<()> {
    // A directory of its own: other flags would make cargo rebuild what the server shares.
    let scratch = tempfile::tempdir()?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--locked", "--package", CRATE])
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(scratch.path())
        .env("CARGO_ENCODED_RUSTFLAGS", machine_independent()?);
    tools::run(&mut cargo)?;
    let module = scratch
        .path()
        .join(TARGET)
        .join(PROFILE)
        .join("orders_wasm.wasm");

    let destination = Path::new(DESTINATION);
    if destination.exists() {
        fs::remove_dir_all(destination)?; // nothing stale survives
    }
    Bindgen::new()
        .input_path(module)
        .out_name("orders_core")
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true) // ours to name, in clients/core/browser.js
        .generate(destination)
        .context("wasm-bindgen refuses core/wasm")?;
    println!("{DESTINATION}: done");
    Ok(())
}

/// Flags that keep this machine's paths, which panic messages name, out of the module.
fn machine_independent() -> Result<String> {
    let cargo_home: PathBuf = match env::var_os("CARGO_HOME") {
        Some(home) => home.into(),
        None => env::home_dir()
            .context("no home directory, and CARGO_HOME is not set")?
            .join(".cargo"),
    };
    let sysroot = tools::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let remap = |from: &Path, to| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec![
        remap(&env::current_dir()?, "/orders"),
        remap(Path::new(sysroot.trim()), "/rust"),
    ];
    // One directory for each registry, named after its host: a mirror is to give the same module.
    for registry in fs::read_dir(cargo_home.join("registry/src"))? {
        flags.push(remap(&registry?.path(), "/cargo"));
    }
    Ok(flags.join("\u{1f}"))
}
