//! What the parts of the program are opened with under a configuration.

use std::net::SocketAddr;

use embedding::Distance;
use events::{CheckInOptions, ServiceOptions};
use face_core::{EngineOptions, PictureLimits};

use super::matching::AskedRule;
use super::settings::Config;
use crate::background::RetentionOptions;
use crate::connection::ConnectionLimits;
use crate::quality::QualityGate;
use crate::snapshots::Snapshots;
use crate::tls::CertificateFiles;

impl Config {
    /// Address and port to serve on; a loopback address where there are no keys.
    #[must_use]
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// What connections are bounded by.
    #[must_use]
    pub(crate) fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits { connections: self.connections, write_timeout: self.write_timeout }
    }

    /// The certificate to serve TLS with; `None` for none.
    #[must_use]
    pub(crate) fn tls(&self) -> Option<CertificateFiles> {
        Some(CertificateFiles { chain: self.tls_cert.clone()?, key: self.tls_key.clone()? })
    }

    /// How near is near enough.
    #[must_use]
    pub(crate) fn rule(&self) -> AskedRule {
        self.fixed_threshold().map(AskedRule::Threshold).or(self.target_fmr).unwrap_or(AskedRule::Usual)
    }

    /// The threshold that was asked for. An empty text asks for none, and takes back that of a weaker source.
    pub(super) fn fixed_threshold(&self) -> Option<Distance> {
        self.threshold.flatten()
    }

    /// How check-ins are kept.
    #[must_use]
    pub(crate) fn check_in_options(&self) -> CheckInOptions {
        let mut options = CheckInOptions::default();
        options.cool_down = self.cool_down;
        options
    }

    /// What is erased at its time, and by which clock.
    #[must_use]
    pub(crate) fn retention_options(&self) -> RetentionOptions {
        RetentionOptions { audit_age: self.audit_days, guard: self.retention }
    }

    /// Where snapshots are kept; `None` for nowhere.
    #[must_use]
    pub(crate) fn snapshots(&self) -> Option<Snapshots> {
        Some(Snapshots::new(self.snapshots.clone()?, self.snapshots_kept))
    }

    /// How galleries follow the store; the other models are known once the models are open.
    #[must_use]
    pub(crate) fn service_options(&self) -> ServiceOptions {
        ServiceOptions {
            max_staleness: self.max_staleness,
            gallery_limit: self.gallery_limit,
            retain: self.retain_days,
            ..ServiceOptions::default()
        }
    }

    /// How the face engine is to work under this configuration.
    #[must_use]
    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions::default()
            .with_limits(PictureLimits::default().with_max_bytes(self.max_upload))
            .with_detector(self.detector)
            .with_crops(self.crops)
            // A session runs one picture at a time: with fewer than threads, these would wait for a free one.
            .with_sessions(self.workers.get())
            .with_embedder(self.model.clone())
            // For faces of another model it costs one more run, of SFace, which only the gate has a use for.
            .with_recognisability(self.quality != QualityGate::Off)
    }
}
