//! The Markdown files of the repository and their code blocks.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders whose Markdown files are generated or foreign.
const SKIPPED: [&str; 6] = [
    "target",
    "node_modules",
    "generated",
    "pkg",
    ".venv",
    "dist",
];

/// A Markdown file. `path` is relative to the root of the repository.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// A fenced code block.
pub struct Block<'a> {
    pub language: &'a str,
    pub lines: Vec<&'a str>,
    /// The number of its first fence, counted from 1.
    pub line: usize,
    /// The text of `<!-- not run: … -->`, if that is the line above the block.
    pub not_run: Option<&'a str>,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The page with this path.
pub fn page(path: &str) -> Page {
    let text = fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    let path = path.to_owned();
    Page { path, text }
}

/// Every Markdown file that is written by hand or by `make docs`, in the order of their paths.
pub fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    collect(&root(), &mut paths);
    let relative = |path: &PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    let mut paths: Vec<_> = paths.iter().map(relative).collect();
    paths.sort();
    assert!(paths.len() >= 12, "pages are missing: {paths:?}");
    paths.iter().map(|path| page(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !SKIPPED.contains(&name) && !name.starts_with('.') {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

// === impl Page ===

impl Page {
    /// The folder that its relative links start from.
    pub fn folder(&self) -> PathBuf {
        root().join(&self.path).parent().unwrap().to_owned()
    }

    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let (mut open, mut above) = (false, "");
        for (index, line) in self.text.lines().enumerate() {
            match line.strip_prefix("```") {
                Some(_) if open => open = false,
                Some(language) => {
                    open = true;
                    let not_run = above.strip_prefix("<!-- not run: ");
                    blocks.push(Block {
                        language,
                        lines: Vec::new(),
                        line: index + 1,
                        not_run: not_run.and_then(|reason| reason.strip_suffix(" -->")),
                    });
                }
                None if open => blocks.last_mut().unwrap().lines.push(line),
                None => {}
            }
            above = line;
        }
        assert!(!open, "{} ends inside a code block", self.path);
        blocks
    }

    /// The text without its code blocks; the numbers of the lines stay.
    pub fn prose(&self) -> String {
        let mut open = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            let is_fence = line.starts_with("```");
            open ^= is_fence;
            if !open && !is_fence {
                prose += line;
            }
            prose.push('\n');
        }
        prose
    }
}
