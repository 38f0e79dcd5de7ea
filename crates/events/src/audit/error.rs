//! Why something about the audit was not done.

use embedding_store::StoreError;

/// What [`AuditTrail`](crate::AuditTrail) answers when it does not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The journal has been unavailable for so long that no more entries can wait for it: this one is lost, but
    /// for the log.
    #[error(
        "the audit entry is lost: the journal is not available, and {waiting} entries wait for it already"
    )]
    Lost {
        /// How many wait.
        waiting: usize,
    },
    /// The journal did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was ended before it was done: this program is stopping, or has a fault.
    #[error("the work was ended before it was done")]
    Interrupted(#[source] tokio::task::JoinError),
}
