//! The metrics that Prometheus's client libraries have for every process, by their usual names.

use std::fmt;

use procfs::{WithCurrentSystemInfo, process::Process};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::counter::ConstCounter,
    registry::Registry,
};

use super::scraped::encode_gauge;

/// Reads the files of the process in `/proc` at each scrape. What cannot be read is left out.
#[derive(Debug)]
struct ProcessCollector;

/// Adds the metrics of the process.
pub fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(ProcessCollector));
}

// === impl ProcessCollector ===

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let Ok(process) = Process::myself() else {
            return Ok(());
        };
        let mut gauge = |name, help, value| encode_gauge(&mut encoder, name, help, value);
        if let Ok(stat) = process.stat() {
            let resident = stat.rss_bytes().get();
            gauge("process_resident_memory_bytes", "Resident memory", resident)?;
            gauge("process_virtual_memory_bytes", "Virtual memory", stat.vsize)?;
            if let Ok(booted) = procfs::boot_time_secs() {
                let started = booted + stat.starttime / procfs::ticks_per_second();
                let help = "Start of the process, in seconds since 1970";
                gauge("process_start_time_seconds", help, started)?;
            }
        }
        if let Ok(open) = process.fd_count() {
            gauge("process_open_fds", "Open file descriptors", open as u64)?;
        }
        if let Ok(limits) = process.limits()
            && let procfs::process::LimitValue::Value(max) = limits.max_open_files.soft_limit
        {
            gauge("process_max_fds", "Maximum of open file descriptors", max)?;
        }
        if let Ok(stat) = process.stat() {
            let ticks = (stat.utime + stat.stime) as f64;
            let seconds = ConstCounter::new(ticks / procfs::ticks_per_second() as f64);
            let help = "CPU time, user and system";
            let name = "process_cpu_seconds";
            let metric = encoder.encode_descriptor(name, help, None, seconds.metric_type())?;
            seconds.encode(metric)?;
        }
        Ok(())
    }
}
