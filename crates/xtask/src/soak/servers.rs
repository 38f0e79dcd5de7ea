//! The soak of several servers on one database: mixed requests while one is killed each minute, and what overlaps.

use std::ffi::OsString;

use anyhow::Result;

use crate::databases::{Databases, OLDER_URL};
use crate::setup::{self, Extras};
use crate::suites::POSTGRESQL_15;
use crate::{cargo, test, workspace};

/// Tells the tests of overlapping requests how often to try each case.
const ROUNDS_VARIABLE: &str = "OVERLAP_ROUNDS";
const ROUNDS: &str = "100";

/// The tests of overlapping requests: package, target, and what their names have in common.
const ON_ANY_DATABASE: Case = ("events", "shared_postgres", "");
const ON_18: Case = ("embedding-store", "main", "three_that_start_at_once_make_one_index");
const ON_CLOUDINARY: [Case; 2] =
    [("events", "shared_cloudinary", ""), ("embedding-store", "main", "cloudinary::overlapping")];

type Case = (&'static str, &'static str, &'static str);

/// Tries each overlapping case 100 times, then sends three servers mixed requests for so many seconds, of which one is
/// killed every `period` seconds.
pub(super) fn servers(seconds: u32, period: u32) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let older = POSTGRESQL_15.locate();
    let databases = Databases::start(older.as_deref().unwrap_or_default())?;
    for case in ON_CLOUDINARY.into_iter().chain([ON_ANY_DATABASE, ON_18]) {
        overlap(&databases, case, None)?;
    }
    match databases.environment.iter().find(|(name, _)| *name == OLDER_URL) {
        // Without pgvector it has no index to make.
        Some((_, url)) => overlap(&databases, ON_ANY_DATABASE, Some(url))?,
        None => {
            workspace::say("PostgreSQL 15 is not installed: the overlapping cases were tried on 18 alone")
        }
    }
    let mut load =
        cargo::cargo(["run", "--quiet", "--release", "--package", "e2e", "--example", "servers", "--"]);
    load.args([seconds.to_string(), period.to_string()]);
    load.envs(databases.environment.iter().cloned());
    load.env(test::SERVER_VARIABLE, cargo::built_server(&cargo::RELEASE_BUILD, "release")?);
    cargo::finish(&mut load)
}

/// Runs tests, on the database server at `url` where that is another than usual.
fn overlap(databases: &Databases, (package, target, names): Case, url: Option<&OsString>) -> Result<()> {
    let mut tests = cargo::cargo(["test", "--package", package, "--test", target]);
    if package == "embedding-store" {
        tests.arg("--all-features");
    }
    tests.args(["--", names]).envs(databases.environment.iter().cloned()).env(ROUNDS_VARIABLE, ROUNDS);
    tests.envs(url.map(|url| (postgres_server::URL_VARIABLE, url)));
    cargo::finish(&mut tests)
}
