//! The contract of what is supported: generated, compiled and sent requests.

use std::{env, fs, path::Path, process::Command};

use crate::{api, tools};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn a_crate_of_all_supported_constructs_compiles_and_decodes_requests() {
    // The generator's configuration names its files relative to the project.
    env::set_current_dir(PROJECT).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let generated = scratch.path().join("api");
    let sources = Path::new("codegen/src/contract/tests/supported");
    api::generate_from(&sources.join("contract.yaml"), "orders-api", &generated).unwrap();

    // The versions of the service, which are there already.
    fs::copy("Cargo.lock", generated.join("Cargo.lock")).unwrap();
    fs::create_dir(generated.join("tests")).unwrap();
    fs::copy(
        sources.join("requests.rs"),
        generated.join("tests/requests.rs"),
    )
    .unwrap();
    let target = Path::new(PROJECT).join("codegen/target/supported");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--quiet"]).current_dir(&generated);
    tools::run(cargo.env("CARGO_TARGET_DIR", target)).unwrap();
}
