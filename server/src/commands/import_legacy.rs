//! `face-server import-legacy`: takes over the gallery of the service that this one replaces.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use embedding::ModelId;
use embedding_store::CloudinaryOptions;
use embedding_store::cloudinary::CloudinaryClient;
use embedding_store::legacy::{LegacyDocument, Summary};
use indicatif::ProgressBar;
use time::OffsetDateTime;

use crate::commands::new_store::open_or_make;
use crate::commands::output::report;
use crate::config::{Config, DLIB};

/// Where the document is: in a file that was downloaded, else in the Cloudinary account that the environment names.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Its document, such as embeddings.json.
    #[arg(required_unless_present = "account", conflicts_with = "account")]
    pub(super) file: Option<PathBuf>,
    /// Read it from the Cloudinary account that CLOUDINARY_... name.
    #[arg(long)]
    pub(super) account: bool,
    /// Then take it from the public; stop the replaced service first.
    // That it requires the other one is not enough: a file, which excludes that, would do away with it.
    #[arg(long, requires = "account", conflicts_with = "file")]
    pub(super) retire: bool,
}

/// Adds the document's embeddings to the store, and says what could not be taken.
pub(crate) fn import(config: &Config, source: &Source) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let (bytes, created) = match &source.file {
            Some(path) => {
                let unreadable = || format!("cannot read '{}'", path.display());
                let bytes = fs::read(path).with_context(unreadable)?;
                // Of the file, not the present: ids are made of it, so two imports of one file at once add
                // nothing twice.
                let created = fs::metadata(path).and_then(|m| m.modified()).with_context(unreadable)?;
                (bytes, OffsetDateTime::from(created))
            }
            None => {
                let document = account(config)?.legacy_document().await?;
                let document = document.context("the account has no document of the old service")?;
                (document, OffsetDateTime::now_utc())
            }
        };
        let named = || match &source.file {
            Some(path) => format!("'{}'", path.display()),
            None => "the account's document".to_owned(),
        };
        let document = LegacyDocument::parse(&bytes, ModelId::new(DLIB)?).with_context(named)?;
        // Such as the file of something else: whoever retires the old service by the exit code must not be told that
        // all is well. An empty event is something.
        let total = document.total();
        if total.samples == 0 && (total.events == 0 || !document.rejected.is_empty()) {
            say(&document, total)?;
            bail!("nothing was taken over from {}: it has no embedding that can be used", named());
        }
        let store = open_or_make(config, || Ok(())).await?;
        let bar = ProgressBar::new(u64::try_from(document.total().users).unwrap_or(u64::MAX));
        let taken = document
            .import(&*store, created, |done| bar.set_position(u64::try_from(done.users).unwrap_or(u64::MAX)))
            .await;
        bar.finish_and_clear();
        let taken = taken.with_context(|| format!("the store '{}' does not take it", config.store))?;
        say(&document, taken)?;
        // Last: a document that was retired is not found by another attempt, should the import have failed.
        if source.retire {
            retire(config, &document).await?;
        }
        Ok(())
    })
}

fn say(document: &LegacyDocument, taken: Summary) -> anyhow::Result<()> {
    for merged in &document.merged {
        report(format_args!("taken together: {merged}"))?;
    }
    for rejected in document.rejected_users() {
        report(format_args!("NOT taken: {rejected}"))?;
    }
    let Summary { events, users, samples, already_there, .. } = taken;
    report(format_args!(
        "Taken over: {events} events, {users} users, {samples} embeddings ({already_there} were there already); \
         {} could not be taken.",
        document.rejected.len()
    ))
}

/// The public document becomes one that nobody reads without a signature.
async fn retire(config: &Config, document: &LegacyDocument) -> anyhow::Result<()> {
    if !document.rejected.is_empty() {
        bail!("not everything could be taken, so the public document was left as it is");
    }
    account(config)?.retire_legacy_document().await?;
    report(
        "The document in the account is not public any more. What was in it counts as disclosed: it was readable \
         by anyone.",
    )
}

fn account(config: &Config) -> anyhow::Result<CloudinaryClient> {
    let mut options = CloudinaryOptions::default();
    options.access = config.secrets.cloudinary().clone();
    Ok(CloudinaryClient::for_account(&options)?)
}
