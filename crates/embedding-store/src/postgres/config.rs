//! Which database, and how to reach it, as a URL.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use url::Url;

use crate::StoreUrlError;

const EXPECTED: &str = "postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS, with % and two hexadecimal digits for \
                        each of the characters %@:/?#[] in the user, the password and the database";

/// Longest name of a schema: the server cuts names off at 63 bytes, and the name of the channel is that of the
/// schema with an ending.
const MAX_SCHEMA_BYTES: usize = 40;

/// Keepalives find a connection whose other end is gone without a word: after this long of silence, by
/// this many probes so far apart.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(5), Duration::from_secs(2), 3);

/// A database of PostgreSQL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`.
///
/// | option | default | |
/// |---|---|---|
/// | `sslmode` | `verify-full`; `disable` on a loopback address or a socket | as in libpq: `disable`, `prefer` and `require` (certificate not checked), `verify-full` |
/// | `sslrootcert` | the system's | file with the certificates (PEM) that `verify-full` trusts |
/// | `connect_timeout` | 5 | seconds for a connection |
/// | `application_name` | `face-store` | as the server shows it |
/// | `pool_size` | 10 | most connections at a time, beside one for the change feed |
/// | `schema` | `face_store` | where the tables are; lower-case letters, digits, `_` |
/// | `statement_timeout` | 10 | seconds for a statement, and for the wait for a connection |
/// | `index` | none | `hnsw`: an approximate index for searches, which then say that they are not exact |
/// | `fsync` | `required` | `unchecked`: also a server that does not write through to its disk |
///
/// `Display` and `Debug` show no password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    pub(super) server: Config,
    pub(super) tls: Tls,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) pool_size: NonZeroUsize,
    pub(super) schema: String,
    pub(super) approximate_index: bool,
    pub(super) unchecked_fsync: bool,
    /// All of the URL but the password.
    shown: String,
}

/// Whether and whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tls {
    /// Encrypted or not as `SslMode` says; a certificate is not looked at.
    Unchecked,
    /// The certificate is the host's, by the system's authorities or by those in a file.
    Verified(Option<PathBuf>),
}

impl FromStr for PostgresConfig {
    type Err = StoreUrlError;

    fn from_str(url: &str) -> Result<Self, StoreUrlError> {
        let url = url.trim();
        let (scheme, _) = url.split_once(':').ok_or(StoreUrlError::NoScheme)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(StoreUrlError::UnknownScheme { scheme: scheme.chars().take(16).collect() });
        }
        let malformed = || wrong(EXPECTED);
        // No part of a database's URL is a fragment, so that a # in a password is a # like others.
        let mut url = Url::parse(&url.replace('#', "%23")).map_err(|_| malformed())?;
        let text = |part: &str| decoded(part).filter(|text| !text.is_empty()).ok_or_else(malformed);
        let database = url.path().strip_prefix('/').filter(|path| !path.contains('/'));
        let host = url.host_str().ok_or_else(malformed)?.trim_matches(['[', ']']);
        let port = Some(url.port().unwrap_or(5432)).filter(|port| *port > 0).ok_or_else(malformed)?;

        let mut server = Config::new();
        server.user(text(url.username())?).host(text(host)?).port(port);
        server.dbname(text(database.ok_or_else(malformed)?)?);
        if let Some(password) = url.password() {
            server.password(decoded(password).ok_or_else(malformed)?);
        }
        let (idle, interval, retries) = KEEPALIVE;
        server
            .keepalives(true)
            .keepalives_idle(idle)
            .keepalives_interval(interval)
            .keepalives_retries(retries);
        server.application_name("face-store");
        let options = url.query().unwrap_or_default().to_owned();
        url.set_password(None).and_then(|()| url.set_scheme("postgres")).map_err(|()| malformed())?;
        let mut config = Self {
            tls: if is_local(&server) { Tls::Unchecked } else { Tls::Verified(None) },
            server,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            pool_size: NonZeroUsize::new(10).unwrap_or(NonZeroUsize::MIN),
            schema: "face_store".to_owned(),
            approximate_index: false,
            unchecked_fsync: false,
            shown: url.into(),
        };
        config.server.ssl_mode(if is_local(&config.server) { SslMode::Disable } else { SslMode::Require });
        let mut roots = None;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            config.set(name, &decoded(value).ok_or_else(malformed)?, &mut roots)?;
        }
        // After all options, because sslrootcert may come before sslmode.
        match (&mut config.tls, roots) {
            (Tls::Verified(trusted), roots) => *trusted = roots,
            (Tls::Unchecked, None) => {}
            (Tls::Unchecked, Some(_)) => {
                return Err(wrong(
                    "with sslrootcert only where sslmode is verify-full: it is not looked at elsewhere",
                ));
            }
        }
        Ok(config)
    }
}

impl PostgresConfig {
    fn set(&mut self, name: &str, value: &str, roots: &mut Option<PathBuf>) -> Result<(), StoreUrlError> {
        match name {
            "sslmode" => {
                let (mode, tls) = match value {
                    "disable" => (SslMode::Disable, Tls::Unchecked),
                    "prefer" => (SslMode::Prefer, Tls::Unchecked),
                    "require" => (SslMode::Require, Tls::Unchecked),
                    // tokio-postgres decides only whether to encrypt; the certificate is checked in `tls`.
                    "verify-full" => (SslMode::Require, Tls::Verified(None)),
                    _ => return Err(wrong("with sslmode=disable, prefer, require or verify-full")),
                };
                self.server.ssl_mode(mode);
                self.tls = tls;
            }
            "sslrootcert" => *roots = Some(PathBuf::from(value)),
            "connect_timeout" => self.connect_timeout = seconds(value)?,
            "statement_timeout" => self.statement_timeout = seconds(value)?,
            "application_name" => {
                self.server.application_name(value);
            }
            "pool_size" => {
                self.pool_size = value.parse().map_err(|_| wrong("with a pool_size of 1 or more"))?;
            }
            "schema" => self.schema = schema(value)?,
            "index" if value == "hnsw" => self.approximate_index = true,
            "index" => return Err(wrong("with index=hnsw or without an index")),
            "fsync" if value == "unchecked" => self.unchecked_fsync = true,
            "fsync" if value == "required" => self.unchecked_fsync = false,
            "fsync" => return Err(wrong("with fsync=required or unchecked")),
            _ => {
                let (scheme, option) = ("postgres".to_owned(), name.to_owned());
                return Err(StoreUrlError::UnknownOption { scheme, option });
            }
        }
        Ok(())
    }
}

fn wrong(expected: &'static str) -> StoreUrlError {
    StoreUrlError::Malformed { scheme: "postgres".to_owned(), expected }
}

fn seconds(text: &str) -> Result<Duration, StoreUrlError> {
    // PostgreSQL takes 0 for no limit at all. Its limits are 32-bit numbers of milliseconds, which 30 times
    // 3600 seconds (the deletion of an event) still fit into.
    let seconds = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| wrong("with a time-out of 1 to 3600 seconds"))
}

/// A name that needs no quotes anywhere.
fn schema(text: &str) -> Result<String, StoreUrlError> {
    // SQL takes no parameter for a name, so this one is put into the text of statements: it must not be able
    // to close the quotes there. Names with pg_ are reserved for PostgreSQL.
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.starts_with("pg_");
    if plain && starts && text.len() <= MAX_SCHEMA_BYTES {
        return Ok(text.to_owned());
    }
    Err(wrong(
        "with a schema of at most 40 lower-case letters, digits and _, that starts with a letter and not with pg_",
    ))
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

/// Whether what is sent stays on this machine.
fn is_local(server: &Config) -> bool {
    server.get_hosts().iter().all(|host| match host {
        Host::Tcp(host) => {
            host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

impl fmt::Display for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresConfig({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> PostgresConfig {
        url.parse().unwrap()
    }

    fn refused(url: &str) -> StoreUrlError {
        url.parse::<PostgresConfig>().unwrap_err()
    }

    #[test]
    fn the_parts_are_decoded_and_the_password_is_not_shown() {
        let config =
            config("postgresql://an%40a:S3CR%2FT%3A%40@db.example.org:5433/fa%20ces?schema=a_1&pool_size=3");
        assert_eq!(config.server.get_user(), Some("an@a"));
        assert_eq!(config.server.get_password(), Some(b"S3CR/T:@".as_slice()));
        assert_eq!(config.server.get_hosts(), [Host::Tcp("db.example.org".to_owned())]);
        assert_eq!(config.server.get_ports(), [5433]);
        assert_eq!(config.server.get_dbname(), Some("fa ces"));
        assert_eq!((config.schema.as_str(), config.pool_size.get()), ("a_1", 3));
        let shown = "postgres://an%40a@db.example.org:5433/fa%20ces?schema=a_1&pool_size=3";
        assert_eq!(config.to_string(), shown);
        assert!(!format!("{config:?}").contains("S3CR"));
    }

    #[test]
    fn the_certificate_is_checked_unless_the_server_is_on_this_machine() {
        for host in ["db.example.org", "192.0.2.1", "[2001:db8::1]:5432"] {
            let config = config(&format!("postgres://u:p@{host}/d"));
            assert_eq!((config.tls, config.server.get_ssl_mode()), (Tls::Verified(None), SslMode::Require));
        }
        for host in ["localhost", "127.0.0.1:5432", "[::1]", "%2Fvar%2Frun%2Fpostgresql"] {
            let config = config(&format!("postgres://u:p@{host}/d"));
            assert_eq!((config.tls, config.server.get_ssl_mode()), (Tls::Unchecked, SslMode::Disable));
        }
        let given = config("postgres://u@localhost/d?sslrootcert=a%2Fb.pem&sslmode=verify-full");
        assert_eq!(given.tls, Tls::Verified(Some(PathBuf::from("a/b.pem"))));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said_without_the_url() {
        for url in [
            "postgres:",
            "postgres://",
            "postgres://u:SECRET@h",
            "postgres://u:SECRET@h/",
            "postgres://h/d",
            "postgres://u:SEC/RET@h/d",
            "postgres://u:SECRET@h:0/d",
            "postgres://u:SECRET@h:x/d",
            "postgres://u:SECRET@[::1/d",
            "postgres://u:%FFSECRET@h/d",
            "postgres://u:SECRET@h/d?sslmode=verify-ca",
            "postgres://u:SECRET@h/d?sslmode=require&sslrootcert=x",
            "postgres://u:SECRET@h/d?pool_size=0",
            "postgres://u:SECRET@h/d?schema=A%22",
            "postgres://u:SECRET@h/d?schema=pg_x",
            "postgres://u:SECRET@h/d?connect_timeout=0",
            "postgres://u:SECRET@h/d?index=ivfflat",
        ] {
            let error = refused(url);
            assert!(matches!(error, StoreUrlError::Malformed { .. }), "{url}: {error:?}");
            assert!(!error.to_string().contains("SECRET"));
        }
        let error = refused("postgres://u:SECRET@h/d?sslcert=SECRET");
        assert_eq!(
            error,
            StoreUrlError::UnknownOption { scheme: "postgres".into(), option: "sslcert".into() }
        );
    }
}
