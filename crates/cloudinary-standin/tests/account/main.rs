//! The account as a client sees it, call by call.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod admin;
mod client;
mod delivery;
mod failures;
mod upload;
