//! What the program can be asked to do, one file a command.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod file_store;
pub(crate) mod import_legacy;
pub(crate) mod key;
pub(crate) mod keys;
mod new_store;
pub(crate) mod openapi;
mod output;
pub(crate) mod rekey;
pub(crate) mod running_server;
pub(crate) mod serve;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;
