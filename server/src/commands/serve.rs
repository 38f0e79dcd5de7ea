//! `face-server serve`: opens store and models, and serves until told to stop.

use crate::config::Config;
use crate::error::with_causes;
use crate::hangup::Reread;
use crate::{startup, telemetry};

/// `reread` reads the settings again, for when it is told to reload.
pub(crate) fn serve(config: &Config, reread: Reread) -> anyhow::Result<()> {
    // Held to the end of this function, so that the log has the error below too.
    let _log_flush = telemetry::start(config)?;
    if !config.ignored.is_empty() {
        tracing::warn!(
            "not taken for settings, as an orchestrator makes them: {}",
            config.ignored.join(", ")
        );
    }
    let served = actix_web::rt::System::new().block_on(startup::serve(config, reread));
    // Into the log too: `cli` writes to standard error alone, which a service manager may not keep.
    if let Err(error) = &served {
        tracing::error!("stopped: {}", with_causes(error.as_ref()));
    }
    served
}
