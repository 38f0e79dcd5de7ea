//! The server as its clients see it.

mod bad_input;
mod command_line;
mod concurrency;
#[cfg(target_os = "linux")]
mod connections;
mod durability;
mod earlier;
mod journal_file;
mod key_file;
mod legacy;
mod logging;
mod models;
mod moving;
mod no_telemetry;
mod recognition;
mod reload;
mod restarts;
mod shared_database;
mod stalled_log;
mod stopping;
mod tls;
mod v1_archives;
