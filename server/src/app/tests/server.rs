//! An application over an empty store in memory, and a recogniser that is told what it sees.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::events::{
    Actor, AuditOptions, AuditTrail, CheckInOptions, CheckInService, CheckIns, EventName, EventService,
    FalseMatchRate, MatchPolicy, MatchRule, ServedModel, ServiceOptions,
};
use embedding::{DistanceScale, ModelId};
use embedding_store::{EmbeddingStore, EncryptionKey, InMemory};
use face_core::FacePolicy;
use tokio::sync::Semaphore;

use super::client::Client;
use super::recogniser::TestRecogniser;
use crate::app::AppState;
use crate::auth::{Access, ApiKey, KeyFile, KeyRecord, KeyRing, Keys, Role};
use crate::calibration;
use crate::config::{DLIB, SFACE};
use crate::http::{Admission, BasePath, SitePolicy, TrustedProxies, WebOrigin};
use crate::inference::Inference;
use crate::limits::{Limits, Rates};
use crate::metrics::{Metrics, TimedStore};
use crate::quality::{CountingGate, QualityGate};
use crate::routes::redoc_bundle;
use crate::scores::Scores;
use crate::service::Service;
use crate::snapshots::Snapshots;
use crate::traces::Traces;

/// What is other than usual about a server.
pub(super) struct Options {
    /// See `--cool-down`.
    pub(super) cool_down: Duration,
    /// See `--debug-data`.
    pub(super) debug_data: bool,
    /// See `--quality`.
    pub(super) quality: QualityGate,
    /// See `--cors`.
    pub(super) origins: Vec<WebOrigin>,
    /// See `--base-path`.
    pub(super) base_path: BasePath,
    /// See `--uploads`.
    pub(super) uploads: usize,
    /// See `--max-upload`, here in bytes.
    pub(super) max_upload: usize,
    /// See `FACE_ARCHIVE_KEY`.
    pub(super) archive_key: Option<EncryptionKey>,
    /// See `--snapshots`.
    pub(super) snapshots: Option<Snapshots>,
    /// Where faces are kept: in memory.
    pub(super) store: Arc<dyn EmbeddingStore>,
    /// See `--scores`.
    pub(super) scores: Scores,
    /// See `--keys`; anyone may use a server without.
    pub(super) keys: Vec<KeyRecord>,
    /// See `--keys`, of which nothing is read here but what changes over HTTP.
    pub(super) key_file: KeyFile,
    /// See `--rate-per-key` and `--rate-per-address`; nothing is limited unless a test says so.
    pub(super) rates: (Rates, Rates),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cool_down: CheckInOptions::default().cool_down,
            debug_data: false,
            quality: QualityGate::Refuse,
            origins: Vec::new(),
            base_path: BasePath::default(),
            uploads: 16,
            max_upload: 20 << 20,
            archive_key: None,
            snapshots: None,
            store: Arc::new(InMemory::new()),
            scores: Scores::Matches,
            keys: Vec::new(),
            key_file: KeyFile::new("no/such/folder/keys.toml"),
            rates: (Rates::OFF, Rates::OFF),
        }
    }
}

impl Options {
    /// Makes a key, for these events or for every one; from then on no request is taken without.
    pub(super) fn key(&mut self, name: &str, role: Role, events: &[&str]) -> String {
        let key = ApiKey::generate().unwrap();
        let events = events.iter().map(|event| EventName::new(event).unwrap()).collect();
        self.keys.push(KeyRecord::new(&key, Actor::new(name).unwrap(), role, events));
        key.as_secret_text().to_owned()
    }
}

/// A client of a server of its own.
pub(super) async fn start() -> Client {
    start_with(Options::default()).await
}

/// A client of a server of its own that is other than usual.
pub(super) async fn start_with(options: Options) -> Client {
    Client::new(state_with(options).await).await
}

/// The state of a server that is other than usual.
pub(super) async fn state_with(options: Options) -> AppState {
    let has_keys = !options.keys.is_empty();
    let access = if has_keys {
        let ring = Arc::new(KeyRing::from_records(options.keys).unwrap());
        Access::Keys(Arc::new(Keys::new(options.key_file, ring)))
    } else {
        Access::Anyone
    };
    let metrics = Metrics::new();
    let store: Arc<dyn EmbeddingStore> = Arc::new(TimedStore::new(options.store, metrics.clone()));
    let journal = store.journal().unwrap();
    let mut check_ins = CheckInOptions::default();
    check_ins.cool_down = options.cool_down;
    let check_ins = CheckIns::new(Arc::clone(&journal), check_ins);
    let sface = served(SFACE, [2, 1], DistanceScale::unit(0.3537).unwrap());
    let other_models = vec![served(DLIB, [4, 4], DistanceScale::UNIT)];
    let events = ServiceOptions { other_models, ..ServiceOptions::default() };
    let events = Arc::new(EventService::open_with(Arc::clone(&store), sface, events).await.unwrap());
    events.attach(Arc::new(check_ins.clone()));
    events.observe_matches(metrics.matches());
    let service = Service {
        check_ins: CheckInService::new(Arc::clone(&events), check_ins),
        events,
        inference: Inference::start(NonZeroUsize::MIN, TestRecogniser::new(), FacePolicy::Single).unwrap(),
        quality: CountingGate::new(options.quality, metrics.clone()),
        metrics,
        audit: AuditTrail::new(journal, AuditOptions::default()),
        own_journal: None,
        store,
        store_url: "memory:".to_owned(),
        debug_data: options.debug_data,
        archive_key: options.archive_key,
        exports: Arc::new(Semaphore::new(2)),
        imports: Arc::new(Semaphore::new(2)),
        snapshots: options.snapshots,
        redoc: redoc_bundle(models()),
    };
    AppState {
        service,
        access,
        admission: Admission::new(options.uploads, options.max_upload),
        base_path: options.base_path,
        policy: SitePolicy::new(&options.origins, has_keys),
        scores: options.scores,
        proxies: TrustedProxies::default(),
        limits: Limits::new(options.rates.0, options.rates.1),
        traces: Traces::default(),
    }
}

fn models() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models"))
}

/// A model as it is served by default, with what was measured of it.
fn served(id: &str, crops: [u32; 2], scale: DistanceScale) -> ServedModel {
    let model = ModelId::new(id).unwrap();
    let [enrolled_crops, probe_crops] = crops;
    let setting = ::events::CalibrationSetting { model: model.clone(), enrolled_crops, probe_crops, scale };
    let calibration = calibration::read(models(), &setting).unwrap().unwrap();
    let rule = MatchRule::TargetFalseMatchRate(FalseMatchRate::new(0.01).unwrap());
    let policy = MatchPolicy { rule, scale, ..MatchPolicy::default() };
    ServedModel::new(model, policy).with_calibration(Arc::new(calibration))
}
