//! The soak of a server under load: a test of the everyday run, with more of everything and with answers timed.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::setup::{self, Extras};
use crate::{cargo, test, workspace};

/// Tells the test how many clients read nothing.
const CLIENTS_VARIABLE: &str = "LOAD_CLIENTS";

/// Files that are not connections of clients.
const OTHER_FILES: u32 = 512;

/// Lets `clients` clients read nothing while forms and lists are asked for that are as dear as can be.
pub(super) fn load(clients: u32) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let server = cargo::built_server(&cargo::RELEASE_BUILD, "release")?;
    // Each connection is a file, and most systems allow a process 1,024 unless it asks for more.
    let files = clients.saturating_add(OTHER_FILES);
    let tests = cargo::cargo(["test", "--package", "e2e", "--test", "e2e", "--"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -n {files} && exec \"$@\""), "sh"]);
    shell.arg(tests.get_program()).args(tests.get_args()).current_dir(workspace::root());
    shell.args(["clients_that_read_nothing", "--nocapture"]);
    shell.env(test::SERVER_VARIABLE, server).env(CLIENTS_VARIABLE, clients.to_string());
    let passed = shell.status()?.success();
    ensure!(
        passed,
        "the server did not keep its bound, or kept others waiting (or the limit of open files, `ulimit -Hn`, is below {files})"
    );
    workspace::say(&format!(
        "{clients} clients that read nothing, forms and lists: within the bound, and others were served"
    ));
    Ok(())
}
