//! What commands say on standard output, which may be closed or full.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::Context;

/// Prints a line that was asked for.
pub(crate) fn print(line: impl Display) -> anyhow::Result<()> {
    say(&mut io::stdout(), line).context("standard output cannot be written to")
}

/// Prints a line about what has been done.
pub(crate) fn report(line: impl Display) -> anyhow::Result<()> {
    say(&mut io::stdout(), line)
        .context("it was done, and standard output, which was to say so, cannot be written to")
}

fn say(out: &mut impl Write, line: impl Display) -> io::Result<()> {
    writeln!(out, "{line}")?;
    // Now and not when the process ends, which would tell nobody of a failure.
    out.flush()
}
