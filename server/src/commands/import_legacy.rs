//! `face-server import-legacy`: takes over the gallery of the service that this one replaces.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Args;
use embedding::ModelId;
use embedding_store::CloudinaryOptions;
use embedding_store::cloudinary::CloudinaryClient;
use embedding_store::legacy::{LegacyDocument, Summary};
use indicatif::ProgressBar;
use time::OffsetDateTime;

use crate::config::{Config, DLIB};
use crate::startup::open_store;

/// Where the document is: in a file that was downloaded, else in the Cloudinary account that the environment names.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Its document, such as embeddings.json.
    #[arg(required_unless_present = "account", conflicts_with = "account")]
    file: Option<PathBuf>,
    /// Read it from the Cloudinary account that CLOUDINARY_... name.
    #[arg(long)]
    account: bool,
    /// Then take it from the public; stop the replaced service first.
    #[arg(long, requires = "account")]
    retire: bool,
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
        let store = open_store(config).await?;
        let bar = ProgressBar::new(u64::try_from(document.total().users).unwrap_or(u64::MAX));
        let taken = document
            .import(&*store, created, |done| bar.set_position(u64::try_from(done.users).unwrap_or(u64::MAX)))
            .await;
        bar.finish_and_clear();
        let taken = taken.with_context(|| format!("the store '{}' does not take it", config.store))?;
        report(&document, taken)?;
        // Such as the file of something else: whoever retires the old service by the exit code must not be told that
        // all is well. An empty event is something.
        let is_nothing = taken.samples == 0 && (taken.events == 0 || !document.rejected.is_empty());
        ensure!(!is_nothing, "nothing was taken over");
        // Last: a document that was retired is not found by another attempt, should the import have failed.
        if source.retire {
            retire(config, &document).await?;
        }
        Ok(())
    })
}

fn report(document: &LegacyDocument, taken: Summary) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for merged in &document.merged {
        writeln!(out, "taken together: {merged}")?;
    }
    for rejected in document.rejected_users() {
        writeln!(out, "NOT taken: {rejected}")?;
    }
    let Summary { events, users, samples, already_there, .. } = taken;
    writeln!(
        out,
        "Taken over: {events} events, {users} users, {samples} embeddings ({already_there} were there already); \
         {} could not be taken.",
        document.rejected.len()
    )
}

/// The public document becomes one that nobody reads without a signature.
async fn retire(config: &Config, document: &LegacyDocument) -> anyhow::Result<()> {
    if !document.rejected.is_empty() {
        bail!("not everything could be taken, so the public document was left as it is");
    }
    account(config)?.retire_legacy_document().await?;
    writeln!(
        io::stdout(),
        "The document in the account is not public any more. What was in it counts as disclosed: it was readable \
         by anyone."
    )?;
    Ok(())
}

fn account(config: &Config) -> anyhow::Result<CloudinaryClient> {
    let mut options = CloudinaryOptions::default();
    options.access = config.secrets.cloudinary().clone();
    Ok(CloudinaryClient::for_account(&options)?)
}
