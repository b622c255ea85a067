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

/// The TCP port that it listens on, for one that has not said so; `None` while there is none.
pub fn listening_port(pid: u32) -> Option<u16> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let sockets: Vec<String> = targets.filter_map(|target| target.to_str().map(str::to_string)).collect();
    let tables =
        ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // Its number, the local address, the remote one, the state (0A: listening); tenth is the inode.
        let listens = fields.get(3) == Some(&"0A") && sockets.contains(&format!("socket:[{}]", fields.get(9)?));
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        listens.then(|| u16::from_str_radix(port, 16).ok())?
    })
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
