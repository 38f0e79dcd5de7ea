//! Takes the server along when the process that started it dies, however it dies.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::ServerError;
use crate::error::Outcome;

/// Waits for the end of its input, which comes with the end of the process that holds the other end; then
/// ends the server and removes its folder.
const SCRIPT: &str = r#"
trap "" INT TERM HUP
read -r _
if [ -f "$1/data/postmaster.pid" ]; then
    server=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$server" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
fi
rm -rf "$1"
"#;

/// A shell that outlives this process by a moment.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    pub(crate) fn start(folder: &Path) -> Outcome<Self> {
        use std::os::unix::process::CommandExt;

        let mut shell = Command::new("sh");
        // In a group of its own, since a test runner kills the whole group of a test.
        shell.args(["-c", SCRIPT, "postgres-guard"]).arg(folder).process_group(0);
        // The other end is close-on-exec: this process alone holds it, and it closes however the process
        // dies.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(Self).map_err(ServerError::at(Path::new("sh")))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself; an error leaves nothing to do.
        let _ = self.0.wait();
    }
}
