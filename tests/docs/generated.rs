//! Pages, and parts of pages, that repeat another file. `make docs` rewrites them.

use std::{fmt::Write, fs};

use clap::{Arg, Command, CommandFactory};
use orders_server::config::Cli;

use super::pages::{page, root};

const CONFIGURATION: &str = "docs/configuration.md";
const PERFORMANCE: &str = "docs/performance.md";

const INTRODUCTION: &str = "\
# Configuration

<!-- `make docs` writes this page from the command line. Change server/src/config.rs instead. -->

Every setting is a flag and an environment variable. If both are set, the flag wins. `orders --help` and
`orders serve --help` print the same texts.

* A time is a number with a unit: `500ms`, `10s`, `1m 30s`, `7days`. It is at least 1 ms.
* 0 is refused, unless the table says what it means.
* A switch such as `--no-relay` takes no value as a flag. Its variable is `true` or `false`.
* `DATABASE_URL`, `ORDERS_PUBLISHER`, `ORDERS_WEBHOOK_SECRETS`, `OTEL_EXPORTER_OTLP_ENDPOINT` and
  `OTEL_EXPORTER_OTLP_HEADERS` may hold secrets. The service never logs them. Set them as variables, because flags are
  visible in process lists.
* `ORDERS_POSTGRES_BIN` names the folder of `initdb` and `postgres` for the private PostgreSQL. It has no flag.
";

#[test]
fn the_configuration_page_is_what_the_command_line_says() {
    let mut text = INTRODUCTION.to_owned();
    let cli = Cli::command();
    let commands = commands(&cli);

    text += "\n## Commands\n\n| command | what it does | settings |\n|---|---|---|\n";
    for (name, command) in &commands {
        let mut groups: Vec<_> = settings(command).map(group).collect();
        groups.push("Logging");
        groups.dedup();
        let groups = groups.join(", ");
        writeln!(text, "| `orders {name}` | {} | {groups} |", about(command)).unwrap();
    }
    for (name, command) in &commands {
        let own = command
            .get_arguments()
            .filter(|argument| !is_setting(argument));
        for argument in own.filter(|argument| argument.get_id() != "help") {
            let label = match argument.get_long() {
                Some(flag) => format!("--{flag}"),
                None => format!("<{}>…", argument.get_id()),
            };
            let default = match default(argument) {
                Some(default) if argument.get_action().takes_values() => {
                    format!(" Default: `{default}`.")
                }
                _ => String::new(),
            };
            let (help, blank) = (
                help(argument),
                if text.ends_with("|\n") { "\n" } else { "" },
            );
            writeln!(text, "{blank}* `orders {name} {label}`: {help}{default}").unwrap();
        }
    }

    let mut written: Vec<(&str, &str)> = Vec::new();
    let global = [(String::new(), cli.clone())];
    for (_, command) in commands.iter().chain(&global) {
        for argument in settings(command) {
            let (group, flag) = (group(argument), argument.get_long().unwrap());
            if written.contains(&(group, flag)) {
                continue;
            }
            if !written.iter().any(|(known, _)| *known == group) {
                let columns = "| flag | variable | default | meaning |\n|---|---|---|---|";
                write!(text, "\n## {group}\n\n{columns}\n").unwrap();
            }
            written.push((group, flag));
            writeln!(text, "{}", row(argument)).unwrap();
        }
    }
    expect(CONFIGURATION, &text);
}

/// The subcommands that do something, with their names.
fn commands(cli: &Command) -> Vec<(String, Command)> {
    let mut commands = Vec::new();
    for command in cli.get_subcommands() {
        let name = command.get_name();
        match command.has_subcommands() {
            true => commands.extend(
                command
                    .get_subcommands()
                    .map(|inner| (format!("{name} {}", inner.get_name()), inner.clone())),
            ),
            false => commands.push((name.to_owned(), command.clone())),
        }
    }
    commands
}

fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|argument| is_setting(argument))
}

pub fn is_setting(argument: &Arg) -> bool {
    argument.get_env().is_some()
}

fn group(argument: &Arg) -> &str {
    let group = argument.get_help_heading();
    group.unwrap_or_else(|| panic!("{} has no heading", argument.get_id()))
}

fn about(command: &Command) -> String {
    sentence(&command.get_about().unwrap().to_string())
}

fn help(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.unwrap_or_else(|| panic!("{} has no help", argument.get_id()));
    sentence(&help.to_string())
}

/// clap takes the last full stop away.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}.", text.trim_end_matches('.'))
}

fn default(argument: &Arg) -> Option<&str> {
    argument.get_default_values().first()?.to_str()
}

fn row(argument: &Arg) -> String {
    let (flag, variable) = (argument.get_long().unwrap(), argument.get_env().unwrap());
    let mut help = help(argument);
    // A default that depends on the machine is part of the help.
    let mut shown = String::new();
    if let Some(start) = help.find(" [default: ") {
        let end = help.rfind(']').unwrap();
        shown = help[start + " [default: ".len()..end].to_owned();
        help.replace_range(start..=end, "");
    }
    if argument.get_action().takes_values()
        && let Some(default) = default(argument)
    {
        shown = format!("`{default}`");
    }
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !values.is_empty() {
        let values: Vec<_> = values
            .iter()
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        write!(help, " One of {}.", values.join(", ")).unwrap();
    }
    let help = help.replace('|', "\\|");
    format!(
        "| `--{flag}` | `{}` | {shown} | {help} |",
        variable.display()
    )
}

// === performance ===

#[test]
fn the_performance_page_repeats_the_committed_runs() {
    let results = page("tests/bench/RESULTS.md");
    let relay = page("tests/bench/RELAY.md");
    let mut text = page(PERFORMANCE).text;
    replace(&mut text, "conditions", &paragraph(&results.text, 2));
    replace(&mut text, "throughput", &throughput(&results.text));
    replace(&mut text, "further", &table(&results.text, "measured"));
    replace(
        &mut text,
        "relay-rate",
        &table(&relay.text, "events per second"),
    );
    replace(&mut text, "relay-latency", &table(&relay.text, "p50 ms"));
    let siege = page("tests/bench/SIEGE.md");
    replace(&mut text, "siege", &table(&siege.text, "failures"));
    expect(PERFORMANCE, &text);
}

/// Replaces the text between `<!-- begin NAME -->` and `<!-- end NAME -->`.
fn replace(page: &mut String, name: &str, text: &str) {
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->"),
    );
    let start = page.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    let stop = page.find(&end).unwrap_or_else(|| panic!("no {end}"));
    page.replace_range(start..stop, &format!("\n{}\n\n", text.trim()));
}

/// The n-th paragraph, the title being the first.
fn paragraph(text: &str, nth: usize) -> String {
    text.split("\n\n").nth(nth - 1).unwrap().to_owned()
}

/// The first table whose head has this text.
fn table(text: &str, head: &str) -> String {
    let tables = text.split("\n\n").filter(|part| part.starts_with('|'));
    let mut tables = tables.filter(|table| table.lines().next().unwrap().contains(head));
    tables
        .next()
        .unwrap_or_else(|| panic!("no table with {head}"))
        .to_owned()
}

/// Operations as multiples of the floor, and the sentences that follow from the numbers.
fn throughput(results: &str) -> String {
    let table = table(results, "÷ floor");
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|').split('|');
        line.map(|cell| cell.trim().trim_matches('*').to_owned())
            .collect()
    };
    let head = cells(table.lines().next().unwrap());
    let ratios: Vec<_> = (1..head.len())
        .filter(|&at| head[at] == "÷ floor")
        .collect();
    let mut text = "| operation |".to_owned();
    for &at in &ratios {
        write!(text, " {} |", head[at - 1]).unwrap();
    }
    write!(text, "\n|---|{}", "--:|".repeat(ratios.len())).unwrap();
    let (mut faster, mut slower) = (Vec::new(), Vec::new());
    for line in table.lines().skip(2) {
        let line = cells(line);
        write!(text, "\n| {} |", line[0]).unwrap();
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for &at in &ratios {
            let ratio: f64 = line[at].parse().unwrap();
            write!(text, " {ratio:.2} |").unwrap();
            let connections = head[at - 1].split(' ').next().unwrap().to_owned();
            if ratio < 1.0 { &mut below } else { &mut above }.push(connections);
        }
        for (cases, operations) in [(above, &mut faster), (below, &mut slower)] {
            if !cases.is_empty() {
                operations.push(format!("{} with {}", line[0], cases.join(", ")));
            }
        }
    }
    let list = |operations: Vec<String>| match operations.is_empty() {
        true => "none".to_owned(),
        false => operations.join("; "),
    };
    format!(
        "{text}\n\nAt least as fast as the floor (connections): {}.\n\nSlower than the floor (connections): {}.",
        list(faster),
        list(slower)
    )
}

/// Compares a page with the text that it must have, or writes it if `UPDATE_DOCS` is set.
fn expect(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(file, text).unwrap();
        return;
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == text,
        "{path} is out of date: run `make docs` and commit the page"
    );
}
