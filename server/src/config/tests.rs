//! The command line, as clap sees it.

use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

/// A time or number of zero would hang, fail every request, or mean "unlimited" to PostgreSQL.
#[test]
fn zero_has_a_documented_meaning_or_is_refused() {
    const NO_AMOUNT: [&str; 2] = ["log", "event-source"]; // any text is accepted
    let mut checked = 0;
    let commands: [&[&str]; 4] = [&["serve"], &["dev"], &["relay"], &["outbox", "list"]];
    for command in commands {
        let cli = Cli::command();
        let found = command
            .iter()
            .fold(&cli, |cli, name| cli.find_subcommand(name).unwrap());
        for flag in found.get_arguments() {
            let (Some(long), Some(default)) = (flag.get_long(), flag.get_default_values().first())
            else {
                continue;
            };
            let default = default.to_str().unwrap();
            if !default.starts_with(|first: char| first.is_ascii_digit())
                || long == "listen"
                || NO_AMOUNT.contains(&long)
            {
                continue;
            }
            let help = flag
                .get_long_help()
                .or(flag.get_help())
                .unwrap()
                .to_string();
            let is_time = default.ends_with(|last: char| last.is_ascii_alphabetic());
            let zeros: &[&str] = if is_time {
                &["0s", "0ms", "999us", "1ns"]
            } else {
                &["0"]
            };
            for zero in zeros {
                let flag = format!("--{long}={zero}");
                let parsed =
                    Cli::try_parse_from(["orders"].iter().chain(command.iter()).chain([&&*flag]));
                let documented = help.contains(" 0 ") && zero.starts_with("0");
                assert_eq!(parsed.is_ok(), documented, "{command:?} {flag}");
                if let Err(error) = parsed {
                    let message = error.to_string();
                    let lowest = message.contains("at least") || message.contains("not in");
                    assert!(lowest && message.contains(long), "{message}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_password_is_not_shown() {
    let cli = Cli::parse_from([
        "orders",
        "serve",
        "--database-url",
        "postgresql://a:hunter2@b/c",
    ]);
    assert!(!format!("{cli:?}").contains("hunter2"));
}
