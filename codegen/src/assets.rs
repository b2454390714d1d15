//! `clients/console` and Swagger UI → `server/assets`: what the binary shows to browsers, gzipped.
//!
//! Compressed here and not by npm's tools, because zlib's output depends on the processor, and
//! miniz_oxide's does not.

use std::{fs, io::Write, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};

use crate::tools;

const DESTINATION: &str = "server/assets";

/// What Vite makes of `clients/console`.
const BUNDLE: &str = "clients/console/dist";

/// Packed rather than installed: its one dependency is a telemetry script.
const SWAGGER_UI: &str = "swagger-ui-dist@5.35.0";
const SWAGGER_UI_INTEGRITY: &str = "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==";
const SWAGGER_UI_FILES: [&str; 5] = [
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
];

/// Rebuilds the pages and all they load.
pub fn generate() -> Result<()> {
    tools::run(Command::new("npm").args(["run", "--silent", "bundle", "--prefix", "clients"]))?;
    let destination = Path::new(DESTINATION);
    if destination.exists() {
        fs::remove_dir_all(destination)?; // nothing stale survives
    }
    compress_all(Path::new(BUNDLE), destination)?;

    let scratch = tempfile::tempdir()?;
    unpack_swagger_ui(scratch.path())?;
    for file in SWAGGER_UI_FILES {
        compress(
            &scratch.path().join("package").join(file),
            &destination.join("docs").join(file),
        )?;
    }
    println!("{DESTINATION}: done");
    Ok(())
}

fn unpack_swagger_ui(directory: &Path) -> Result<()> {
    let mut pack = Command::new("npm");
    pack.args(["pack", "--json", SWAGGER_UI, "--pack-destination"])
        .arg(directory);
    let packed = tools::output(&mut pack)?;
    ensure!(
        packed.contains(SWAGGER_UI_INTEGRITY),
        "{SWAGGER_UI} is not what it was:\n{packed}"
    );
    let tarball = SWAGGER_UI.replace('@', "-") + ".tgz";
    tools::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(directory.join(tarball))
            .arg("-C")
            .arg(directory),
    )
}

/// Compresses a directory, file by file.
fn compress_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("Vite made no {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            compress_all(&from, &to)?;
        } else {
            compress(&from, &to)?;
        }
    }
    Ok(())
}

/// Compresses a file; neither its name nor its time gets in.
fn compress(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("there is no {}", from.display()))?;
    fs::create_dir_all(to.parent().context("a file lies in a directory")?)?;
    let mut name = to.as_os_str().to_owned();
    name.push(".gz");
    let mut encoder = GzEncoder::new(fs::File::create(name)?, Compression::best());
    encoder.write_all(&content)?;
    encoder.finish()?;
    Ok(())
}
