//! `face-server config`: prints the settings that hold, and where each came from.

use crate::commands::output::print as print_line;
use crate::config::Config;

/// As a TOML file that can be given to `--config`; secrets are masked.
pub(crate) fn print(config: &Config) -> anyhow::Result<()> {
    // A JSON string is a TOML string too.
    for (key, value, origin) in &config.effective {
        // A secret is no key of a file: shown as a comment.
        let comment = if key.starts_with(|c: char| c.is_ascii_uppercase()) { "# " } else { "" };
        let line = format!("{comment}{key} = {}", serde_json::Value::from(value.as_str()));
        print_line(format_args!("{line:<44} # {origin}"))?;
    }
    Ok(())
}
