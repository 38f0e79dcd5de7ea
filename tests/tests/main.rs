//! The real server with real models, over real connections. One program, so that it is linked once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod api;
#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "contract")]
mod contract;
