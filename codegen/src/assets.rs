//! `clients/console` and Swagger UI → `server/assets`: the files that the service shows to
//! browsers, gzipped, and the table of their paths (`paths.rs`), which the server compiles in.
//!
//! The files are compressed here and not by npm's tools: zlib's output depends on the processor,
//! miniz_oxide's does not.

use std::{fs, io::Write, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};

use crate::tools;

const DESTINATION: &str = "server/assets";

/// The table of paths, in [`DESTINATION`].
const TABLE: &str = "paths.rs";

/// Vite's output for `clients/console`.
const BUNDLE: &str = "clients/console/dist";

/// Packed and not installed: its only dependency is a telemetry script.
const SWAGGER_UI: &str = "swagger-ui-dist@5.35.0";
const SWAGGER_UI_INTEGRITY: &str = "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==";
const SWAGGER_UI_FILES: [&str; 5] = [
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
];

/// Rebuilds `server/assets`.
pub fn generate() -> Result<()> {
    tools::run(Command::new("npm").args(["run", "--silent", "bundle", "--prefix", "clients"]))?;
    let destination = Path::new(DESTINATION);
    if destination.exists() {
        fs::remove_dir_all(destination)?; // files of an earlier bundle must not stay
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
    write_table(destination, &destination.join(TABLE))?;
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
        "{SWAGGER_UI} does not have the checksum {SWAGGER_UI_INTEGRITY}:\n{packed}"
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

// === compression ===

/// Compresses the files of a directory and of its subdirectories.
fn compress_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("Vite wrote no {}", from.display()))? {
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

/// Compresses a file. The output contains neither the file's name nor its time.
fn compress(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    fs::create_dir_all(to.parent().context("a file is in a directory")?)?;
    let mut name = to.as_os_str().to_owned();
    name.push(".gz");
    let mut encoder = GzEncoder::new(fs::File::create(name)?, Compression::best());
    encoder.write_all(&content)?;
    encoder.finish()?;
    Ok(())
}

// === the table of paths ===

/// Writes a Rust module that lists the compressed files of a directory.
fn write_table(directory: &Path, table: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(directory, "", &mut files)?;
    let mut entries = files
        .iter()
        .map(|file| Ok((path(file), media_type(file)?, file)))
        .collect::<Result<Vec<_>>>()?;
    entries.sort();
    let entries: String = entries
        .iter()
        .map(|(path, media_type, file)| {
            format!(
                "File {{ path: {path:?}, media_type: {media_type:?}, \
                 gzipped: include_bytes!({:?}) }},",
                format!("{file}.gz")
            )
        })
        .collect();
    let module = format!(
        "// This file was generated from the files beside it. Do not modify.\n\n\
         //! The files that the service shows to browsers.\n\n\
         /// A file.\n#[derive(Debug)]\npub struct File {{\n\
         /// The path under which the service shows it.\npub path: &'static str,\n\
         /// Its `Content-Type`.\npub media_type: &'static str,\n\
         /// Its content (RFC 1952).\npub gzipped: &'static [u8],\n}}\n\n\
         /// Every file, sorted by path.\npub static FILES: &[File] = &[{entries}];\n"
    );
    fs::write(table, module)?;
    tools::run(tools::rustfmt().arg(table))
}

/// Collects the names of the compressed files, relative to the outermost directory and without
/// `.gz`.
fn collect(directory: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        let name = name.map_err(|name| anyhow::anyhow!("{name:?} is not UTF-8"))?;
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if let Some(stem) = name.strip_suffix(".gz") {
            files.push(format!("{prefix}{stem}"));
        }
    }
    Ok(())
}

/// The path of a file: its name, for pages without `.html`.
fn path(file: &str) -> String {
    format!("/{}", file.strip_suffix(".html").unwrap_or(file))
}

/// The media type of a file, by the extension of its name.
fn media_type(file: &str) -> Result<&'static str> {
    let name = file.rsplit('/').next().unwrap_or(file);
    Ok(
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("json") => "application/json",
            Some("md" | "txt") | None => "text/plain; charset=utf-8",
            Some("ico") => "image/x-icon",
            Some("png") => "image/png",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            Some("woff2") => "font/woff2",
            Some(extension) => bail!(
                "{file}: no media type is known for .{extension}; add it to codegen/src/assets.rs"
            ),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_lists_the_committed_files() {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(DESTINATION);
        let scratch = tempfile::tempdir().unwrap();
        let table = scratch.path().join(TABLE);
        write_table(&assets, &table).unwrap();
        assert_eq!(
            fs::read_to_string(assets.join(TABLE)).unwrap_or_default(),
            fs::read_to_string(table).unwrap(),
            "run `make assets`"
        );
    }

    #[test]
    fn a_page_has_a_path_without_its_extension() {
        assert_eq!(path("console.html"), "/console");
        assert_eq!(path("console/console.js"), "/console/console.js");
        assert_eq!(path("docs/LICENSE"), "/docs/LICENSE");
    }

    #[test]
    fn a_file_whose_media_type_is_unknown_is_refused() {
        assert_eq!(
            media_type("docs.v2/LICENSE").unwrap(),
            "text/plain; charset=utf-8"
        );
        let error = media_type("console/model.bin").unwrap_err().to_string();
        assert!(
            error.contains("console/model.bin") && error.contains(".bin"),
            "{error}"
        );
    }
}
