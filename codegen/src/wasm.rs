//! Generates `clients/core/pkg` from `core/wasm` with cargo and wasm-bindgen.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::tools;

/// In the directory of the npm package, because npm packs files of that directory only.
const DESTINATION: &str = "clients/core/pkg";

const CRATE: &str = "orders-wasm";
const PROFILE: &str = "wasm";
const TARGET: &str = "wasm32-unknown-unknown";

/// Generates the module and its JavaScript.
pub fn generate() -> Result<()> {
    // A target directory of its own: with these flags cargo would rebuild crates that the server
    // uses.
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
        fs::remove_dir_all(destination)?;
    }
    Bindgen::new()
        .input_path(module)
        .out_name("orders_core")
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true) // clients/core/browser.js names the module
        .generate(destination)
        .context("wasm-bindgen cannot generate from core/wasm")?;
    println!("{DESTINATION}: generated");
    Ok(())
}

/// Flags that replace this machine's paths, which panic messages contain, so that the module does
/// not depend on them.
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
    // Each registry has a directory, named after its host. The module must not depend on the host.
    for registry in fs::read_dir(cargo_home.join("registry/src"))? {
        flags.push(remap(&registry?.path(), "/cargo"));
    }
    Ok(flags.join("\u{1f}"))
}
