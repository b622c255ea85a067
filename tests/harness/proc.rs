//! What Linux tells about a process: memory, threads, descendants.

use std::fs;

/// Bytes of resident memory.
pub fn rss_bytes(pid: u32) -> u64 {
    field(pid, "VmRSS:") * 1024
}

/// Starts a new measurement of [`rss_peak_bytes`].
pub fn reset_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the process is ours");
}

/// The most resident memory since [`reset_peak`].
pub fn rss_peak_bytes(pid: u32) -> u64 {
    field(pid, "VmHWM:") * 1024
}

/// How many threads run.
pub fn threads(pid: u32) -> u64 {
    field(pid, "Threads:")
}

/// Open file descriptors.
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").count()
}

/// Every process whose environment has `marker`, which is how descendants are found after their parent's death.
pub fn with_environment(marker: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("Linux has /proc");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes())
        })
        .collect()
}

fn field(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a running process has the field");
    let number = line.split_whitespace().nth(1).expect("the field has a value");
    number.parse().expect("the value is a number")
}
