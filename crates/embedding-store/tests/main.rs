//! The integration tests of the crate, in one binary, so that its dependencies are linked once.

mod archive;
mod cloudinary;
mod conformance;
mod legacy;
mod moving;
#[path = "../examples/own_store/main.rs"]
mod own_store;
mod postgres;
mod records;
mod redb;
