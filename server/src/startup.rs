//! From a configuration to a serving process, and its end.

use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::events::{AuditOptions, AuditTrail, CheckInService, CheckIns, EventService, ServiceOptions};
use anyhow::{Context, anyhow};
use embedding_store::{EmbeddingStore, Journal, Outage, RedbJournal, StoreError, StoreOptions};
use face_core::FaceEngine;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use crate::app::{AppState, app};
use crate::auth::{Access, Keys};
use crate::background::run_background_tasks;
use crate::config::Config;
use crate::connection::Listening;
use crate::hangup::{Hangups, Reread};
use crate::http::{Admission, SitePolicy};
use crate::inference::Inference;
use crate::limits::Limits;
use crate::metrics::{Metrics, TimedJournal, TimedStore};
use crate::metrics_address;
use crate::models;
use crate::quality::CountingGate;
use crate::reload::reload_on_change;
use crate::routes;
use crate::service::Service;
use crate::store_marker::StoreMarker;
use crate::telemetry::dropped_lines;
use crate::tls;
use crate::traces::Traces;

/// Exports under way at one time, and as many imports: both are rare, and each moves a whole event.
const TRANSFERS: usize = 2;

/// How long the end waits for the audit to be written.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Seconds that requests under way have to finish when the server is told to stop.
const FAREWELL: u64 = 30;

/// Serves until the process is told to stop; what was accepted by then is finished.
pub(crate) async fn serve(config: &Config, reread: Reread) -> anyhow::Result<()> {
    let started = Instant::now();
    // Before the slow part, in which the signal would end the process.
    let hangups = Hangups::start()?;
    // Before models and store: a second server on the port fails here and has touched nothing. Who connects
    // meanwhile waits in the system's queue and is answered once the workers run.
    let listener = TcpListener::bind(config.address()).map_err(|error| {
        let is_elsewhere = error.kind() == io::ErrorKind::AddrNotAvailable;
        let advice = if is_elsewhere {
            "this machine has no such address: give another --host"
        } else {
            "choose another --port, or 0 for a free one"
        };
        anyhow::Error::from(error).context(format!("cannot serve on {}: {advice}", config.address()))
    })?;
    let address = listener.local_addr()?;
    let metrics_listener = config.metrics_address.map(metrics_address::bind).transpose()?;
    // Read before the slow part, so that an unusable file fails at once. A change while the models load is
    // not missed: the first look compares with what was read here.
    let keys = config.keys.as_ref().map(Keys::open).transpose()?;
    let certificate = config.tls().map(reload_on_change).transpose()?;
    let service = open(config).await?;
    let audit = service.audit.clone();
    // Not detached: a task that dies must be noticed below, and none may outlive this function.
    let mut background = JoinSet::new();
    background.spawn(hangups.reload_at_each(config.clone(), reread));
    background.spawn(run_background_tasks(service.clone(), config.retention_options()));
    let access = match keys {
        None => Access::Anyone,
        Some((keys, reloading)) => {
            background.spawn(reloading);
            Access::Keys(keys)
        }
    };
    if certificate.is_none() && !config.address().ip().is_loopback() {
        tracing::warn!(
            "keys and pictures cross the network as they are: give --tls-cert and --tls-key, or put a reverse proxy in front"
        );
    }
    let limits = Limits::new(config.rate_per_key, config.rate_per_address);
    let admission = Admission::new(config.uploads.get(), config.max_upload);
    if let Some(listener) = metrics_listener {
        tracing::info!(address = %listener.local_addr()?, "metrics are served without a key");
        let server = metrics_address::server(listener, service.clone(), admission.clone(), limits.clone())?;
        background.spawn(async {
            if let Err(error) = server.await {
                tracing::error!(%error, "the metrics cannot be served");
            }
        });
    }
    let traces = config.otlp_endpoint.as_ref().map(Traces::start).transpose()?.unwrap_or_default();
    // Made outside the closure, which each worker calls for itself: the limits hold for the whole process.
    let state = AppState {
        service,
        access,
        admission,
        base_path: config.base_path.clone(),
        policy: SitePolicy::new(&config.cors, config.keys.is_some()),
        scores: config.scores,
        proxies: config.proxies.clone(),
        limits,
        traces: traces.clone(),
    };
    let (tls, scheme) = match certificate {
        None => (None, "http"),
        Some((certificate, reloading)) => {
            background.spawn(reloading);
            (Some(tls::server_config(certificate)?), "https")
        }
    };
    let listening =
        Listening { socket: listener, tls, limits: config.connection_limits(), farewell: FAREWELL };
    let stopped = stop_signal()?;
    let stopped = async {
        stopped.await;
        tracing::info!("told to stop: finishing what was accepted");
    };
    let server = listening.serve(move || app(state.clone()), stopped)?;
    let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(scheme, %address, store = %config.store, took_ms = took, "ready");
    // Nothing else goes to standard output, so whoever asked for port 0 can read the port there.
    writeln!(io::stdout(), "Ready: {scheme}://{address}/ (API documentation: {scheme}://{address}/docs)")?;
    let ended = tokio::select! {
        ended = server => ended.map_err(anyhow::Error::from),
        // Each goes on for ever, unless it has a fault: keys that were revoked would hold from then on.
        Some(ended) = background.join_next() => Err(anyhow!("a background task has ended: {ended:?}")),
    };
    // Before the flush, which would otherwise wait for what this goes on to record.
    drop(background);
    traces.stop().await;
    let lost = audit.flush(LAST_WORDS).await;
    if lost > 0 {
        tracing::error!(lost, "entries of the audit could not be written before the end");
    }
    ended?;
    tracing::info!(dropped_lines = dropped_lines(), "stopped");
    Ok(())
}

/// Opens models and store, at the same time: a large store takes as long to check as the models to load.
async fn open(config: &Config) -> anyhow::Result<Service> {
    let metrics = Metrics::new();
    let models = config.models.clone();
    let options = config.engine_options().with_stages(metrics.engine_stages());
    let engine = spawn_blocking(move || FaceEngine::open(models, options));
    let store = open_store(config).await;
    let engine = engine.await?.with_context(|| hint(&config.models))?;
    let store: Arc<dyn EmbeddingStore> = Arc::new(TimedStore::new(store?, metrics.clone()));
    let (first, other_models) = models::served(config, &engine)?;
    let options = ServiceOptions { other_models, ..config.service_options() };
    let (journal, own_journal) = journal(config, &*store, &metrics).await?;
    let check_ins = CheckIns::new(Arc::clone(&journal), config.check_in_options());
    let events = EventService::open_with(Arc::clone(&store), first, options).await?;
    // Before any request and any background task: a user deleted earlier than this would leave check-ins behind.
    match &own_journal {
        None => events.attach(Arc::new(check_ins.clone())),
        Some(_) => events.attach_own(Arc::new(check_ins.clone())),
    }
    events.observe_matches(metrics.matches());
    load_models(&engine, &events)?;
    let inference = Inference::start(config.workers, engine, config.multi_face)?;
    let events = Arc::new(events);
    Ok(Service {
        check_ins: CheckInService::new(Arc::clone(&events), check_ins),
        events,
        inference,
        quality: CountingGate::new(config.quality, metrics.clone()),
        metrics,
        audit: AuditTrail::new(journal, AuditOptions::default()),
        own_journal,
        store,
        store_url: config.store.to_string(),
        debug_data: config.debug_data,
        archive_key: config.secrets.archive_key().cloned(),
        exports: Arc::new(Semaphore::new(TRANSFERS)),
        imports: Arc::new(Semaphore::new(TRANSFERS)),
        snapshots: config.snapshots(),
        redoc: routes::redoc_bundle(&config.models),
    })
}

/// Loads the networks that the events of the store need, so that no visitor waits for them. The one of new events is
/// loaded already, and any other when its first event comes into being.
fn load_models(engine: &FaceEngine, events: &EventService) -> anyhow::Result<()> {
    for model in events.models_in_use() {
        if events.serves(&model) {
            // The engine keeps what it has loaded.
            engine.embedder(&model)?;
        } else {
            tracing::warn!(%model, "there are events of a model that the models folder does not have: they are kept, and not served");
        }
    }
    Ok(())
}

/// Opens the store with the keys and accounts that were given; where none is, it is made.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn EmbeddingStore>> {
    let marker = store_marker(config);
    marker.as_ref().map_or(Ok(()), StoreMarker::check)?;
    let opened = config.store.open_with(&config.secrets.store_options()).await;
    let store = opened.with_context(|| cannot_be_used(config))?;
    marker.iter().for_each(StoreMarker::make);
    Ok(store)
}

/// Opens the store to write to it; where none is, none is made.
pub(crate) async fn open_present_store(
    config: &Config,
    options: &StoreOptions,
) -> anyhow::Result<Arc<dyn EmbeddingStore>> {
    store_marker(config).as_ref().map_or(Ok(()), StoreMarker::check)?;
    config.store.open_present(options).await.with_context(|| cannot_be_used(config))
}

/// The note that the store's file was there; `None` for a store in no file.
pub(crate) fn store_marker(config: &Config) -> Option<StoreMarker> {
    config.store.file().map(|file| StoreMarker::for_file(file, config.state.as_deref()))
}

/// Opens the store to look at it; nothing is made or changed.
pub(crate) async fn open_store_to_read(config: &Config) -> anyhow::Result<Arc<dyn EmbeddingStore>> {
    store_marker(config).as_ref().map_or(Ok(()), StoreMarker::check)?;
    let opened = config.store.open_to_read(&config.secrets.store_options()).await;
    opened.with_context(|| cannot_be_used(config))
}

/// Whether an error says that there is no store where one was expected.
pub(crate) fn is_absent(error: &anyhow::Error) -> bool {
    error.downcast_ref().and_then(StoreError::outage) == Some(Outage::Absent)
}

/// What could not be opened.
pub(crate) fn cannot_be_used(config: &Config) -> String {
    format!("the store '{}' cannot be used", config.store)
}

/// The store's own journal, else one in a file, which is this server's alone.
async fn journal(
    config: &Config,
    store: &dyn EmbeddingStore,
    metrics: &Metrics,
) -> anyhow::Result<(Arc<dyn Journal>, Option<Arc<RedbJournal>>)> {
    if let Some(journal) = store.journal() {
        return Ok((journal, None));
    }
    let marker = StoreMarker::for_file(&config.journal, config.state.as_deref());
    marker.check()?;
    let journal = RedbJournal::open(&config.journal).await;
    let journal =
        journal.with_context(|| format!("the journal '{}' cannot be used", config.journal.display()))?;
    marker.make();
    let journal = Arc::new(journal);
    let timed = TimedJournal::new(Arc::clone(&journal) as Arc<dyn Journal>, metrics.clone());
    Ok((Arc::new(timed), Some(journal)))
}

fn hint(models: &Path) -> String {
    format!(
        "the models in '{}' cannot be used (in a checkout, `cargo xtask setup` makes them)",
        models.display()
    )
}

/// Completes when the process is interrupted or terminated. The handlers are set by the call, not by the first poll: who
/// has read that the server is ready may stop it at once.
///
/// # Errors
/// When they cannot be set.
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let stopped = {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        async move {
            tokio::select! { _ = interrupted.recv() => {}, _ = terminated.recv() => {} }
        }
    };
    #[cfg(windows)]
    let stopped = {
        let mut interrupted = tokio::signal::windows::ctrl_c()?;
        async move { drop(interrupted.recv().await) }
    };
    Ok(stopped)
}
