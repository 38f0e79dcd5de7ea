//! The resident memory of a process, second by second.

use std::fmt;
use std::fs;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio::time::{Duration, interval};

/// Seconds that are compared.
const MINUTE: usize = 60;

/// Reads the memory of a process once a second.
pub(crate) struct Watch {
    readings: JoinHandle<()>,
    read: tokio::sync::mpsc::UnboundedReceiver<u64>,
}

/// The medians of two minutes, in KiB.
pub(crate) struct Memory {
    second: u64,
    last: u64,
}

impl Memory {
    /// Begins to read.
    pub(crate) fn watch(process: u32) -> Watch {
        let (send, read) = tokio::sync::mpsc::unbounded_channel();
        let readings = tokio::spawn(async move {
            let mut seconds = interval(Duration::from_secs(1));
            loop {
                seconds.tick().await;
                if resident(process).is_none_or(|kib| send.send(kib).is_err()) {
                    return;
                }
            }
        });
        Watch { readings, read }
    }

    /// The last minute's memory as a multiple of the second's.
    #[expect(clippy::cast_precision_loss, reason = "KiB of a process")]
    pub(crate) fn growth(&self) -> f64 {
        self.last as f64 / self.second as f64
    }
}

impl Watch {
    /// Ends reading; of a run of less than three minutes, its second third stands for the second minute.
    pub(crate) async fn stop(mut self) -> Result<Memory> {
        self.readings.abort();
        let mut kib = Vec::new();
        while let Some(reading) = self.read.recv().await {
            kib.push(reading);
        }
        let span = MINUTE.min(kib.len() / 3);
        let second = kib.get(span..2 * span).context("too short to read the memory")?;
        let last = kib.get(kib.len() - span..).context("too short to read the memory")?;
        Ok(Memory { second: median(second)?, last: median(last)? })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, last) = (self.second / 1024, self.last / 1024);
        write!(f, "{second} MiB in the second minute, {last} MiB in the last")
    }
}

fn median(kib: &[u64]) -> Result<u64> {
    let mut sorted = kib.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().context("the memory was never read")
}

/// `VmRSS` of the process, in KiB.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
