//! The process as the system sees it, where the system says so by files: on Linux.

use std::fs;

use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Adds what is known of this process; elsewhere than on Linux nothing.
pub(super) fn register(registry: &mut Registry) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kibibytes) = number(&status, "VmRSS:") {
        let bytes = ConstGauge::new(kibibytes * 1024.0);
        registry.register_with_unit("resident_memory", "Memory of the process", Unit::Bytes, bytes);
    }
    if let Some(threads) = number(&status, "Threads:") {
        registry.register("threads", "Threads of the process", ConstGauge::new(threads));
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        let open = u32::try_from(files.count()).unwrap_or(u32::MAX);
        let help = "Open files and connections of the process";
        registry.register("open_fds", help, ConstGauge::new(f64::from(open)));
    }
}

/// The number after a word at the beginning of a line.
fn number(text: &str, word: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_found_by_the_word_before_them() {
        let text = "Name:\tface-server\nVmHWM:\t  900 kB\nVmRSS:\t  123456 kB\nThreads:\t17\n";
        assert_eq!(number(text, "VmRSS:"), Some(123_456.0));
        assert_eq!(number(text, "Threads:"), Some(17.0));
        assert_eq!(number(text, "VmSwap:"), None);
    }
}
