//! The `use` declarations of a crate's files, and the cycles that they form.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Files by module path, and the paths that each of them imports.
pub struct Imports {
    /// `a::b` → `a/b.rs` or `a/b/mod.rs`.
    modules: BTreeMap<String, String>,
    /// Module path → imported paths, all absolute (`crate::…` without `crate::`), or of other
    /// crates as written.
    imports: BTreeMap<String, Vec<String>>,
}

impl Imports {
    /// Reads `root`, for example `server/src`. Tests inside files are left out, and so are
    /// re-exports (`pub use`), which only pass a name on.
    pub fn of(repository: &Path, root: &str) -> Self {
        let mut modules = BTreeMap::new();
        let mut imports: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let source = repository.join(root);
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let file = path.strip_prefix(&source).unwrap().to_str().unwrap();
                let Some(module) = file.strip_suffix(".rs") else {
                    continue;
                };
                if module.ends_with("tests") || module == "main" {
                    continue;
                }
                let module = module.trim_end_matches("/mod").replace('/', "::");
                let module = if module == "lib" {
                    String::new()
                } else {
                    module
                };
                let text = fs::read_to_string(&path).unwrap();
                imports.insert(module.clone(), declarations(&text, &module));
                modules.insert(module, file.to_owned());
            }
        }
        // A path may also start with a child module (`use listener::Listener;`).
        for (module, paths) in &mut imports {
            for path in paths.iter_mut() {
                let first = path.split("::").next().unwrap_or_default();
                let child = match module.as_str() {
                    "" => first.to_owned(),
                    module => format!("{module}::{first}"),
                };
                if modules.contains_key(&child) {
                    *path = format!("crate::{child}{}", &path[first.len()..]);
                }
            }
        }
        Self { modules, imports }
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        self.modules.len()
    }

    /// Each file with each path it imports; those of its own crate start with `crate::`.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.imports.iter().flatten_paths(&self.modules)
    }

    /// The files of a cycle, if there is one.
    pub fn cycle(&self) -> Option<Vec<String>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, paths) in &self.imports {
            for path in paths {
                if let Some(target) = path.strip_prefix("crate::").and_then(|p| self.module_of(p))
                    && target != module
                {
                    edges.entry(module).or_default().insert(target);
                }
            }
        }
        // Modules that import nothing which is left are in no cycle.
        let mut left: BTreeSet<&str> = edges.keys().copied().collect();
        loop {
            let free: Vec<_> = left
                .iter()
                .filter(|module| edges[**module].is_disjoint(&left))
                .copied()
                .collect();
            if free.is_empty() {
                break;
            }
            left.retain(|module| !free.contains(module));
        }
        let mut path = vec![*left.first()?];
        loop {
            let next = *edges[path.last()?]
                .iter()
                .find(|next| left.contains(*next))?;
            if let Some(start) = path.iter().position(|seen| *seen == next) {
                let files = path[start..]
                    .iter()
                    .map(|module| self.modules[*module].clone());
                return Some(files.collect());
            }
            path.push(next);
        }
    }

    /// The longest module that the path starts with; the root file for its own items.
    fn module_of(&self, path: &str) -> Option<&str> {
        let mut path = path;
        while !path.is_empty() {
            if let Some((module, _)) = self.modules.get_key_value(path) {
                return Some(module);
            }
            path = path.rsplit_once("::").map_or("", |(module, _)| module);
        }
        self.modules
            .get_key_value("")
            .map(|(root, _)| root.as_str())
    }
}

trait FlattenPaths<'a> {
    fn flatten_paths(
        self,
        modules: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)>;
}

impl<'a, I: Iterator<Item = (&'a String, &'a Vec<String>)>> FlattenPaths<'a> for I {
    fn flatten_paths(
        self,
        modules: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.flat_map(|(module, paths)| {
            let file = modules[module].as_str();
            paths.iter().map(move |path| (file, path.as_str()))
        })
    }
}

/// The imported paths of a file.
fn declarations(text: &str, module: &str) -> Vec<String> {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let mut paths = Vec::new();
    for declaration in code.split("\nuse ").skip(1) {
        let declaration: String = declaration
            .split(';')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        expand("", &declaration, &mut paths);
    }
    paths
        .into_iter()
        .map(|path| absolute(&path, module))
        .collect()
}

/// `a::{b, c::{d}}` → `a::b`, `a::c::d`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        paths.push(format!("{prefix}{tree}"));
        return;
    };
    let prefix = format!("{prefix}{head}");
    let (mut depth, mut item) = (0, String::new());
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    for character in inner.chars().chain([',']) {
        match character {
            ',' if depth == 0 => {
                if !item.is_empty() {
                    expand(&prefix, &item, paths);
                }
                item.clear();
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        item.push(character);
    }
}

/// `super::x` and `self::x` as `crate::…`.
fn absolute(path: &str, module: &str) -> String {
    let mut base = module;
    let mut rest = path;
    if let Some(inner) = path.strip_prefix("self::") {
        rest = inner;
    } else if path.starts_with("super::") {
        while let Some(outer) = rest.strip_prefix("super::") {
            base = base.rsplit_once("::").map_or("", |(parent, _)| parent);
            rest = outer;
        }
    } else {
        return path.to_owned();
    }
    let name = rest.trim_end_matches("::self");
    match base {
        "" => format!("crate::{name}"),
        base => format!("crate::{base}::{name}"),
    }
}

#[test]
fn nested_and_relative_imports_are_read() {
    let text = "//! x\nuse a::{b, c::{d, e}};\nuse super::{f, g::H};\nuse self::i;\n";
    let paths = declarations(text, "m::n");
    let expected = [
        "a::b",
        "a::c::d",
        "a::c::e",
        "crate::m::f",
        "crate::m::g::H",
    ];
    assert_eq!(paths, [&expected[..], &["crate::m::n::i"]].concat());
}
