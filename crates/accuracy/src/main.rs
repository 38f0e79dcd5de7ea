//! `accuracy`: measures error rates from the command line. `cargo xtask accuracy` sets up and runs it.

use std::io::Write;
use std::process::ExitCode;

use accuracy::{Arguments, run};
use clap::Parser;

fn main() -> ExitCode {
    match run(&Arguments::parse(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut line = format!("error: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                line.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            // With standard error closed there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{line}");
            ExitCode::FAILURE
        }
    }
}
