//! The integration tests of the crate, in one binary, so that its dependencies are linked once.

mod archive;
mod cloudinary;
mod conformance;
mod legacy;
mod moving;
mod postgres;
mod records;
mod redb;
