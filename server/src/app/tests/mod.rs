//! The application without a process: no socket, no file, no model.

mod archives;
mod audit;
mod bad_input;
mod browsers;
mod check_ins;
mod client;
mod documents;
mod embeddings;
mod encoding;
mod erasure;
mod errors;
mod events;
mod faces;
mod faults;
mod files;
mod form;
mod forms;
mod heads;
mod keys;
mod legacy;
mod limits;
mod log;
#[cfg(target_os = "linux")]
mod memory;
mod models;
mod names;
mod pictures;
mod recogniser;
mod recognition;
mod server;
mod store;
mod users;
