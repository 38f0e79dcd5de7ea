//! `face-server backup` and `face-server compact`: care for the file of a `redb:` store.

use std::fs;
use std::path::Path;

use anyhow::Context;
use embedding_store::RedbStore;

use crate::commands::output::report;
use crate::config::Config;
use crate::startup::cannot_be_used;

/// Copies the whole store to a new file, which opens with the same key.
pub(crate) fn backup(config: &Config, target: &Path) -> anyhow::Result<()> {
    let path = store_file(config)?;
    actix_web::rt::System::new().block_on(async {
        // Fails while a server holds the file, which is locked by whoever has it open.
        let opened = RedbStore::open_to_read(path, config.secrets.keyring()).await;
        let store = opened.with_context(|| cannot_be_used(config))?;
        let cannot = || format!("'{}' cannot be copied to '{}'", path.display(), target.display());
        store.backup(target).await.with_context(cannot)
    })?;
    let length = fs::metadata(target).map_or(0, |metadata| metadata.len());
    report(format_args!("Copied '{}' to '{}': {length} bytes.", path.display(), target.display()))
}

/// Gives the room of what was deleted back to the file system.
pub(crate) fn compact(config: &Config) -> anyhow::Result<()> {
    let path = store_file(config)?;
    let length = || fs::metadata(path).map_or(0, |metadata| metadata.len());
    let before = length();
    actix_web::rt::System::new().block_on(async {
        let opened = RedbStore::open_present(path, config.secrets.keyring()).await;
        let store = opened.with_context(|| cannot_be_used(config))?;
        store.compact().await.with_context(|| format!("'{}' cannot be made smaller", path.display()))
    })?;
    report(format_args!("'{}': {before} bytes before, {} now.", path.display(), length()))
}

fn store_file(config: &Config) -> anyhow::Result<&Path> {
    let file = config.store.file();
    file.with_context(|| format!("the store '{}' is in no file: this is for redb: stores", config.store))
}
