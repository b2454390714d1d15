//! The machine that the benchmark runs on.

use std::{fs, process::Command, thread};

/// Number of processors.
pub fn cores() -> u32 {
    thread::available_parallelism().map_or(1, |cores| cores.get().try_into().unwrap_or(u32::MAX))
}

/// Model of the processor.
pub fn processor() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("an unknown processor".to_owned(), |(_, model)| {
        model.to_owned()
    })
}

/// Name and release of the kernel.
pub fn kernel() -> String {
    let output = Command::new("uname").arg("-sr").output();
    let name = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.unwrap_or_default()
}
