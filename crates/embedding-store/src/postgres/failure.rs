//! What the server, the connection and the pool report, in the words of [`StoreError`].

use std::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::{Outage, StoreError};

/// What a pooler in transaction mode is met with.
pub(super) const POOLED: &str = "each transaction has another session, as behind a pooler in transaction mode: use its \
                                 session mode, or the database's own address";

/// What the server said. Its details and context are left out: they may hold what was to be stored.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct ServerSaid {
    code: String,
    message: String,
}

/// Why a call on a connection came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The call is at fault, or what is stored; the connection is as good as before.
    Refused(StoreError),
    /// Nobody knows what the connection will answer next.
    Lost(StoreError),
    /// The other end has closed the connection.
    Dead(StoreError),
}

impl Failure {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Refused(error) | Self::Lost(error) | Self::Dead(error) => error,
        }
    }

    /// After a refusal amid a transaction: the connection is not worth its repair.
    pub(super) fn amid_a_transaction(self) -> Self {
        match self {
            Self::Refused(error) => Self::Lost(error),
            lost @ (Self::Lost(_) | Self::Dead(_)) => lost,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_dead = match error.code() {
            Some(code) => ends_connections(code),
            None => error.is_closed() || io_error(&error).is_some(),
        };
        // A session that may not write stays so when the database takes writes again, so it is given up. FEATURE_NOT_SUPPORTED comes when the tables have changed under a prepared statement, as when a newer
        // version migrates: only a new connection prepares it anew. An error without a code is one of the client
        // library, and how much of a batch had been sent by then is unknown.
        let is_stale = error.code().is_none_or(|code| {
            [SqlState::FEATURE_NOT_SUPPORTED, SqlState::READ_ONLY_SQL_TRANSACTION].contains(code)
        });
        let error = statement_error(error);
        match (is_dead, is_stale) {
            (true, _) => Self::Dead(error),
            (false, true) => Self::Lost(error),
            (false, false) => Self::Refused(error),
        }
    }
}

fn ends_connections(code: &SqlState) -> bool {
    // The server closes the connection right after one of these; after other codes it goes on.
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::IDLE_SESSION_TIMEOUT].contains(code)
}

/// No connection could be had.
pub(super) fn pool_error(error: PoolError, size: usize) -> StoreError {
    match error {
        PoolError::Backend(error) => connect_error(error),
        PoolError::Timeout(TimeoutType::Wait) => {
            StoreError::unavailable(true, format!("all {size} connections to the database are in use"))
        }
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
            StoreError::unavailable(true, "the database did not take a connection in time")
        }
        PoolError::PostCreateHook(HookError::Backend(error)) => connect_error(error),
        PoolError::PostCreateHook(HookError::Message(encoding)) => StoreError::Misconfigured {
            reason: format!(
                "the database has the encoding {encoding}, which cannot hold every name: make one with UTF8"
            ),
            source: Some(Outage::OtherEncoding.into()),
        },
        PoolError::Closed => StoreError::unavailable(false, "the store has been closed"),
        PoolError::NoRuntimeSpecified => {
            StoreError::misconfigured("the database store needs a tokio runtime: call it from one")
        }
    }
}

pub(super) fn connect_error(error: Error) -> StoreError {
    if error.as_db_error().is_some() {
        return statement_error(error);
    }
    // Before the check for errors of input and output, because rustls wraps its own in one.
    if let Some(why) = refused_certificate(&error) {
        return StoreError::Misconfigured {
            reason: format!(
                "the certificate of the database is not trusted ({why}): see sslmode and sslrootcert"
            ),
            source: Some(error.into()),
        };
    }
    if error.is_closed() || io_error(&error).is_some() {
        let reason = match io_error(&error) {
            Some(why) => format!("the database cannot be reached ({why})"),
            None => "the database ended the connection".to_owned(),
        };
        // What is below it: it says itself no more than that there was no connection.
        return StoreError::Unavailable { retryable: true, reason, source: error.into_source() };
    }
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    // Such as a server without TLS, or one that asks for a password where none is given.
    StoreError::Misconfigured { reason: format!("{error}: {why}"), source: Some(error.into()) }
}

pub(super) fn statement_error(error: Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        if error.is_closed() || io_error(&error).is_some() {
            return StoreError::Unavailable {
                retryable: true,
                reason: "the connection to the database was lost".to_owned(),
                source: Some(error.into()),
            };
        }
        let what = "a row of the database has not the form that it must have".to_owned();
        return StoreError::Corrupt { what, source: Some(error.into()) };
    };
    let (code, message) = (said.code().code(), said.message());
    let source = || Some(ServerSaid { code: code.to_owned(), message: message.to_owned() }.into());
    let known = |outage: Outage, reason: &str| StoreError::Misconfigured {
        reason: format!("{reason} ({message})"),
        source: Some(outage.into()),
    };
    let unavailable = |retryable, reason: &str| StoreError::Unavailable {
        retryable,
        reason: format!("{reason} ({message})"),
        source: source(),
    };
    let misconfigured = |reason: &str| StoreError::Misconfigured {
        reason: format!("{reason} ({message})"),
        source: source(),
    };
    match *said.code() {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            known(Outage::LoginRefused, "the database refuses this user: check the user and the password")
        }
        SqlState::INVALID_CATALOG_NAME => {
            known(Outage::NoSuchDatabase, "there is no such database: make it, or name another one")
        }
        // What was prepared in this session is not there, or what was not is: each transaction has another one.
        SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
            known(Outage::Pooled, POOLED)
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            misconfigured("the user may not do this: give it the right, or the ownership of the schema")
        }
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::INVALID_SCHEMA_NAME => {
            misconfigured("the tables of the store are not there: restore them from a backup")
        }
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => StoreError::Corrupt {
            what: format!("the database reports damage: restore it from a backup ({message})"),
            source: source(),
        },
        SqlState::DISK_FULL | SqlState::IO_ERROR => {
            unavailable(false, "the database cannot write to its disk")
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::Unavailable {
            retryable: false,
            reason: format!("the database takes no writes ({message})"),
            source: Some(Outage::ReadOnly.into()),
        },
        // The code of statement_timeout, and of an operator's pg_cancel_backend.
        SqlState::QUERY_CANCELED => unavailable(true, "the database did not get done in time"),
        // The outdated statement: its connection is closed, so a repetition succeeds.
        SqlState::FEATURE_NOT_SUPPORTED => unavailable(true, "the database refuses for now"),
        // By class: connections, transactions to be repeated, resources, an operator at work, objects in use.
        _ if ["08", "40", "53", "55", "57"].iter().any(|class| code.starts_with(class)) => {
            unavailable(true, "the database refuses for now")
        }
        _ => unavailable(false, "the database refuses"),
    }
}

/// The first error of input or output below.
fn io_error(error: &Error) -> Option<&io::Error> {
    error.source().and_then(|source| source.downcast_ref::<io::Error>())
}

fn refused_certificate(error: &Error) -> Option<&rustls::Error> {
    io_error(error)?.get_ref()?.downcast_ref::<rustls::Error>()
}
