//! The soak of a server that is asked for more than it can do.

use anyhow::Result;

use crate::setup::{self, Extras};
use crate::{cargo, test};

/// Sends the release build twice its capacity for so many seconds.
pub(super) fn overload(seconds: u32) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let mut load = cargo::cargo(["run", "--quiet", "--release", "--package", "e2e", "--example", "overload"]);
    load.args(["--", &seconds.to_string()]);
    load.env(test::SERVER_VARIABLE, cargo::built_server(&cargo::RELEASE_BUILD, "release")?);
    cargo::finish(&mut load)
}
