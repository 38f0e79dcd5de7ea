//! pgvector, where the database has it: statements in terms of the schema that it is installed in.
//!
//! Templates lie in a column of plain numbers, which is cast where they are compared. So nothing that is
//! stored depends on the extension: it may come and go, and a backup can be restored without it.

use super::connection::Lease;
use super::failure::Failure;
use super::locks;
use crate::StoreError;

const FIND: &str = "SELECT quote_ident(nspname), extversion FROM pg_extension \
                    JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'";
const IS_OFFERED: &str = "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'";

/// For a search by the index, which holds all events: it goes on until enough of the one are found.
// LOCAL, so that the connection returns to the pool unchanged. A scan also ends after
// hnsw.max_scan_tuples (20,000 by default), so fewer than wanted may be found of a small event among
// large ones.
pub(super) const INDEX_SETTINGS: &str =
    "SET LOCAL hnsw.ef_search = 200; SET LOCAL hnsw.iterative_scan = strict_order";

/// What the database can do with templates.
#[derive(Debug)]
pub(super) struct Vectors {
    /// The nearest, with the distance. Parameters: event, probe, how many.
    pub(super) first: String,
    /// Those at most so far away. Parameters: event, probe, distance.
    pub(super) within: String,
    /// The nearest by the index. Parameters: event, probe, how many.
    pub(super) indexed: String,
    /// Whether the index is to be used.
    pub(super) is_approximate: bool,
}

/// Installs the extension where it is offered and may be, and finds it.
pub(super) async fn find(lease: &Lease, approximate: bool) -> Result<Option<Vectors>, Failure> {
    let mut found = lease.rows(FIND, &[]).await?;
    if found.is_empty() && !lease.rows(IS_OFFERED, &[]).await?.is_empty() {
        install(lease).await?;
        found = lease.rows(FIND, &[]).await?;
    }
    let Some(row) = found.first() else {
        if approximate {
            let reason = "index=hnsw needs the extension pgvector in the database: install it, or leave the option out";
            return Err(StoreError::misconfigured(reason).into());
        }
        return Ok(None);
    };
    let (schema, version): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    if approximate {
        make_index(lease, schema, version).await?;
    }
    Ok(Some(Vectors::new(schema, approximate)))
}

/// Installs the extension, where this user may. One server at a time: two who do it at once disturb each other.
async fn install(lease: &Lease) -> Result<(), Failure> {
    let install = format!("BEGIN; {}; CREATE EXTENSION IF NOT EXISTS vector; COMMIT", locks::MAKE);
    match lease.within(lease.batch_execute(&install)).await {
        // Not every user may. The transaction is open still.
        Err(Failure::Refused(_)) => lease.roll_back().await,
        done => done,
    }
}

async fn make_index(lease: &Lease, schema: &str, version: &str) -> Result<(), Failure> {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    // Iterative scans came with 0.8. The index holds the users of all events: without such a scan a search
    // finds too few whenever the nearest entries belong to other events.
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (0, 8) {
        let reason = format!("index=hnsw needs pgvector 0.8 or newer, the database has {version}: update it");
        return Err(StoreError::misconfigured(reason).into());
    }
    // Minutes for a million templates, without a limit. CREATE INDEX lets nobody write to `users` meanwhile. One server at
    // a time: of two who see that there is none, the second fails.
    let make = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; {}; CREATE INDEX IF NOT EXISTS users_template_hnsw ON users \
         USING hnsw ((template::{schema}.vector(128)) {schema}.vector_l2_ops); COMMIT",
        locks::MAKE
    );
    Ok(lease.batch_execute(&make).await?)
}

impl Vectors {
    fn new(schema: &str, is_approximate: bool) -> Self {
        // search_path holds the store's schema alone, and the extension may be in another one.
        let distance = format!(
            "(template::{schema}.vector(128) OPERATOR({schema}.<->) $2::real[]::{schema}.vector(128))"
        );
        // With a sum in place of the distance itself the index cannot be used: it may pass rows over.
        let first = format!(
            "SELECT name, template, {distance} + 0 AS distance FROM users \
             WHERE event = $1 AND template IS NOT NULL ORDER BY distance LIMIT $3"
        );
        let within = format!(
            "SELECT name, template FROM users WHERE event = $1 AND template IS NOT NULL AND {distance} <= $3"
        );
        let indexed = format!(
            "SELECT name, template FROM users WHERE event = $1 AND template IS NOT NULL \
             ORDER BY {distance} LIMIT $3"
        );
        Self { first, within, indexed, is_approximate }
    }
}
