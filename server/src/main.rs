//! The program `face-server`.

use std::process::ExitCode;

fn main() -> ExitCode {
    face_server::cli::run()
}
