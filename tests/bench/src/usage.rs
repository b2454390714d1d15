//! What processes cost, from /proc. Linux only; elsewhere the load runs and costs nothing.

use std::{fs, process::Command, sync::LazyLock, time::Duration};

/// How long a tick of `/proc/PID/stat` is.
static TICK: LazyLock<Duration> = LazyLock::new(|| {
    let hertz = Command::new("getconf").arg("CLK_TCK").output().ok();
    let hertz = hertz.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    Duration::from_secs(1) / hertz.unwrap_or(100)
});

/// CPU time in ticks, user and system.
#[derive(Clone, Copy, Debug, Default)]
struct Ticks {
    own: u32,
    /// Of children that have ended and were waited for.
    ended_children: u32,
}

/// CPU time that a process has used, all threads together.
pub fn of_process(pid: u32) -> Duration {
    *TICK * stat(pid).map_or(0, |(_, ticks)| ticks.own)
}

/// CPU time that a process and its children have used: those that live, and those that have ended.
/// Every process of PostgreSQL is a child of the postmaster, which waits for each, so the sum never
/// loses one.
pub fn of_family(pid: u32) -> Duration {
    let parent = || stat(pid).map_or_else(Ticks::default, |(_, ticks)| ticks);
    loop {
        let before = parent();
        let children = of_children(pid);
        // A child that ended meanwhile was counted twice or not at all.
        if parent().ended_children == before.ended_children {
            return *TICK * (before.own + before.ended_children + children);
        }
    }
}

fn of_children(pid: u32) -> u32 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = processes.filter_map(|entry| stat(entry.file_name().to_str()?.parse().ok()?));
    let children = stats.filter(|(parent, _)| *parent == pid);
    children.map(|(_, ticks)| ticks.own).sum()
}

/// The most memory that a process ever had resident (`VmHWM`), in MiB.
pub fn peak_memory(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

fn stat(pid: u32) -> Option<(u32, Ticks)> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The parent and the times. A name may hold spaces and parentheses, so fields are counted from its
/// last parenthesis.
fn parse_stat(line: &str) -> Option<(u32, Ticks)> {
    let (_, after_name) = line.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    let ticks = Ticks {
        own: field(14)? + field(15)?,
        ended_children: field(16)? + field(17)?,
    };
    Some((field(4)?, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1";
        let (parent, ticks) = parse_stat(line).unwrap();
        assert_eq!((parent, ticks.own, ticks.ended_children), (7, 30, 70));
    }
}
