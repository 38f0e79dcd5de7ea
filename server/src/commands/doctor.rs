//! `face-server doctor`: tries everything the server needs, and says what is wrong.

use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use embedding_store::EmbeddingStoreExt;
use events::MatchRule;
use face_core::FaceEngine;

use crate::access::KeyFile;
use crate::config::Config;
use crate::follow::Followed;
use crate::routes::redoc_bundle;
use crate::startup::calibration_of;
use crate::tls::CertificateFiles;

/// 2026-01-01: a clock before this program was written is wrong, and so are the times it would record.
const EARLIEST: u64 = 1_767_225_600;

pub(crate) fn examine(config: &Config) -> anyhow::Result<()> {
    let findings = [
        ("models and runtime", models(config)),
        ("documentation", documentation(config)),
        ("store", store(config)),
        ("keys", keys(config.keys.as_ref())),
        ("certificate", certificate(config.tls.as_ref())),
        ("log folder", log_folder(config.log_dir.as_deref())),
        ("clock", clock()),
    ];
    let mut out = io::stdout().lock();
    let mut wrong = 0;
    for (what, finding) in findings {
        match finding {
            Ok(detail) => writeln!(out, "ok     {what}: {detail}")?,
            Err(error) => {
                wrong += 1;
                writeln!(out, "WRONG  {what}: {error:#}")?;
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
    let rates = match (calibration_of(config, engine.model())?, config.policy.rule) {
        (Some(_), _) => "measured",
        (None, MatchRule::TargetFalseMatchRate(_)) => bail!(
            "--target-fmr needs error rates, which were not measured with these settings: give --threshold"
        ),
        (None, _) => "not measured with these settings",
    };
    Ok(format!("'{folder}', embeddings of {}, error rates {rates}", engine.model()))
}

fn documentation(config: &Config) -> anyhow::Result<String> {
    let bundle = redoc_bundle(&config.models);
    ensure!(bundle.is_file(), "'{}' is missing: /redoc will only say so", bundle.display());
    Ok("Swagger UI and ReDoc".to_owned())
}

fn store(config: &Config) -> anyhow::Result<String> {
    let events = actix_web::rt::System::new().block_on(async {
        let store = config.store.open_with(&config.secrets.store_options()).await?;
        store.all_events().await
    })?;
    let encryption = if config.secrets.keyring().encrypts() { "encrypted" } else { "not encrypted" };
    Ok(format!("{}, {} events, embeddings {encryption}", config.store, events.len()))
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
    std::fs::create_dir_all(folder).with_context(|| format!("'{}' cannot be made", folder.display()))?;
    tempfile_in(folder).with_context(|| format!("'{}' cannot be written to", folder.display()))?;
    Ok(format!("'{}'", folder.display()))
}

/// Makes and removes a file.
fn tempfile_in(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}

fn clock() -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("it is before 1970")?;
    if now.as_secs() < EARLIEST {
        bail!("it says a time before 2026, so the times of enrolments would be wrong");
    }
    Ok("plausible".to_owned())
}
