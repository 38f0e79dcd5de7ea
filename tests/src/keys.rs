//! Keys, made as an operator makes them.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::server_command;

/// The key file of servers that have one, in their folder.
pub const KEY_FILE: &str = "keys.toml";

/// Makes a key with `face-server keys add`: for these events, or for every one.
///
/// # Errors
/// When it was not made.
pub fn add_key(folder: &Path, name: &str, role: &str, events: &[&str]) -> Result<String> {
    let mut command = server_command(folder)?;
    command.args(["keys", "add", name, "--role", role, "--keys", KEY_FILE]);
    command.args(events.iter().flat_map(|event| ["--event", event]));
    let made = command.output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(String::from_utf8(made.stdout)?.trim_end().to_owned())
}

/// Ends a key with `face-server keys revoke`.
///
/// # Errors
/// When it was not ended.
pub fn revoke_key(folder: &Path, name: &str) -> Result<()> {
    let ended = server_command(folder)?.args(["keys", "revoke", name, "--keys", KEY_FILE]).output()?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}
