//! The soak of what keys below admin are told: pictures of a thousand strangers at two servers.

use std::path::Path;

use anyhow::{Context, Result};

use crate::setup::{self, Extras};
use crate::{cargo, test};

/// Shows two servers the pictures of a folder.
pub(super) fn strangers(folder: &Path) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let folder = folder.canonicalize().with_context(|| format!("cannot read {}", folder.display()))?;
    let mut asking =
        cargo::cargo(["run", "--quiet", "--release", "--package", "e2e", "--example", "strangers", "--"]);
    asking.arg(folder).env(test::SERVER_VARIABLE, cargo::built_server(&cargo::RELEASE_BUILD, "release")?);
    cargo::finish(&mut asking)
}
