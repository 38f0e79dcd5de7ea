//! Enrolment: a face becomes a stored sample, and its user's template follows.

use std::sync::Arc;

use embedding::{Embedding, Template};
use embedding_store::{EventName, FaceSample, StoreError, Subject, Username};
use time::OffsetDateTime;

use super::Inner;
use super::galleries::Turn;
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
        let gallery = self.current(&turn).await?;
        match self.enrol_in(&turn, gallery, user, &face).await {
            // Another service deleted the event, or made it, and that was not told yet. Nothing was written.
            Err(EventError::Store(error)) if is_about_event(&error) => {
                tracing::info!(%event, %error, "enrolment tried again: the event was changed by another");
                let gallery = self.read(&turn).await?;
                self.enrol_in(&turn, gallery, user, &face).await
            }
            outcome => outcome,
        }
    }

    async fn enrol_in(
        &self,
        turn: &Turn<'_>,
        gallery: Option<Arc<Gallery>>,
        user: &Username,
        face: &EnrolmentFace,
    ) -> Result<Enrolment, EventError> {
        let event = turn.event();
        self.expect_model(event, gallery.as_deref(), &face.embedding)?;

        // The template is made before the sample is stored: what is stored must always make one.
        let known = gallery.as_ref().is_some_and(|gallery| gallery.contains(user));
        let enrolled = if known { self.enrolled(event, user).await? } else { Vec::new() };
        let embeddings = enrolled.iter().map(FaceSample::embedding).chain([&face.embedding]);
        let template = Template::from_samples(embeddings)?;
        let gallery = match gallery {
            Some(gallery) => gallery.with(user, &template)?,
            None => Gallery::empty(self.model.clone()).with(user, &template)?,
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
        // Another count means that the store held other samples than were read: the event is then stale.
        if embedding_count == enrolled.len() + 1 {
            change.done(Some(gallery));
        }
        tracing::info!(%event, %user, embedding_count, "user enrolled");
        Ok(Enrolment { embedding_count })
    }

    /// The samples of a user in the gallery; none when the store does not know the user any more.
    async fn enrolled(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, EventError> {
        match self.store.samples(event, user).await {
            Ok(samples) => Ok(samples),
            Err(StoreError::NotFound { subject: Subject::User(..) }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the store says that the event is not what it was here.
fn is_about_event(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::NotFound { subject: Subject::Event(_) }
            | StoreError::Conflict { subject: Subject::Event(_), .. }
    )
}
