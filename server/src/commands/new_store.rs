//! A store to add to: where none is, one is made, once there is something to put into it, and that is said.

use std::io::{self, Write};
use std::sync::Arc;

use embedding_store::EmbeddingStore;

use crate::config::Config;
use crate::startup::{is_absent, open_present_store, open_store};

/// Opens the store that is there, else makes one. What `check` refuses leaves nothing behind.
pub(crate) async fn open_or_make(
    config: &Config,
    check: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Arc<dyn EmbeddingStore>> {
    match open_present_store(config, &config.secrets.store_options()).await {
        Err(error) if is_absent(&error) => {}
        present => return present,
    }
    check()?;
    let store = open_store(config).await?;
    // On standard error, as the name may be mistyped; whether anybody reads it changes nothing.
    let _ = writeln!(io::stderr(), "note: there was no store '{}': it has been made", config.store);
    Ok(store)
}
