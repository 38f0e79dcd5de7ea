//! `face-server serve`: opens store and models, and serves until told to stop.

use crate::config::Config;
use crate::{startup, telemetry};

pub(crate) fn serve(config: &Config) -> anyhow::Result<()> {
    let _written_at_the_end = telemetry::start(config)?;
    let served = actix_web::rt::System::new().block_on(startup::serve(config));
    if let Err(error) = &served {
        tracing::error!("stopped: {error:#}");
    }
    served
}
