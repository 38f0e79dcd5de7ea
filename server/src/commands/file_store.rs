//! `face-server backup` and `face-server compact`: care for the file of a `redb:` store.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use embedding_store::RedbStore;

use crate::config::Config;

/// Copies the whole store to a new file, which opens with the same key.
pub(crate) fn backup(config: &Config, target: &Path) -> anyhow::Result<()> {
    let path = store_file(config)?;
    let copied = actix_web::rt::System::new()
        .block_on(async { Ok::<_, anyhow::Error>(open(config, path).await?.backup(target).await?) });
    copied.with_context(|| format!("'{}' cannot be copied to '{}'", path.display(), target.display()))?;
    let length = fs::metadata(target).map_or(0, |metadata| metadata.len());
    writeln!(io::stdout(), "Copied '{}' to '{}': {length} bytes.", path.display(), target.display())?;
    Ok(())
}

/// Gives the room of what was deleted back to the file system.
pub(crate) fn compact(config: &Config) -> anyhow::Result<()> {
    let path = store_file(config)?;
    let length = || fs::metadata(path).map_or(0, |metadata| metadata.len());
    let before = length();
    actix_web::rt::System::new()
        .block_on(async { Ok::<_, anyhow::Error>(open(config, path).await?.compact().await?) })?;
    writeln!(io::stdout(), "'{}': {before} bytes before, {} now.", path.display(), length())?;
    Ok(())
}

async fn open(config: &Config, path: &Path) -> anyhow::Result<RedbStore> {
    // Fails while a server holds the file, which is locked by whoever has it open.
    let opened = RedbStore::open_with(path, config.secrets.keyring()).await;
    opened.with_context(|| format!("the store '{}' cannot be used", config.store))
}

fn store_file(config: &Config) -> anyhow::Result<&Path> {
    // Opening makes a file that is not there: a mistyped path would be backed up as an empty store.
    let file = config.store.file().filter(|path| path.is_file());
    file.with_context(|| format!("'{}' is no file: this is for a redb: store that is there", config.store))
}
