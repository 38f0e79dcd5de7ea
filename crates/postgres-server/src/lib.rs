//! A real PostgreSQL for tests: started on a free port in a temporary folder, stopped, killed, dropped.
//!
//! Tests that only need a database make a [`Database`] on the server that `cargo xtask test` has started.
//! Those that stop or kill one start a [`PostgresServer`] of their own.

mod database;
mod dump;
mod error;
mod guard;
mod installation;
mod process;
mod server;

pub use database::{BIN_VARIABLE, Database, URL_VARIABLE};
pub use error::ServerError;
pub use installation::Installation;
pub use server::{Frozen, PostgresServer};
