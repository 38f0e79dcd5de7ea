//! The pages as people see them, in a real browser. One program, so that it is linked once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod documentation;
mod page;
mod privacy;
