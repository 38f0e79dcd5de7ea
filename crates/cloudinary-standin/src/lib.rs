//! A stateful Cloudinary on loopback, for tests.
//!
//! It keeps raw files, checks signatures, counts against the Admin API's hourly limit, and fails, delays and
//! cuts connections on demand. README.md says which of it is documented by Cloudinary and which is assumed.
//!
//! ```
//! use cloudinary_standin::{Options, StandIn};
//!
//! let cloudinary = StandIn::start(Options::default())?;
//! assert!(cloudinary.cloudinary_url().contains("@testcloud?upload_prefix=http://127.0.0.1:"));
//! assert!(cloudinary.assets().is_empty());
//! # Ok::<_, std::io::Error>(())
//! ```

/// The examples of README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod admin_api;
mod answer;
mod asset;
mod authentication;
mod behaviour;
mod call;
mod clock;
mod delivery;
mod endpoint;
mod fault;
mod listing;
mod parameters;
mod public_id;
mod quota;
mod server;
mod signing;
mod stand_in;
mod upload_api;

pub use crate::asset::{Asset, Delivery};
pub use crate::behaviour::{Behaviour, Options};
pub use crate::endpoint::{Endpoint, LoggedCall};
pub use crate::fault::{Fault, Faults, Rule};
pub use crate::signing::Algorithm;
pub use crate::stand_in::{Labels, StandIn};

/// The account's cloud.
pub const CLOUD: &str = "testcloud";
/// The account's key, which opens nothing else.
pub const API_KEY: &str = "112233445566778";
/// The account's secret, which opens nothing else.
pub const API_SECRET: &str = "s3cr3t-abcd";
