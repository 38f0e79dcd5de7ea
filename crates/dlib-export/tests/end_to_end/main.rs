//! The program as it is run, and the library on the published detector.
#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails it")]

mod command_line;
mod published_hog;
