//! `console` blocks: each command of a page runs against a service of the page's own, and prints
//! what the page says. `…` stands for any text within a line.
//!
//! A page whose first lines include `<!-- service: FLAGS -->` gets a service with these flags.

use std::{process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};
use uuid::Uuid;

use super::pages::{Page, page, pages};
use crate::support::{App, Isolation, is_pooled, orders_binary};

/// How long the commands of one page may take together.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A command of a `console` block and the output that the page shows.
struct Step {
    command: String,
    expected: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_prints_what_the_page_says() {
    assert!(
        steps(&page("README.md")).len() >= 10,
        "README.md has lost its commands"
    );
    for page in pages() {
        let steps = steps(&page);
        if !steps.is_empty() {
            run(&page, &steps).await;
        }
    }
}

async fn run(page: &Page, steps: &[Step]) {
    let app = App::with(Isolation::Database, &flags(page)).await;
    let end = format!("end-of-step-{}", Uuid::new_v4());
    let script: String = steps
        .iter()
        .map(|step| format!("{}\necho {end}\n", step.command))
        .collect();
    let script = script.replace("127.0.0.1:8080", &app.server.address().to_string());
    let script = match app.server.admin_address() {
        Some(address) => script.replace("127.0.0.1:9090", &address.to_string()),
        None => script,
    };
    let binary = orders_binary().await.parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let directory = tempfile::tempdir().unwrap();
    let running = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&directory)
        .env("PATH", path)
        .env("DATABASE_URL", app.database.url())
        .env("ORDERS_TRANSACTION_POOLER", is_pooled().to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(TIMEOUT, running)
        .await
        .unwrap_or_else(|_| panic!("the commands of {} do not end", page.path))
        .unwrap();
    let (output, errors) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );

    let printed: Vec<_> = output.split(&format!("{end}\n")).collect();
    assert!(printed.len() > steps.len(), "{}: {errors}", page.path);
    for (step, printed) in steps.iter().zip(printed) {
        assert!(
            fits(&step.expected, printed),
            "{}:\n{}\nprints\n{printed}\nnot\n{}\n{errors}",
            page.path,
            step.command,
            step.expected
        );
    }
}

fn flags(page: &Page) -> Vec<&str> {
    let marked = page.text.lines().take(10);
    let marked = marked.filter_map(|line| line.strip_prefix("<!-- service: "));
    marked
        .filter_map(|line| line.strip_suffix(" -->"))
        .flat_map(str::split_whitespace)
        .collect()
}

fn steps(page: &Page) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.blocks() {
        if block.language != "console" {
            continue;
        }
        let mut continued = false;
        for (index, line) in block.lines.iter().enumerate() {
            if continued {
                let step = steps.last_mut().unwrap();
                step.command = format!("{}\n{line}", step.command);
                continued = line.ends_with('\\');
            } else if let Some(command) = line.strip_prefix("$ ") {
                continued = command.ends_with('\\');
                steps.push(Step {
                    command: command.to_owned(),
                    expected: String::new(),
                });
            } else {
                assert!(index > 0, "{}: a block starts with a command", page.path);
                let step = steps.last_mut().unwrap();
                step.expected += line;
                step.expected.push('\n');
            }
        }
    }
    steps
}

/// Whether a text fits a pattern in which `…` stands for any text within a line.
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
