//! What the program can be asked to do, one file a command.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod openapi;
pub(crate) mod serve;
