//! README.md keeps its word.

use clap::CommandFactory;
use orders_server::config::Cli;
use tokio::process::Command;
use uuid::Uuid;

use crate::support::{App, Isolation};

const README: &str = include_str!("../README.md");

/// A command of a `console` block and what the page says it prints.
struct Step {
    command: &'static str,
    expected: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_prints_what_the_page_says() {
    let app = App::with(Isolation::Database, &[]).await;
    let steps = steps();
    assert!(steps.len() >= 10, "the page has lost its commands");

    let end = format!("end-of-step-{}", Uuid::new_v4());
    let script: String = steps
        .iter()
        .map(|step| format!("{}\necho {end}\n", step.command))
        .collect();
    let script = script.replace("127.0.0.1:8080", &app.server.address().to_string());
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&directory)
        .output()
        .await
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();

    let printed: Vec<_> = output.split(&format!("{end}\n")).collect();
    for (step, printed) in steps.iter().zip(printed) {
        assert!(
            fits(&step.expected, printed),
            "{}\nprints\n{printed}\nnot\n{}",
            step.command,
            step.expected
        );
    }
}

#[test]
fn every_setting_stands_in_the_table() {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").unwrap();
    for setting in serve
        .get_arguments()
        .chain(cli.get_arguments())
        .filter(|setting| setting.get_env().is_some())
    {
        let (flag, variable) = (
            setting.get_long().unwrap(),
            setting.get_env().unwrap().to_str().unwrap(),
        );
        let row = README
            .lines()
            .find(|line| line.starts_with(&format!("| `--{flag}` | `{variable}` |")));
        let row = row.unwrap_or_else(|| panic!("--{flag} ({variable}) is not in the table"));
        for default in setting.get_default_values() {
            let default = default.to_str().unwrap();
            assert!(
                row.contains(&format!("| `{default}` |")),
                "--{flag} has the default {default}"
            );
        }
    }
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_block = false;
    for line in README.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => in_block = line == "```console",
            _ if !in_block => {}
            Some(command) => steps.push(Step {
                command,
                expected: String::new(),
            }),
            None => {
                let step = steps.last_mut().expect("a block starts with a command");
                step.expected += line;
                step.expected.push('\n');
            }
        }
    }
    steps
}

/// Whether a text fits a pattern in which `…` stands for anything within a line.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.lines().collect(), text.lines().collect());
    pattern.len() == text.len()
        && pattern
            .iter()
            .zip(text)
            .all(|(pattern, text)| line_fits(pattern, text))
}

fn line_fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn the_comparison_can_fail() {
    assert!(fits(
        "{\"id\":\"…\",\"x\":1}\n201\n",
        "{\"id\":\"abc\",\"x\":1}\n201\n"
    ));
    for other in [
        "",
        "{\"id\":\"abc\",\"x\":2}\n201\n",
        "{\"id\":\"abc\",\"x\":1}\n200\n",
        "{\"id\":\"abc\",\"x\":1}\n",
    ] {
        assert!(!fits("{\"id\":\"…\",\"x\":1}\n201\n", other), "{other}");
    }
}
