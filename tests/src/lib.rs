//! Harness of the end-to-end tests: the real server on a port of its own, its clients and their pictures.

#[cfg(feature = "browser")]
mod browser;
mod client;
mod embeddings;
mod keys;
mod pictures;
mod server;
mod soon;

#[cfg(feature = "browser")]
pub use browser::{Browser, Request, Scene};
pub use client::{Answer, Client, http_client, pictures_form};
pub use embeddings::embedding;
pub use keys::{KEY_FILE, add_key, revoke_key};
pub use pictures::{beside_each_other, close_up, faceless, mirrored, picture, reencoded};
pub use server::{Server, ServerBuilder, server_command};
pub use soon::soon;
