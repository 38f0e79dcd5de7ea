//! Enrolment: a face becomes a stored sample, and its user's template follows.

use embedding::{Embedding, Template};
use embedding_store::{EventName, FaceSample, StoreError, Subject, Username};
use time::OffsetDateTime;

use super::Inner;
use super::galleries::Turn;
use super::held::Held;
use crate::{EventError, Gallery};

/// A face to enrol.
#[derive(Debug, Clone)]
pub struct EnrolmentFace {
    /// What the network says of it.
    pub embedding: Embedding,
    /// What the detector gave it; finite, on the detector's scale.
    pub detection_score: f32,
    /// How it came, such as the route.
    pub source: String,
}

/// What came of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// How many samples the user now has.
    pub embedding_count: usize,
}

impl Inner {
    pub(super) async fn enrol(
        &self,
        event: &EventName,
        user: &Username,
        face: EnrolmentFace,
    ) -> Result<Enrolment, EventError> {
        let turn = self.galleries.turn(event).await;
        let held = self.current(&turn).await?;
        match self.enrol_in(&turn, held, user, &face).await {
            // Another service made the event for another model, and that was not told yet. Nothing was written.
            Err(EventError::Store(error @ StoreError::Conflict { subject: Subject::Event(_), .. })) => {
                tracing::info!(%event, %error, "enrolment tried again: the event was changed by another");
                let held = self.read(&turn).await?;
                self.enrol_in(&turn, held, user, &face).await
            }
            outcome => outcome,
        }
    }

    async fn enrol_in(
        &self,
        turn: &Turn<'_>,
        held: Option<Held>,
        user: &Username,
        face: &EnrolmentFace,
    ) -> Result<Enrolment, EventError> {
        let event = turn.event();
        self.expect_model(event, held.as_ref().map(Held::model), &face.embedding)?;

        // The template is made before the sample is stored: what is stored must always make one.
        let known = match &held {
            Some(Held::InMemory(gallery)) => gallery.contains(user),
            Some(Held::InStore(..)) => true,
            None => false,
        };
        let (held, enrolled) =
            if known { self.enrolled(event, user, held).await? } else { (held, Vec::new()) };
        let embeddings = enrolled.iter().map(FaceSample::embedding).chain([&face.embedding]);
        let template = Template::of(self.limits.metric(), embeddings)?;
        let now_held = match held {
            Some(Held::InMemory(gallery)) => self.held(gallery.with(user, &template)?),
            Some(held @ Held::InStore(..)) => held,
            None => {
                let empty = Gallery::empty(self.model.clone(), self.limits.metric());
                self.held(empty.with(user, &template)?)
            }
        };
        let now = OffsetDateTime::now_utc();
        let EnrolmentFace { embedding, detection_score, source } = face.clone();
        let sample = FaceSample::new(event.clone(), user.clone(), embedding, detection_score, source, now)?;

        let change = turn.change();
        let embedding_count = match self.store.append_sample(sample).await {
            Ok(count) => count,
            Err(error @ StoreError::Unstorable { .. }) => {
                change.nothing_written();
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        // Another count means that the store held other samples than were read: a gallery is then stale.
        if embedding_count == enrolled.len() + 1 || matches!(now_held, Held::InStore(..)) {
            change.done(Some(now_held));
        }
        tracing::info!(%event, %user, embedding_count, "user enrolled");
        Ok(Enrolment { embedding_count })
    }

    /// The samples of a user who may be known: none when the store does not know the user. Without the event
    /// when it is gone too, as another service deleted it and that was not told yet.
    async fn enrolled(
        &self,
        event: &EventName,
        user: &Username,
        held: Option<Held>,
    ) -> Result<(Option<Held>, Vec<FaceSample>), EventError> {
        match self.store.samples(event, user).await {
            Ok(samples) => Ok((held, samples)),
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => Ok((None, Vec::new())),
            Err(StoreError::NotFound { .. }) => Ok((held, Vec::new())),
            Err(error) => Err(error.into()),
        }
    }
}
