//! ONNX Runtime is kept from reporting to its makers, by a variable that has to be there before the library is loaded.

use std::env;
use std::io::{self, Write};
use std::process::Command;

/// What ONNX Runtime asks when it is loaded; its own call to switch reports off comes after the first of them.
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Replaces this process by the same program with the variable, unless somebody has set it to whatever they want. To be
/// called before anything was done.
// To set a variable of one's own process is unsafe: other threads may read the environment at that moment.
pub(crate) fn ensure() {
    if env::var_os(VARIABLE).is_some() {
        return;
    }
    if let Err(error) = replace_process() {
        // Without standard error there is nobody to tell.
        let _ = writeln!(
            io::stderr(),
            "warning: ONNX Runtime may report to its makers (set {VARIABLE}=1): {error}"
        );
    }
}

/// Returns only when it cannot.
#[cfg(unix)]
fn replace_process() -> io::Result<()> {
    use std::os::unix::process::CommandExt;

    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_default();
    // Without /proc, as in a bare root directory, the name it was called by has to do.
    let program = env::current_exe().unwrap_or_else(|_| name.clone().into());
    Err(Command::new(program).arg0(name).args(arguments).env(VARIABLE, "1").exec())
}

/// Runs the other one to its end, and ends as it did.
#[cfg(not(unix))]
fn replace_process() -> io::Result<()> {
    let mut program = Command::new(env::current_exe()?);
    let status = program.args(env::args_os().skip(1)).env(VARIABLE, "1").status()?;
    std::process::exit(status.code().unwrap_or(1));
}
