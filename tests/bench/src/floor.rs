//! The floor: what PostgreSQL itself makes of one single-row statement per operation, asked by
//! pgbench.

use std::{fs, path::Path, time::Duration};

use crate::{Result, database::Database, figures::percentile, workloads::Workload};

/// What pgbench reports.
pub struct Floor {
    pub rate: f64,
    pub done: u64,
    /// Known for a single client only: the log that tells costs a busy floor something.
    pub median: Option<Duration>,
}

/// What to ask of PostgreSQL.
pub struct Task {
    pub workload: Workload,
    pub clients: u32,
    pub seconds: u32,
    /// How many orders are prepared.
    pub rows: u32,
    /// The number of the first order that a create makes.
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
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let (rate, done) = parse(&said).ok_or_else(|| format!("pgbench says something new: {said}"))?;
    let median = if clients == 1 { median(scratch)? } else { None };
    Ok(Floor { rate, done, median })
}

fn parse(said: &str) -> Option<(f64, u64)> {
    let after = |label: &str| said.lines().find_map(|line| line.strip_prefix(label));
    let rate = after("tps = ")?.split(' ').next()?.parse().ok()?;
    let done = after("number of transactions actually processed: ")?
        .parse()
        .ok()?;
    Some((rate, done))
}

/// The median of the per-transaction logs, which are removed.
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
    fn what_pgbench_says_is_understood() {
        let said = "scaling factor: 1\nnumber of transactions actually processed: 34000\n\
                    latency average = 1.9 ms\ntps = 17012.345678 (without initial connection time)\n";
        assert_eq!(parse(said), Some((17012.345678, 34000)));
    }
}
