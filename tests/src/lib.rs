//! Harness of the end-to-end tests: the real server on a port of its own, its clients and their pictures.

mod client;
mod pictures;
mod server;

pub use client::{Answer, Client};
pub use pictures::{beside_each_other, faceless, mirrored, picture, reencoded};
pub use server::{Server, ServerBuilder, server_command};
