//! The floor: the rate of PostgreSQL alone, measured by pgbench with one statement and one commit
//! per operation.

use std::{fs, path::Path, time::Duration};

use crate::{Result, database::Database, measurements::percentile, workloads::Workload};

/// The report of pgbench.
pub struct Floor {
    /// Transactions per second.
    pub rate: f64,
    /// Transactions.
    pub done: u64,
    /// With one client only: the log that contains the latencies would slow down more clients.
    pub median: Option<Duration>,
}

/// The arguments of a run.
pub struct Task {
    pub workload: Workload,
    pub clients: u32,
    pub seconds: u32,
    /// Number of orders in the tables.
    pub rows: u32,
    /// Number of the first order that the run creates.
    pub first: u64,
}

/// Runs pgbench.
pub fn run(database: &Database, scratch: &Path, task: &Task) -> Result<Floor> {
    let Task {
        workload,
        clients,
        seconds,
        rows,
        first,
    } = *task;
    let script = scratch.join("floor.sql");
    fs::write(&script, workload.floor_script())?;
    let threads = clients.min(crate::machine::cores());
    let log = scratch.join("floor-log");
    let mut pgbench = database.tool("pgbench");
    pgbench.args(["-n", "-M", "prepared"]);
    pgbench.args(["-c", &clients.to_string(), "-j", &threads.to_string()]);
    pgbench.args(["-T", &seconds.to_string()]);
    pgbench.arg("-f").arg(&script);
    for define in [
        format!("clients={clients}"),
        format!("rows={rows}"),
        format!("first={first}"),
        "k=-1".to_owned(),
    ] {
        pgbench.args(["-D", &define]);
    }
    if clients == 1 {
        pgbench.arg("-l").arg("--log-prefix").arg(&log);
    }
    let output = pgbench
        .arg(database.admin_url())
        .output()
        .map_err(|error| format!("pgbench: {error}"))?;
    let output_text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!(
            "pgbench: {output_text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    let (rate, done) = parse(&output_text)
        .ok_or_else(|| format!("unexpected output of pgbench: {output_text}"))?;
    let median = if clients == 1 { median(scratch)? } else { None };
    Ok(Floor { rate, done, median })
}

fn parse(output_text: &str) -> Option<(f64, u64)> {
    let after = |label: &str| {
        output_text
            .lines()
            .find_map(|line| line.strip_prefix(label))
    };
    let rate = after("tps = ")?.split(' ').next()?.parse().ok()?;
    let done = after("number of transactions actually processed: ")?
        .parse()
        .ok()?;
    Some((rate, done))
}

/// The median latency in the logs of transactions. Removes the logs.
fn median(scratch: &Path) -> Result<Option<Duration>> {
    let mut micros = Vec::new();
    for entry in fs::read_dir(scratch)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with("floor-log.")) {
            // client, transaction, microseconds, …
            let text = fs::read_to_string(&path)?;
            micros.extend(
                text.lines()
                    .filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()),
            );
            fs::remove_file(&path)?;
        }
    }
    micros.sort_unstable();
    Ok(percentile(&micros, 50).map(Duration::from_micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_count_are_read_from_the_output_of_pgbench() {
        let output_text = "scaling factor: 1\nnumber of transactions actually processed: 34000\n\
                    latency average = 1.9 ms\ntps = 17012.345678 (without initial connection time)\n";
        assert_eq!(parse(output_text), Some((17012.345678, 34000)));
    }
}
