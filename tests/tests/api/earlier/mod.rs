//! What an earlier release left behind is served, enrolled into, identified from and exported.
//!
//! The fixtures are in `tests/fixtures/`, with a text on how they were made.

mod archives;
mod events;
mod fixture;
mod settings;
mod stores;
