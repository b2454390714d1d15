//! Rules of the source tree that no compiler checks.

mod imports;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use imports::Imports;

/// Lines of a handwritten file, at most.
const MAX_LINES: usize = 400;

/// Columns of a comment, at most: those of code (rustfmt.toml).
const MAX_COLUMNS: usize = 100;

/// Applied migrations are never edited, whatever they say.
const APPLIED: [&str; 2] = [
    "migrations/V0001__orders.sql",
    "migrations/V0002__outbox_relay.sql",
];

#[test]
fn no_handwritten_file_has_more_than_400_lines() {
    let extensions = ["rs", "ts", "tsx", "js", "css", "sql", "sh", "mustache"];
    let long: Vec<_> = handwritten(&extensions)
        .into_iter()
        .map(|file| (text(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn comments_are_as_wide_as_code() {
    let mut wide = Vec::new();
    for file in handwritten(&["rs", "sql"]) {
        for (number, line) in (1..).zip(text(&file).lines()) {
            let is_comment = ["//", "--"]
                .iter()
                .any(|mark| line.trim_start().starts_with(mark));
            // A link cannot be wrapped.
            if is_comment && line.chars().count() > MAX_COLUMNS && !line.contains("](") {
                wide.push(format!("{file}:{number}"));
            }
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn files_import_each_other_in_no_cycle() {
    for root in [
        "server/src",
        "core/src",
        "codegen/src",
        "private-postgres/src",
    ] {
        let imports = Imports::of(&repository(), root);
        assert!(imports.files() > 6, "{root}: too few files were read");
        assert_eq!(imports.cycle(), None, "{root}: these files form a cycle");
    }
}

#[test]
fn a_file_imports_a_crate_in_one_place() {
    for file in handwritten(&["rs"]) {
        let mut group: Vec<String> = Vec::new();
        for line in text(&file).lines() {
            match line.strip_prefix("use ") {
                Some(path) => {
                    let first = path.split([':', ';', ' ']).next().unwrap().to_owned();
                    assert!(
                        !group.contains(&first),
                        "{file}: merge the imports of {first}"
                    );
                    group.push(first);
                }
                None if line.is_empty() => group.clear(),
                None => {}
            }
        }
    }
}

#[test]
fn dependencies_point_one_way() {
    let imports = Imports::of(&repository(), "server/src");
    for (room, forbidden) in [
        // Use cases know neither HTTP nor how the process is configured.
        ("orders/", &["crate::http::", "crate::config", "http::"][..]),
        (
            "http/",
            &["orders_db", "tokio_postgres", "deadpool_postgres"],
        ),
        (
            "batch/",
            &[
                "crate::orders",
                "crate::http::",
                "crate::db",
                "crate::outbox",
                "crate::config",
            ],
        ),
        (
            "auth/",
            &[
                "crate::orders",
                "crate::http::",
                "crate::db",
                "crate::config",
            ],
        ),
        ("metrics", &["crate::"]),
        (
            "db/",
            &[
                "crate::orders",
                "crate::http::",
                "crate::outbox",
                "crate::batch",
            ],
        ),
        ("db/", &["crate::config"]),
        (
            "outbox/",
            &["crate::orders", "crate::http::", "crate::batch"],
        ),
        (
            "maintenance/",
            &["crate::orders", "crate::http::", "crate::config"],
        ),
    ] {
        for (file, path) in imports.paths().filter(|(file, _)| file.starts_with(room)) {
            let own_room = format!("crate::{}", room.trim_end_matches('/'));
            let is_forbidden = |start: &&&str| path.starts_with(**start);
            let found = forbidden.iter().find(is_forbidden);
            let found = found.filter(|_| !path.starts_with(&own_room));
            assert!(found.is_none(), "{file} imports {path}");
        }
    }
    for manifest in [
        "generated/admin/Cargo.toml",
        "generated/api/Cargo.toml",
        "generated/db/Cargo.toml",
    ] {
        let manifest_text = text(manifest);
        for ours in ["orders-core", "orders-server"] {
            assert!(!manifest_text.contains(ours), "{manifest} names {ours}");
        }
    }
}

#[test]
fn sentences_have_the_thing_as_their_subject() {
    let extensions = [
        "rs", "sql", "ts", "tsx", "js", "mustache", "md", "yaml", "toml",
    ];
    let words = ["nobody", "somebody", "whoever"];
    // The account that owns a server's files where there is no other.
    let exceptions = [
        "private-postgres/",
        "tests/support/postgres.rs",
        "tests/tree.rs",
    ];
    let mut found = Vec::new();
    for file in handwritten(&extensions) {
        if exceptions
            .iter()
            .any(|exception| file.starts_with(exception))
        {
            continue;
        }
        for (number, line) in (1..).zip(text(&file).lines()) {
            let line = line.to_lowercase();
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{file}:{number}: {line}"));
            }
        }
    }
    assert!(found.is_empty(), "{} places: {found:#?}", found.len());
}

/// The tracked files with these extensions that a person wrote.
fn handwritten(extensions: &[&str]) -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let generated = ["generated/", "clients/core/pkg/", "server/assets/"];
    let files: Vec<_> = listed
        .lines()
        .filter(|file| repository().join(file).is_file())
        .filter(|file| {
            extensions
                .iter()
                .any(|end| file.ends_with(&format!(".{end}")))
        })
        .filter(|file| !generated.iter().any(|folder| file.starts_with(folder)))
        .filter(|file| !APPLIED.contains(file))
        .map(str::to_owned)
        .collect();
    assert!(!files.is_empty());
    files
}

fn text(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
