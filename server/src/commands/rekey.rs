//! `face-server rekey`: encrypts all embeddings with another key, for the first time, or no more.

use anyhow::bail;
use embedding_store::{EmbeddingStore, EmbeddingStoreExt, EventName, StoreError, UserRecord};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use crate::commands::output::report;
use crate::config::Config;
use crate::startup::open_present_store;

/// Users worked on at once: enough that stores which answer slowly, or sync to disk, are kept busy.
const AT_ONCE: usize = 32;

/// Seals every sample anew that is not sealed with the present key. Safe to interrupt: the store then needs
/// both keys until the command has run to its end, and a server refuses to start.
pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let Some(options) = config.secrets.changing_store_options() else {
        bail!(
            "give the new key as FACE_ENCRYPTION_KEY (`face-server key` makes one) and, where the store is encrypted \
             already, the present one as FACE_FORMER_ENCRYPTION_KEY"
        );
    };
    let resealed = actix_web::rt::System::new().block_on(async {
        let store = open_present_store(config, &options).await?;
        let mut resealed = 0;
        for event in store.all_events().await? {
            resealed += reseal(&*store, &event.name).await?;
        }
        // Last: until then the store's note of its keys names both, and no server starts on it half done.
        store.finish_resealing().await?;
        anyhow::Ok(resealed)
    })?;
    let now = if options.keyring.encrypts() { "encrypted with the present key" } else { "not encrypted" };
    report(format_args!("Done: {resealed} face samples were written anew; all are {now}."))
}

async fn reseal(store: &dyn EmbeddingStore, event: &EventName) -> Result<usize, StoreError> {
    let users = store.all_users(event).await?;
    let bar =
        ProgressBar::new(u64::try_from(users.len()).unwrap_or(u64::MAX)).with_message(event.to_string());
    let resealed = stream::iter(users)
        .map(|user: UserRecord| async move { store.reseal(&user.event, &user.name).await })
        // The first error drops those under way: whatever became of them, the next run seals what is left.
        .buffer_unordered(AT_ONCE)
        .inspect(|_| bar.inc(1))
        .try_fold(0, |sum, count| async move { Ok(sum + count) })
        .await;
    bar.finish_and_clear();
    resealed
}
