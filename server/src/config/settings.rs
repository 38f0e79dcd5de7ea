//! The table of settings: one row each, the same name as a flag, an environment variable and a file key.

/// One setting. Its flag is `--NAME`, its variable `FACE_NAME` with `_` for `-`, its key in a file NAME.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Name in the form of a flag, such as `log-dir`.
    pub(crate) name: &'static str,
    /// What the value is called in the help, such as `FOLDER`.
    pub(crate) value: &'static str,
    /// What holds when nobody says anything; `None` is worked out at the start.
    pub(crate) default: Option<&'static str>,
    /// One line of help.
    pub(crate) help: &'static str,
}

impl Setting {
    /// Name of the environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('-', "_").to_ascii_uppercase())
    }

    /// Name of the key in a configuration file.
    pub(crate) fn key(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// What the name of every environment variable of this program starts with.
pub(crate) const PREFIX: &str = "FACE_";

/// Every setting, in the order of the help.
pub(crate) const SETTINGS: [Setting; 29] = [
    HOST,
    PORT,
    STORE,
    JOURNAL,
    MAX_STALENESS,
    GALLERY_LIMIT,
    MODELS,
    MODEL,
    DETECTOR,
    CROPS,
    SPACE,
    THRESHOLD,
    TARGET_FMR,
    MARGIN,
    MULTI_FACE,
    QUALITY,
    COOL_DOWN,
    AUDIT_DAYS,
    DEBUG_DATA,
    KEYS,
    TLS_CERT,
    TLS_KEY,
    CORS,
    WORKERS,
    MAX_UPLOAD,
    UPLOADS,
    LOG_DIR,
    LOG_FORMAT,
    LOG_LEVEL,
];

pub(super) const HOST: Setting = Setting {
    name: "host",
    value: "ADDRESS",
    default: Some("127.0.0.1"),
    help: "Address to serve on; other than loopback with --keys alone",
};

pub(super) const PORT: Setting = Setting {
    name: "port",
    value: "PORT",
    default: Some("8000"),
    help: "Port to serve on; 0 picks a free one and prints it",
};

pub(super) const STORE: Setting = Setting {
    name: "store",
    value: "URL",
    default: Some("redb:data/faces.redb"),
    help: "Where faces are kept: redb:PATH, postgres://..., cloudinary:PREFIX, or memory: to forget them at the end",
};

pub(super) const JOURNAL: Setting = Setting {
    name: "journal",
    value: "FILE",
    default: Some("data/journal.redb"),
    help: "File of check-ins and audit where the store keeps none, as at Cloudinary",
};

pub(super) const MAX_STALENESS: Setting = Setting {
    name: "max-staleness",
    value: "SECONDS",
    default: Some("60"),
    help: "How long verification goes on from memory while the store is out of reach, 0 to 3600",
};

pub(super) const GALLERY_LIMIT: Setting = Setting {
    name: "gallery-limit",
    value: "USERS",
    default: Some("1000000"),
    help: "Largest event held in memory, 0 to 10000000 users; larger ones are searched by PostgreSQL",
};

pub(super) const MODELS: Setting = Setting {
    name: "models",
    value: "FOLDER",
    default: None,
    help: "Folder that the set-up made [default: models, else the user's data folder]",
};

pub(super) const MODEL: Setting = Setting {
    name: "model",
    value: "ID",
    default: None,
    help: "Model of events that come into being: sface-2021dec, or dlib-resnet-v1 for dlib's numbers; an event keeps its own [default: sface-2021dec, with --space raw dlib-resnet-v1]",
};

pub(super) const DETECTOR: Setting = Setting {
    name: "detector",
    value: "NAME",
    default: Some("yunet"),
    help: "What finds faces: yunet, auto (then mmod where yunet finds none), or dlib's own mmod or hog",
};

pub(super) const CROPS: Setting = Setting {
    name: "crops",
    value: "COUNT",
    default: Some(""),
    help: "Crops a face is embedded from, enrolled or not: 1, 2 or 4; empty for those of the model, for which error rates were measured",
};

pub(super) const SPACE: Setting = Setting {
    name: "space",
    value: "NAME",
    default: Some("unit"),
    help: "What distances are between: unit (vectors of length 1), or raw with one crop, as programs built on dlib compare, of dlib-resnet-v1 alone",
};

pub(super) const THRESHOLD: Setting = Setting {
    name: "threshold",
    value: "DISTANCE",
    default: None,
    help: "A fixed largest distance of a match, however large an event is, 0.2 to 0.5, or raw 0.3 to 0.7; without --target-fmr and where nothing was measured 0.4, raw 0.6",
};

pub(super) const TARGET_FMR: Setting = Setting {
    name: "target-fmr",
    value: "SHARE",
    default: None,
    help: "Share of strangers who may be named: the threshold follows the size of each event, up to 0.4; empty for a fixed threshold [default: 0.01, unless a threshold is given]",
};

pub(super) const MARGIN: Setting = Setting {
    name: "margin",
    value: "DISTANCE",
    default: None,
    help: "Nobody is named when two users match and are less than this apart, 0 to 0.2 [default: 0.02, raw 0]",
};

pub(super) const MULTI_FACE: Setting = Setting {
    name: "multi-face",
    value: "POLICY",
    default: Some("single"),
    help: "Pictures of several people: single (one prominent face), strict (one face at all) or largest",
};

pub(super) const QUALITY: Setting = Setting {
    name: "quality",
    value: "GATE",
    default: Some("refuse"),
    help: "Faces to enrol that are small, dark, blurred, turned away and the like: refuse, warn or off",
};

pub(super) const COOL_DOWN: Setting = Setting {
    name: "cool-down",
    value: "SECONDS",
    default: Some("300"),
    help: "Who was checked in is not checked in again for so long, 0 to 86400",
};

pub(super) const AUDIT_DAYS: Setting = Setting {
    name: "audit-days",
    value: "DAYS",
    default: Some("365"),
    help: "How long the audit is kept, 0 to 36500; 0 keeps it for ever",
};

pub(super) const DEBUG_DATA: Setting = Setting {
    name: "debug-data",
    value: "SWITCH",
    default: Some("off"),
    help: "Whether /api/debug/cloudinary-data shows what is stored: off or on",
};

pub(super) const KEYS: Setting = Setting {
    name: "keys",
    value: "FILE",
    default: Some("none"),
    help: "File of the keys that clients need, which `face-server keys` makes; without, whoever reaches the server may use it",
};

pub(super) const TLS_CERT: Setting = Setting {
    name: "tls-cert",
    value: "FILE",
    default: Some("none"),
    help: "Certificate to serve TLS with, and those that vouch for it, in PEM; read again when it was renewed",
};

pub(super) const TLS_KEY: Setting = Setting {
    name: "tls-key",
    value: "FILE",
    default: Some("none"),
    help: "The certificate's private key, in PEM",
};

pub(super) const CORS: Setting = Setting {
    name: "cors",
    value: "ORIGINS",
    default: Some(""),
    help: "Web origins allowed beside this server's own and loopback, such as https://a.example,https://b.example",
};

pub(super) const WORKERS: Setting = Setting {
    name: "workers",
    value: "COUNT",
    default: None,
    help: "Pictures worked on at once [default: one a core]",
};

pub(super) const MAX_UPLOAD: Setting =
    Setting { name: "max-upload", value: "MIB", default: Some("20"), help: "Largest picture file, in MiB" };

pub(super) const UPLOADS: Setting = Setting {
    name: "uploads",
    value: "COUNT",
    default: Some("32"),
    help: "Uploads received at once; more are asked to come back",
};

pub(super) const LOG_DIR: Setting = Setting {
    name: "log-dir",
    value: "FOLDER",
    default: Some("logs"),
    help: "Folder of app.log, one file a day and 14 days kept; empty for none",
};

pub(super) const LOG_FORMAT: Setting = Setting {
    name: "log-format",
    value: "FORMAT",
    default: Some("auto"),
    help: "Log on the terminal: text, json or auto (text when it is a terminal)",
};

pub(super) const LOG_LEVEL: Setting = Setting {
    name: "log-level",
    value: "FILTER",
    default: Some("info"),
    help: "What is logged: error, warn, info, debug, or a filter such as info,face_core=debug",
};
