//! The pages keep their promises: README.md, docs/, CONTRIBUTING.md and the other Markdown files.
//!
//! * A `console` block is run, and its output is compared (`console`).
//! * An `sh` or `python` block is not run. The comment above it says why, and its commands are
//!   checked against the Makefile and the command line (`shell`).
//! * A relative link points at a file, a fragment at a heading, and the name in a code link occurs
//!   in the linked file (`links`).
//! * What repeats another file is rewritten by `make docs`, and compared here (`generated`).

mod console;
mod generated;
mod links;
mod pages;
mod shell;

use clap::CommandFactory;
use orders_server::config::Cli;

use self::{
    generated::is_setting,
    pages::{Page, page},
};

#[test]
fn the_readme_has_at_most_120_lines() {
    let lines = page("README.md").text.lines().count();
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn the_glossary_has_at_most_25_lines() {
    let page = page("docs/architecture.md");
    let (_, glossary) = page
        .text
        .split_once("\n## Glossary\n")
        .expect("no glossary");
    let lines = glossary.split("\n## ").next().unwrap().trim().lines();
    let lines = lines.count();
    assert!((10..=25).contains(&lines), "{lines} lines");
}

#[test]
fn every_setting_stands_in_the_table() {
    let configuration = page("docs/configuration.md").text;
    let cli = Cli::command();
    let mut commands = vec![&cli];
    let mut count = 0;
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands());
        for setting in command
            .get_arguments()
            .filter(|setting| is_setting(setting))
        {
            count += 1;
            let (flag, variable) = (
                setting.get_long().unwrap(),
                setting.get_env().unwrap().to_str().unwrap(),
            );
            let row = configuration
                .lines()
                .find(|line| line.starts_with(&format!("| `--{flag}` | `{variable}` |")));
            let row = row.unwrap_or_else(|| panic!("--{flag} ({variable}) is not in the table"));
            for default in setting.get_default_values() {
                let default = default.to_str().unwrap();
                assert!(
                    !setting.get_action().takes_values()
                        || row.contains(&format!("| `{default}` |")),
                    "--{flag} has the default {default}"
                );
            }
        }
    }
    assert!(count > 40, "{count} settings");
}

#[test]
fn the_client_snippet_of_the_readme_is_part_of_the_example_that_the_clients_tests_run() {
    let (readme, tested) = (page("README.md"), page("clients/typescript/README.md"));
    let code = |page: &Page| -> Vec<String> {
        let block = page.blocks().into_iter();
        let block = block.filter(|block| ["js", "ts"].contains(&block.language));
        let lines = block.flat_map(|block| block.lines);
        lines
            .map(|line| line.split("//  ").next().unwrap_or(line))
            .map(|line| match line.find("; //") {
                Some(end) => line[..=end].to_owned(),
                None => line.trim_end().to_owned(),
            })
            .collect()
    };
    let (snippet, example) = (code(&readme), code(&tested));
    assert!(snippet.len() >= 5, "README.md has no client snippet");
    for line in snippet.iter().filter(|line| !line.is_empty()) {
        assert!(example.contains(line), "not in the tested example: {line}");
    }
}
