//! The settings: one field each is a flag, an environment variable and a key of a file, with default and help.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use embedding::{Distance, Metric, ModelId};
use embedding_store::StoreUrl;
use events::RetentionGuard;
use face_core::{Crops, DetectorChoice, FacePolicy};

use super::matching::{AskedRule, METRICS, margin, model_id, target, threshold};
use super::origin::Origin;
use super::secrets::Secrets;
use super::values::{
    DETECTORS, LOG_FORMATS, LogFormat, MULTI_FACE, OrNone, QUALITY, RATE_PER_ADDRESS, RATE_PER_KEY,
    RETENTION, SCORES, SWITCH, WebOrigins, address, audit_age, base_path, collector, count, crops, file,
    folder, host, key_file, log_level, mebibytes, number, one_of, origins, path, proxies, rates, seconds,
    write_timeout,
};
use crate::auth::KeyFile;
use crate::background::AuditAge;
use crate::http::{BasePath, TrustedProxies};
use crate::limits::Rates;
use crate::quality::QualityGate;
use crate::scores::Scores;
use crate::traces::CollectorUrl;

// Everything that can be configured. A field `log_dir` is the flag `--log-dir` and the key `log_dir`; its comment is the
// help, and the text in README.md and .env.example. No doc comment: clap would describe the program by it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Config {
    /// Address to serve on; other than loopback with --keys alone.
    #[arg(long, env = "FACE_HOST", value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    pub(super) host: IpAddr,
    /// Port to serve on; 0 picks a free one and prints it.
    #[arg(long, env = "FACE_PORT", default_value = "8000", value_parser = number("a number", 0..=u16::MAX))]
    pub(super) port: u16,
    /// Where faces are kept: redb:PATH, postgres://..., cloudinary:PREFIX, or memory: to forget them at the end.
    #[arg(long, env = "FACE_STORE", value_name = "URL", default_value = "redb:data/faces.redb")]
    pub(crate) store: StoreUrl,
    /// File of check-ins and audit where the store keeps none, as at Cloudinary.
    #[arg(long, env = "FACE_JOURNAL", value_name = "FILE", default_value = "data/journal.redb")]
    #[arg(value_parser = path)]
    pub(crate) journal: PathBuf,
    /// Folder that remembers which files of stores there were: one that has vanished is missed and not made anew; empty
    /// for a note beside each file.
    #[arg(long, env = "FACE_STATE", value_name = "FOLDER", default_value = "state", value_parser = folder)]
    pub(crate) state: OrNone<PathBuf>,
    /// Folder for the snapshots that are asked for over /v1/snapshots or by `face-server snapshot`; empty for none.
    #[arg(long, env = "FACE_SNAPSHOTS", value_name = "FOLDER", default_value = "data/snapshots", value_parser = folder)]
    pub(super) snapshots: OrNone<PathBuf>,
    /// Snapshots that are kept in it, 1 to 1024; the oldest go.
    #[arg(long, env = "FACE_SNAPSHOTS_KEPT", value_name = "COUNT", default_value = "7", value_parser = count)]
    pub(super) snapshots_kept: NonZeroUsize,
    /// How long verification goes on from memory while the store is out of reach, 0 to 3600 seconds.
    #[arg(long, env = "FACE_MAX_STALENESS", value_name = "SECONDS", default_value = "60")]
    #[arg(value_parser = seconds(3600))]
    pub(super) max_staleness: Duration,
    /// Largest event held in memory, 0 to 10000000 users; larger ones are searched by PostgreSQL.
    #[arg(long, env = "FACE_GALLERY_LIMIT", value_name = "USERS", default_value = "1000000")]
    #[arg(value_parser = number("a whole number of users", 0..=10_000_000_usize))]
    pub(super) gallery_limit: usize,
    /// Folder that the set-up made [default: models, else beside the program, else the user's data folder].
    #[arg(long, env = "FACE_MODELS", value_name = "FOLDER", value_parser = path)]
    pub(crate) models: PathBuf,
    /// Model of events that come into being: sface-2021dec, or dlib-resnet-v1 for dlib's numbers; an event keeps its
    /// own [default: sface-2021dec, with --space raw dlib-resnet-v1].
    #[arg(long, env = "FACE_MODEL", value_name = "ID", value_parser = model_id)]
    pub(super) model: ModelId,
    /// What finds faces: yunet, auto (then mmod where yunet finds none), or dlib's own mmod or hog.
    #[arg(long, env = "FACE_DETECTOR", value_name = "NAME", default_value = "yunet")]
    #[arg(value_parser = one_of(DETECTORS))]
    pub(super) detector: DetectorChoice,
    /// Crops a face is embedded from, enrolled or not: 1, 2 or 4; empty for those of the model, for which error rates
    /// were measured.
    #[arg(long, env = "FACE_CROPS", value_name = "COUNT", default_value = "", hide_default_value = true)]
    #[arg(value_parser = crops)]
    pub(super) crops: OrNone<Crops>,
    /// What distances are between: unit (vectors of length 1), or raw with one crop, as programs built on dlib
    /// compare, of dlib-resnet-v1 alone.
    #[arg(long, env = "FACE_SPACE", value_name = "NAME", default_value = "unit")]
    #[arg(value_parser = one_of(METRICS))]
    pub(crate) space: Metric,
    /// A fixed largest distance of a match, however large an event is, 0.2 to 0.5, or raw 0.3 to 0.7; without
    /// --target-fmr and where nothing was measured 0.4, raw 0.6; empty for none, as if it was not given.
    #[arg(long, env = "FACE_THRESHOLD", value_name = "DISTANCE", value_parser = threshold)]
    pub(super) threshold: Option<OrNone<Distance>>,
    /// Share of strangers who may be named: the threshold follows the size of each event, up to 0.4; empty for a
    /// fixed threshold [default: 0.01, unless a threshold is given].
    #[arg(long, env = "FACE_TARGET_FMR", value_name = "SHARE", value_parser = target)]
    pub(super) target_fmr: Option<AskedRule>,
    /// Nobody is named when two users match and are less than this apart, 0 to 0.2 [default: 0.02, raw 0].
    #[arg(long, env = "FACE_MARGIN", value_name = "DISTANCE", value_parser = margin)]
    pub(crate) margin: Option<Distance>,
    /// Pictures of several people: single (one prominent face), strict (one face at all) or largest.
    #[arg(long, env = "FACE_MULTI_FACE", value_name = "POLICY", default_value = "single")]
    #[arg(value_parser = one_of(MULTI_FACE))]
    pub(crate) multi_face: FacePolicy,
    /// Faces to enrol that are small, dark, blurred, turned away and the like: refuse, warn or off.
    #[arg(long, env = "FACE_QUALITY", value_name = "GATE", default_value = "refuse")]
    #[arg(value_parser = one_of(QUALITY))]
    pub(crate) quality: QualityGate,
    /// What keys below admin are told of distances, confidences and users farther away: matches (those of a match
    /// alone) or all, with which the faces that are registered can be worked out.
    #[arg(long, env = "FACE_SCORES", value_name = "WHICH", default_value = "matches")]
    #[arg(value_parser = one_of(SCORES))]
    pub(crate) scores: Scores,
    /// Who was checked in is not checked in again for so long, 0 to 86400 seconds.
    #[arg(long, env = "FACE_COOL_DOWN", value_name = "SECONDS", default_value = "300")]
    #[arg(value_parser = seconds(86_400))]
    pub(super) cool_down: Duration,
    /// How long the audit is kept, 0 to 36500 days; 0 keeps it for ever.
    #[arg(long, env = "FACE_AUDIT_DAYS", value_name = "DAYS", default_value = "365")]
    #[arg(value_parser = audit_age)]
    pub(super) audit_days: AuditAge,
    /// How long an event that an enrolment brings into being is kept, 0 to 36500 days; 0 keeps it until it is deleted.
    #[arg(long, env = "FACE_RETAIN_DAYS", value_name = "DAYS", default_value = "0")]
    #[arg(value_parser = audit_age)]
    pub(super) retain_days: AuditAge,
    /// Erasures at their time: guarded (a clock that leapt, and more than a quarter at once, wait) or confirmed, for as
    /// long as an operator answers for the clock.
    #[arg(long, env = "FACE_RETENTION", value_name = "GUARD", default_value = "guarded")]
    #[arg(value_parser = one_of(RETENTION))]
    pub(super) retention: RetentionGuard,
    /// Whether /api/debug/cloudinary-data shows what is stored: off or on.
    #[arg(long, env = "FACE_DEBUG_DATA", value_name = "SWITCH", default_value = "off", action = ArgAction::Set)]
    #[arg(value_parser = one_of(SWITCH))]
    pub(crate) debug_data: bool,
    /// File of the keys that clients need, which `face-server keys` makes; without, whoever reaches the server may
    /// use it.
    #[arg(long, env = "FACE_KEYS", value_name = "FILE", default_value = "none", value_parser = key_file)]
    pub(crate) keys: OrNone<KeyFile>,
    /// Certificate to serve TLS with, and those that vouch for it, in PEM; read again when it was renewed.
    #[arg(long, env = "FACE_TLS_CERT", value_name = "FILE", default_value = "none", value_parser = file)]
    pub(super) tls_cert: OrNone<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, env = "FACE_TLS_KEY", value_name = "FILE", default_value = "none", value_parser = file)]
    pub(super) tls_key: OrNone<PathBuf>,
    /// Web origins allowed beside this server's own and loopback, such as `https://a.example,https://b.example`.
    #[arg(long, env = "FACE_CORS", value_name = "ORIGINS", default_value = "", hide_default_value = true)]
    #[arg(value_parser = origins)]
    pub(crate) cors: WebOrigins,
    /// Reverse proxies that say whose address a request comes from, such as `127.0.0.1,10.0.0.0/8`: of them alone
    /// `Forwarded` or `X-Forwarded-For` is believed, of which they have to set one and take the other away.
    #[arg(
        long,
        env = "FACE_PROXIES",
        value_name = "NETWORKS",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = proxies)]
    pub(crate) proxies: TrustedProxies,
    /// Requests a second of one key, by class of routes, or off; twice as many may come at once. Classes that are left
    /// out stay as here.
    #[arg(long, env = "FACE_RATE_PER_KEY", value_name = "RATES", default_value = RATE_PER_KEY)]
    #[arg(value_parser = rates(RATE_PER_KEY))]
    pub(crate) rate_per_key: Rates,
    /// The same of one address, or of one /64 of IPv6, with all of its keys; this machine's own are not counted.
    #[arg(long, env = "FACE_RATE_PER_ADDRESS", value_name = "RATES", default_value = RATE_PER_ADDRESS)]
    #[arg(value_parser = rates(RATE_PER_ADDRESS))]
    pub(crate) rate_per_address: Rates,
    /// Path under which a reverse proxy shows the server, such as /faces; empty for the root.
    #[arg(long, env = "FACE_BASE_PATH", value_name = "PATH", default_value = "", hide_default_value = true)]
    #[arg(value_parser = base_path)]
    pub(crate) base_path: BasePath,
    /// Pictures worked on at once [default: one a core].
    #[arg(long, env = "FACE_WORKERS", value_name = "COUNT", value_parser = count)]
    pub(crate) workers: NonZeroUsize,
    /// Largest picture file, in MiB.
    #[arg(long, env = "FACE_MAX_UPLOAD", value_name = "MIB", default_value = "20", value_parser = mebibytes)]
    pub(crate) max_upload: usize,
    /// Uploads received at once; more are asked to come back.
    #[arg(long, env = "FACE_UPLOADS", value_name = "COUNT", default_value = "32", value_parser = count)]
    pub(crate) uploads: NonZeroUsize,
    /// Address of its own for /metrics, such as 127.0.0.1:9100, which then asks for no key there; with keys the one of
    /// --host asks for that of an admin.
    #[arg(long, env = "FACE_METRICS_ADDRESS", value_name = "ADDRESS:PORT", default_value = "none")]
    #[arg(value_parser = address)]
    pub(crate) metrics_address: OrNone<SocketAddr>,
    /// Collector of OpenTelemetry that is sent a trace of each request, such as http://127.0.0.1:4318.
    #[arg(long, env = "FACE_OTLP_ENDPOINT", value_name = "URL", default_value = "none", value_parser = collector)]
    pub(crate) otlp_endpoint: OrNone<CollectorUrl>,
    /// Connections at once, 16 to 100000; more wait to be accepted.
    #[arg(long, env = "FACE_CONNECTIONS", value_name = "COUNT", default_value = "4096")]
    #[arg(value_parser = number("a whole number", 16..=100_000_usize))]
    pub(super) connections: usize,
    /// A client that takes nothing of its answer for so long is cut off, 1 to 3600 seconds.
    #[arg(long, env = "FACE_WRITE_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    #[arg(value_parser = write_timeout)]
    pub(super) write_timeout: Duration,
    /// Folder of app.log, a file a day or 64 MiB, 14 days and 32 files kept; empty for none.
    #[arg(long, env = "FACE_LOG_DIR", value_name = "FOLDER", default_value = "logs", value_parser = folder)]
    pub(crate) log_dir: OrNone<PathBuf>,
    /// Log on the terminal: text, json or auto (text when it is a terminal).
    #[arg(long, env = "FACE_LOG_FORMAT", value_name = "FORMAT", default_value = "auto")]
    #[arg(value_parser = one_of(LOG_FORMATS))]
    pub(crate) log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter such as info,face_core=debug.
    #[arg(long, env = "FACE_LOG_LEVEL", value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = log_level)]
    pub(crate) log_level: String,
    /// Keys and accounts.
    #[arg(skip)]
    pub(crate) secrets: Secrets,
    /// Each setting's key, value and origin, in the order of the help; secrets are masked.
    #[arg(skip)]
    pub(crate) effective: Vec<(String, String, Origin)>,
    /// Variables of the environment that were passed over, since an orchestrator makes them.
    #[arg(skip)]
    pub(crate) ignored: Vec<String>,
}
