//! The server as its clients see it. One program, so that it is linked once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bad_input;
mod browsers;
mod command_line;
mod concurrency;
mod documents;
mod durability;
mod earlier;
mod encoding;
mod errors;
mod heads;
mod journal_file;
mod key_file;
mod keys;
mod legacy;
mod logging;
mod models;
mod moving;
mod names;
mod recognition;
mod shared_database;
mod stopping;
mod tls;
mod v1_archives;
mod v1_audit;
mod v1_check_ins;
mod v1_erasure;
mod v1_events;
mod v1_faces;
mod v1_files;
mod v1_forms;
mod v1_pictures;
mod v1_recognition;
