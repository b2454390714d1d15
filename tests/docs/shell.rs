//! Blocks that are not run: the comment above says why, and their commands exist.

use std::{collections::BTreeSet, fs};

use clap::{CommandFactory, Parser};
use orders_server::config::Cli;

use super::pages::{page, pages, root};

/// Languages of blocks that hold no command.
const TEXTS: [&str; 11] = [
    "http", "html", "ini", "js", "json", "mermaid", "rust", "sql", "text", "ts", "yaml",
];

/// Programs of other projects.
const FOREIGN: [&str; 15] = [
    "apt-get",
    "cd",
    "cp",
    "createdb",
    "createuser",
    "curl",
    "docker",
    "git",
    "kubectl",
    "nats-server",
    "npm",
    "pip",
    "psql",
    "runuser",
    "systemctl",
];

/// Flags of other programs that the pages name.
const FOREIGN_FLAGS: [&str; 11] = [
    "build",
    "config",
    "detach",
    "file",
    "headed",
    "locked",
    "release",
    "tag",
    "volumes",
    "watch",
    "workspace",
];

#[test]
fn every_block_is_run_or_says_why_it_is_not_and_its_commands_exist() {
    let mut wrong = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            let why = match block.language {
                "console" => continue,
                language if TEXTS.contains(&language) => continue,
                "sh" | "python" if block.not_run.is_none() => {
                    Err("says neither `not run: …` nor its output (console)".to_owned())
                }
                "sh" => commands(&block.lines)
                    .iter()
                    .try_for_each(|line| known(line)),
                "python" => Ok(()),
                other => Err(format!("unknown language {other:?}")),
            };
            if let Err(why) = why {
                wrong.push(format!("{}:{}: {why}", page.path, block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_flag_and_variable_that_a_page_names_exists() {
    let (flags, variables) = settings();
    let bench = ["main.rs", "compare.rs"]
        .map(|file| fs::read_to_string(root().join("tests/bench/src").join(file)).unwrap())
        .concat();
    let private = fs::read_to_string(root().join("private-postgres/src/discover.rs")).unwrap();
    let mut wrong = Vec::new();
    for page in pages() {
        // It names what was renamed, too; a bench report names the command that made it.
        if page.path == "CHANGELOG.md" || page.path.starts_with("tests/bench/") {
            continue;
        }
        for code in page.prose().split('`').skip(1).step_by(2) {
            for word in code.split(|c: char| c.is_whitespace() || "=,()".contains(c)) {
                let flag = word.strip_prefix("--").unwrap_or_default();
                let is_known = flag.is_empty()
                    || flags.contains(flag)
                    || FOREIGN_FLAGS.contains(&flag)
                    || bench.contains(&flag.replace('-', "_"));
                let is_set = !word.starts_with("ORDERS_")
                    || word.ends_with('…')
                    || variables.contains(word)
                    || private.contains(word);
                if !is_known || !is_set {
                    wrong.push(format!("{}: {word}", page.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Lines without comments; a line that ends with a backslash goes on in the next.
fn commands(lines: &[&str]) -> Vec<String> {
    let text = lines.join("\n").replace("\\\n", " ");
    let lines = text.lines().map(|line| match line.find(" #") {
        Some(comment) => &line[..comment],
        None => line,
    });
    let lines = lines.map(|line| line.trim().trim_end_matches('&').trim().to_owned());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Whether a command exists, as far as that can be told without running it.
fn known(line: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{line}: {why}"));
    let (_, variables) = settings();
    let mut words = line.split_whitespace().peekable();
    if words.peek() == Some(&"export") {
        words.next();
    }
    while let Some((name, _)) = words.peek().and_then(|word| word.split_once('=')) {
        if !variables.contains(name) {
            return wrong("no such variable");
        }
        words.next();
    }
    let Some(program) = words.next() else {
        return Ok(());
    };
    let arguments: Vec<_> = words.collect();
    match program.rsplit('/').next().unwrap_or(program) {
        "orders" => parses(&arguments).or_else(|why| wrong(&why)),
        "make" => {
            let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
            let mut targets = arguments.iter().take_while(|word| !word.contains('='));
            match targets.find(|target| !makefile.contains(&format!("\n{target}:"))) {
                Some(target) => wrong(&format!("no target {target}")),
                None => Ok(()),
            }
        }
        "cargo" => match line.split_once(" -- ") {
            Some((_, arguments)) if line.contains("--bin orders ") => {
                let arguments: Vec<_> = arguments.split_whitespace().collect();
                parses(&arguments).or_else(|why| wrong(&why))
            }
            _ => Ok(()),
        },
        "run" | "prepare" | "dist" => match root().join(program).exists() {
            true => Ok(()),
            false => wrong("no such script"),
        },
        program if FOREIGN.contains(&program) => Ok(()),
        _ => wrong("unknown program"),
    }
}

fn parses(arguments: &[&str]) -> Result<(), String> {
    match Cli::try_parse_from([&["orders"], arguments].concat()) {
        Ok(_) => Ok(()),
        Err(error) if !error.use_stderr() => Ok(()), // --help, --version
        Err(error) => Err(error.to_string()),
    }
}

/// The flags without their dashes, and the variables.
fn settings() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut flags, mut variables) = (BTreeSet::new(), BTreeSet::new());
    let mut commands = vec![Cli::command()];
    while let Some(mut command) = commands.pop() {
        command.build();
        for argument in command.get_arguments() {
            flags.extend(argument.get_long().map(str::to_owned));
            let variable = argument.get_env().and_then(|name| name.to_str());
            variables.extend(variable.map(str::to_owned));
        }
        commands.extend(command.get_subcommands().cloned());
    }
    (flags, variables)
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    for line in [
        "make no-such-target",
        "orders serve --no-such-flag",
        "orders outbox retry",
        "ORDERS_NO_SUCH=1 make run",
        "export ORDERS_NO_SUCH=1",
        "cargo run --bin orders -- serve --no-such-flag",
        ".ci/no-such/run",
        "no-such-program",
    ] {
        assert!(known(line).is_err(), "{line}");
    }
    for line in [
        "make run",
        "ORDERS_LOG=debug orders serve",
        "target/release/orders outbox list --state parked",
        ".ci/run",
    ] {
        assert_eq!(known(line), Ok(()), "{line}");
    }
    assert!(
        page("README.md")
            .blocks()
            .iter()
            .any(|block| block.language == "sh")
    );
}
