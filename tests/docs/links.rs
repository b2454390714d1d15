//! Relative links point at files, fragments at headings, and names in code links at text.

use std::{fs, path::Path};

use super::pages::{Page, pages, root};

struct Link<'a> {
    text: &'a str,
    target: &'a str,
}

#[test]
fn every_relative_link_points_at_a_file_and_every_fragment_at_a_heading() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let prose = page.prose();
        for link in links(&prose) {
            count += 1;
            if let Err(why) = check(&page, &link) {
                wrong.push(format!(
                    "{}: [{}]({}): {why}",
                    page.path, link.text, link.target
                ));
            }
        }
    }
    assert!(count >= 50, "the pages have lost their links");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(page: &Page, link: &Link<'_>) -> Result<(), String> {
    if link.target.contains("://") || link.target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, fragment) = link.target.split_once('#').unwrap_or((link.target, ""));
    let file = match path {
        "" => root().join(&page.path),
        path => page.folder().join(path),
    };
    let file = file.canonicalize().map_err(|_| "no such file".to_owned())?;
    if !file.starts_with(root().canonicalize().unwrap()) {
        return Err("outside the repository".to_owned());
    }
    if !fragment.is_empty() && !headings(&file).iter().any(|heading| heading == fragment) {
        return Err("no such heading".to_owned());
    }
    match identifier(link.text) {
        Some(name) if file.is_file() && !fs::read_to_string(&file).unwrap().contains(name) => {
            Err(format!("{name} does not occur there"))
        }
        _ => Ok(()),
    }
}

/// The last segment of a link text such as `` `Transition::rule` ``; none for a path or a sentence.
fn identifier(text: &str) -> Option<&str> {
    let code = text.strip_prefix('`')?.strip_suffix('`')?;
    let name = code.trim_end_matches("()").rsplit("::").next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn links(prose: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    for (middle, _) in prose.match_indices("](") {
        let rest = &prose[middle + 2..];
        let target = &rest[..rest.find(')').unwrap()];
        let text = &prose[..middle];
        let text = &text[text.rfind('[').unwrap() + 1..];
        links.push(Link { text, target });
    }
    links
}

/// The fragments of a page's headings, as GitHub makes them.
fn headings(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(root().canonicalize().unwrap()).unwrap();
    let page = super::page(path.to_str().unwrap());
    let prose = page.prose();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn a_wrong_link_is_found() {
    let readme = super::page("README.md");
    let wrong = [
        ("text", "no/such/file.rs"),
        ("text", "docs/architecture.md#no-such-heading"),
        ("`no_such_function()`", "core/src/order.rs"),
        ("text", "../.."),
    ];
    for (text, target) in wrong {
        let found = check(&readme, &Link { text, target });
        assert!(found.is_err(), "[{text}]({target})");
    }
    let text = "`Transition::rule`";
    let target = "core/src/order.rs";
    assert_eq!(check(&readme, &Link { text, target }), Ok(()));
}
