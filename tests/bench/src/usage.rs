//! CPU time and memory of processes, from /proc. On systems other than Linux all values are zero or
//! None.

use std::{fs, process::Command, sync::LazyLock, time::Duration};

/// Length of a tick, the unit of time in `/proc/PID/stat`.
static TICK: LazyLock<Duration> = LazyLock::new(|| {
    let hertz = Command::new("getconf").arg("CLK_TCK").output().ok();
    let hertz = hertz.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    Duration::from_secs(1) / hertz.unwrap_or(100)
});

/// CPU time in ticks, user and system together.
#[derive(Clone, Copy, Debug, Default)]
struct Ticks {
    own: u32,
    /// Of the children that ended and were waited for.
    ended_children: u32,
}

/// CPU time of a process and its children, including the children that ended. All processes of
/// PostgreSQL are children of the postmaster, which waits for each, so the sum is complete.
pub fn cpu_of_family(pid: u32) -> Duration {
    let parent = || stat(pid).map_or_else(Ticks::default, |(_, ticks)| ticks);
    loop {
        let before = parent();
        let children = cpu_of_children(pid);
        // If a child ended in between, the sum contains it twice or not at all: repeat.
        if parent().ended_children == before.ended_children {
            return *TICK * (before.own + before.ended_children + children);
        }
    }
}

fn cpu_of_children(pid: u32) -> u32 {
    children(pid).map(|(_, ticks)| ticks.own).sum()
}

/// Process ids and CPU times of the living children.
fn children(pid: u32) -> impl Iterator<Item = (u32, Ticks)> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(move |entry| {
        let child = entry.file_name().to_str()?.parse().ok()?;
        let (parent, ticks) = stat(child)?;
        (parent == pid).then_some((child, ticks))
    })
}

/// Peak resident memory (`VmHWM`) of the largest child of a process, in MiB.
pub fn peak_memory_of_children(pid: u32) -> Option<f64> {
    children(pid)
        .filter_map(|(child, _)| peak_memory(child))
        .max_by(f64::total_cmp)
}

fn peak_memory(pid: u32) -> Option<f64> {
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

/// Parent and CPU time. The name of a process may contain spaces and parentheses, so fields are
/// counted from the last parenthesis.
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
