//! Why something about an event was not done.

use embedding::{Distance, EmbeddingError, ModelId};
use embedding_store::{EventName, InvalidScore, StoreError, Username};
use uuid::Uuid;

use crate::RuleError;

/// What the service answers when it does not do as asked. No variant carries an embedding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// There is no such event.
    #[error("event '{event}' does not exist")]
    UnknownEvent {
        /// What was looked for.
        event: EventName,
    },
    /// There is nobody to search: the event is unknown or has no users. The error does not say which of the two.
    #[error("event '{event}' does not exist or has no users")]
    NotSearchable {
        /// What was to be searched.
        event: EventName,
    },
    /// There is no such user in the event.
    #[error("user '{user}' does not exist in event '{event}'")]
    UnknownUser {
        /// The event.
        event: EventName,
        /// Who was looked for.
        user: Username,
    },
    /// The user has no such sample.
    #[error("user '{user}' of event '{event}' has no sample {id}")]
    UnknownSample {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
        /// What was looked for.
        id: Uuid,
    },
    /// Another user's name differs by characters alone that nobody sees.
    #[error(
        "the name of user '{user}' differs from another's in event '{event}' by invisible characters alone"
    )]
    SimilarUser {
        /// The event.
        event: EventName,
        /// Who was to be made.
        user: Username,
    },
    /// There is a user with this name.
    #[error("user '{user}' of event '{event}' already exists")]
    UserExists {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
    },
    /// A user was to be merged into themselves.
    #[error("user '{user}' of event '{event}' cannot be merged into themselves")]
    SameUser {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
    },
    /// Another event's name differs by characters alone that nobody sees.
    #[error("the name of event '{event}' differs from another's by invisible characters alone")]
    SimilarEvent {
        /// What was to be made.
        event: EventName,
    },
    /// There is an event with this name.
    #[error("event '{event}' already exists")]
    EventExists {
        /// The event.
        event: EventName,
    },
    /// A user has at least one sample: the last one goes with the user only.
    #[error("it is the only sample of user '{user}' of event '{event}'")]
    LastSample {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
    },
    /// Another user of the event has one of the faces.
    #[error("the face is that of user '{user}' of event '{event}', at a distance of {distance}")]
    DuplicatePerson {
        /// The event.
        event: EventName,
        /// The other user.
        user: Username,
        /// How far their template is from the face.
        distance: Distance,
    },
    /// A face is unlike the user's others: it is another person's.
    #[error(
        "face {face} of the request is unlike the others of user '{user}' of event '{event}', at a distance of {distance}"
    )]
    OtherPerson {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
        /// Which face of the request, from 0.
        face: usize,
        /// How far it is from the others.
        distance: Distance,
    },
    /// With these faces, or without that one, the user's samples would cancel out and make no template.
    #[error(
        "the faces of user '{user}' of event '{event}' would cancel out, and nobody could be found by them"
    )]
    NoTemplate {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
    },
    /// The user has samples of another request with the same mark.
    #[error("user '{user}' of event '{event}' was enrolled by another request with the same mark")]
    RequestReused {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
    },
    /// Faces of two models cannot be compared, and a threshold has a meaning in one model only.
    #[error(
        "event '{event}' holds faces of model '{expected}', which those of model '{given}' cannot join or meet"
    )]
    ModelMismatch {
        /// The event.
        event: EventName,
        /// The model of the event's faces.
        expected: ModelId,
        /// The other model: the face's, or the one of new events of this service, which does not serve the
        /// event's.
        given: ModelId,
    },
    /// The face given has no usable embedding.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// The face given has no usable detection score.
    #[error(transparent)]
    Score(#[from] InvalidScore),
    /// The samples stored of a user make no template. Such a user is never left out in silence.
    #[error("the stored faces of user '{user}' of event '{event}' cannot be used")]
    UnusableSamples {
        /// The event.
        event: EventName,
        /// The user.
        user: Username,
        /// What is wrong with them.
        source: EmbeddingError,
    },
    /// The event's own rule for a match cannot be kept here, so nothing is decided by another.
    #[error("the rule for a match of event '{event}' cannot be kept")]
    Rule {
        /// The event.
        event: EventName,
        /// What is wrong with the rule.
        source: RuleError,
    },
    /// The service's rule for a match cannot be kept.
    #[error(transparent)]
    Policy(RuleError),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was ended before it was done: this program is stopping, or has a fault.
    #[error("the work was ended before it was done")]
    Interrupted(#[source] tokio::task::JoinError),
}
