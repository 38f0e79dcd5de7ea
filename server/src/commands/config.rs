//! `face-server config`: prints the settings that hold, and where each was said.

use std::io::{self, Write};

use crate::config::Config;

/// As a TOML file that can be given to `--config`; secrets are masked.
pub(crate) fn print(config: &Config) -> anyhow::Result<()> {
    // A JSON string is a TOML string too.
    let mut out = io::stdout().lock();
    for (name, value, origin) in config.effective() {
        // A secret is no key of a file: shown as a comment.
        let comment = if name.starts_with(|c: char| c.is_ascii_uppercase()) { "# " } else { "" };
        let line = format!("{comment}{} = {}", name.replace('-', "_"), serde_json::Value::from(value));
        writeln!(out, "{line:<44} # {origin}")?;
    }
    Ok(())
}
