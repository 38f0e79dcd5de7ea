//! `face-server doctor`: tries everything the server needs, and says what is wrong.

use std::fs::File;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use embedding_store::{EmbeddingStoreExt, EventRecord};
use events::MatchRule;
use face_core::FaceEngine;

use crate::auth::KeyFile;
use crate::commands::output::print;
use crate::commands::running_server;
use crate::config::Config;
use crate::error::with_causes;
use crate::models;
use crate::reload::Reloadable;
use crate::routes::redoc_bundle;
use crate::startup::{is_absent, open_store_to_read};
use crate::tls::CertificateFiles;

/// 2026-01-01: a clock before this program was written is wrong, and so are the times it would record.
const EARLIEST: u64 = 1_767_225_600;

pub(crate) fn examine(config: &Config) -> anyhow::Result<()> {
    let findings = [
        ("models and runtime", models(config)),
        ("documentation", documentation(config)),
        ("store", store(config).or_else(|error| running_server::ask(config, error))),
        ("journal", running_server::journal(config)),
        ("keys", keys(config.keys.as_ref())),
        ("certificate", certificate(config.tls().as_ref())),
        ("log folder", log_folder(config.log_dir.as_deref())),
        ("clock", clock()),
    ];
    let mut wrong = 0;
    for (what, finding) in findings {
        match finding {
            Ok(detail) => print(format_args!("ok     {what}: {detail}"))?,
            Err(error) => {
                wrong += 1;
                print(format_args!("WRONG  {what}: {}", with_causes(error.as_ref())))?;
            }
        }
    }
    ensure!(wrong == 0, "{wrong} of these would keep the server from its work");
    Ok(())
}

fn models(config: &Config) -> anyhow::Result<String> {
    let folder = config.models.display();
    let engine = FaceEngine::open(&config.models, config.engine_options())
        .with_context(|| format!("in '{folder}' (in a checkout, `cargo xtask setup` makes it)"))?;
    let (first, others) = models::served(config, &engine)?;
    let mut descriptions = Vec::new();
    for served in std::iter::once(&first).chain(&others) {
        // A server loads the others when an event needs them: a broken one would be found only then.
        engine.embedder(&served.model)?;
        let rates = match (&served.calibration, served.policy.rule) {
            (Some(_), _) => "measured",
            (None, MatchRule::TargetFalseMatchRate(_)) => bail!(
                "--target-fmr needs error rates, which were not measured with these settings: give --threshold"
            ),
            (None, _) => "not measured with these settings",
        };
        descriptions.push(format!("{} ({}, error rates {rates})", served.model, rule(served.policy.rule)));
    }
    Ok(format!("'{folder}', new events of {}", descriptions.join("; served too: ")))
}

fn rule(rule: MatchRule) -> String {
    match rule {
        MatchRule::Threshold(threshold) => format!("fixed threshold {threshold}"),
        MatchRule::TargetFalseMatchRate(target) => {
            format!("{} % of strangers named at most", target.value() * 100.0)
        }
        _ => "a rule of a later version".to_owned(),
    }
}

fn documentation(config: &Config) -> anyhow::Result<String> {
    let bundle = redoc_bundle(&config.models);
    let path = bundle.path();
    ensure!(path.is_file(), "'{}' is missing: /redoc will only say so", path.display());
    Ok("Swagger UI and ReDoc".to_owned())
}

fn store(config: &Config) -> anyhow::Result<String> {
    let opened = actix_web::rt::System::new().block_on(async {
        let store = open_store_to_read(config).await?;
        let mut events = Vec::new();
        for event in store.all_events().await? {
            let users = store.all_users(&event.name).await?.len();
            events.push((event, users));
        }
        let unreadable = store.unreadable_records();
        ensure!(unreadable == 0, "{unreadable} users or events cannot be read: the server's log names them");
        anyhow::Ok(events)
    });
    let events = match opened {
        Err(error) if is_absent(&error) => {
            config.store.file().map_or(Ok(()), can_be_made)?;
            return Ok(format!("{}, which is not there yet: the server makes it", config.store));
        }
        opened => opened?,
    };
    let encryption = if config.secrets.keyring().encrypts() { "encrypted" } else { "not encrypted" };
    // Reading it takes less than serving it.
    config.store.file().map_or(Ok(()), can_be_changed)?;
    // Models that are missing are a finding of their own.
    let lax = lax_thresholds(config, &events).unwrap_or_default();
    Ok(format!("{}, {} events, embeddings {encryption}{lax}", config.store, events.len()))
}

/// Events that are too large for their fixed thresholds, in words; empty when there are none.
fn lax_thresholds(config: &Config, events: &[(EventRecord, usize)]) -> anyhow::Result<String> {
    let engine = FaceEngine::open(&config.models, config.engine_options())?;
    let (first, others) = models::served(config, &engine)?;
    let mut lax = String::new();
    for (event, users) in events {
        let Some(served) = std::iter::once(&first).chain(&others).find(|one| one.model == event.model) else {
            lax.push_str(&format!("; event '{}' is of model {}, which is not here", event.name, event.model));
            continue;
        };
        let limit = served.limit(event.match_rule, *users)?;
        if let Some(rate) = limit.expected_false_match_rate.filter(|_| limit.names_many_strangers()) {
            lax.push_str(&format!(
                "; event '{}' has {users} users and a fixed threshold of {}, by which {:.0} % of strangers are named: give it \
                 a target",
                event.name,
                limit.threshold,
                rate * 100.0
            ));
        }
    }
    Ok(lax)
}

fn keys(file: Option<&KeyFile>) -> anyhow::Result<String> {
    let Some(file) = file else { return Ok("none: whoever reaches the server may use it".to_owned()) };
    Ok(format!("{} hold", file.some()?.len()))
}

fn certificate(files: Option<&CertificateFiles>) -> anyhow::Result<String> {
    let Some(files) = files else { return Ok("none: no TLS".to_owned()) };
    files.now()?;
    Ok(format!("'{}'", files.chain.display()))
}

fn log_folder(folder: Option<&Path>) -> anyhow::Result<String> {
    let Some(folder) = folder else { return Ok("none".to_owned()) };
    if folder.exists() {
        can_be_written(folder)?;
        return Ok(format!("'{}'", folder.display()));
    }
    can_be_made(folder)?;
    Ok(format!("'{}', which is not there yet: the server makes it", folder.display()))
}

/// Whether a file or folder could be made where none is, found out without making it.
fn can_be_made(path: &Path) -> anyhow::Result<()> {
    let whole = std::path::absolute(path)?;
    let there = whole.ancestors().skip(1).find(|folder| folder.exists());
    can_be_written(there.with_context(|| format!("'{}' has no folder", path.display()))?)
}

/// Whether files could be made in a folder.
fn can_be_written(folder: &Path) -> anyhow::Result<()> {
    ensure!(folder.is_dir(), "'{}' is no folder", folder.display());
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        access(folder, Access::WRITE_OK | Access::EXEC_OK)
            .with_context(|| format!("'{}' cannot be written to", folder.display()))?;
    }
    Ok(())
}

/// Whether a file that is there could be written to.
fn can_be_changed(file: &Path) -> anyhow::Result<()> {
    let writable = File::options().write(true).open(file);
    writable.map(drop).with_context(|| format!("'{}' cannot be written to", file.display()))
}

fn clock() -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("it is before 1970")?;
    if now.as_secs() < EARLIEST {
        bail!("it says a time before 2026, so the times of enrolments would be wrong");
    }
    Ok("plausible".to_owned())
}
