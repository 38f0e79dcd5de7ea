//! Enrolment: faces become stored samples, and their user's template follows.

use std::sync::Arc;

use embedding::{Embedding, EmbeddingError, Template};
use embedding_store::{DuplicatePolicy, EventName, FaceSample, StoreError, Subject, Username};

use super::duplicates::Duplicate;
use super::enrolment::{EnrolmentFace, EnrolmentOptions, EnrolmentOutcome};
use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::other_person::{self, OtherPerson};
use super::repeat::Earlier;
use super::store_samples::{Seen, samples_of};
use super::{EventService, Inner, to_the_end};
use crate::EventError;

/// How often an enrolment is decided anew when other services change the event meanwhile. Each time one of them has got on,
/// so more than a few are needed only where many work on one event.
const ATTEMPTS: usize = 64;

/// What is to be stored, and what was found out before.
struct Plan<'a> {
    earlier: Earlier,
    pending: Vec<&'a EnrolmentFace>,
    duplicates: Vec<Duplicate>,
    other_people: Vec<OtherPerson>,
}

impl EventService {
    /// Adds a face to a user; the user and the event are made when they are not there. Durable on return.
    /// That another user has it, or that it is unlike the user's others, is in the log as a warning, unless the event has
    /// a rule for that.
    ///
    /// # Errors
    /// As for [`EventService::enrol_all`].
    pub async fn enrol(
        &self,
        event: &EventName,
        user: &Username,
        face: EnrolmentFace,
    ) -> Result<EnrolmentOutcome, EventError> {
        let options = EnrolmentOptions {
            on_duplicate_default: DuplicatePolicy::Warn,
            on_other_person_default: DuplicatePolicy::Warn,
            ..EnrolmentOptions::default()
        };
        self.enrol_all(event, user, vec![face], options).await
    }

    /// Adds faces to a user; the user and the event are made when they are not there. Durable on return.
    ///
    /// Whether another user has one of them, within the distance that is a match in the event, is decided by
    /// what the store holds, where it keeps versions ([`embedding_store::EventVersions`]) and the rule is to refuse. Else it is
    /// decided by what this service knows, and one whom another service enrolled in the same moment can be missed.
    ///
    /// A request with the mark of one that was made before answers as that did and writes nothing; one that
    /// was interrupted before it was done is continued. Of two that are made to two services in the same moment
    /// one is done, and both answer the same.
    ///
    /// # Errors
    /// Nothing was written on [`EventError::ModelMismatch`], when the event is of another model than a face or its
    /// model is not served, on [`EventError::Embedding`], when there is no face or no template can be made of
    /// them, on [`EventError::SimilarUser`] and [`EventError::SimilarEvent`], on [`EventError::NoTemplate`], when none can be made of them with those that are there, on
    /// [`EventError::Score`], [`EventError::DuplicatePerson`], [`EventError::OtherPerson`] and
    /// [`EventError::RequestReused`]. On
    /// [`EventError::Store`] see the store's error: the first faces may have been stored, each wholly, and on
    /// [`EventError::Interrupted`] all.
    pub async fn enrol_all(
        &self,
        event: &EventName,
        user: &Username,
        faces: Vec<EnrolmentFace>,
        options: EnrolmentOptions,
    ) -> Result<EnrolmentOutcome, EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.enrol(&event, &user, &faces, &options).await }).await
    }
}

impl Inner {
    pub(super) async fn enrol(
        &self,
        event: &EventName,
        user: &Username,
        faces: &[EnrolmentFace],
        options: &EnrolmentOptions,
    ) -> Result<EnrolmentOutcome, EventError> {
        let turn = self.galleries.turn(event).await;
        let mut was_read = false;
        for _ in 0..ATTEMPTS {
            let loaded = match self.current(&turn).await? {
                // The same request may have made it through another service, of which no change has come yet.
                None if options.request.is_some() => self.read(&turn).await?,
                loaded => loaded,
            };
            match self.enrol_in(&turn, loaded, user, faces, options).await {
                // In each case nothing was written. Another service changed the event since its faces were searched, or is
                // doing this very request.
                Err(EventError::Store(error @ StoreError::Changed { .. })) => {
                    tracing::debug!(%event, %error, "enrolment tried again: the event was changed by another");
                }
                Err(EventError::Store(error @ StoreError::Conflict { subject: Subject::User(..), .. }))
                    if options.request.is_some() =>
                {
                    tracing::debug!(%event, %error, "enrolment looked up again: the request is done elsewhere too");
                }
                // Another service made the event for another model, and no change has come of it yet.
                Err(EventError::Store(error @ StoreError::Conflict { subject: Subject::Event(_), .. }))
                    if !was_read =>
                {
                    tracing::info!(%event, %error, "enrolment tried again: the event was changed by another");
                    // Now that the model is known, a face of another is refused with `ModelMismatch`.
                    self.read(&turn).await?;
                    was_read = true;
                }
                outcome => return outcome,
            }
        }
        Err(StoreError::unavailable(true, "other servers change the event faster than it is read").into())
    }

    async fn enrol_in(
        &self,
        turn: &Turn<'_>,
        loaded: Option<LoadedEvent>,
        user: &Username,
        faces: &[EnrolmentFace],
        options: &EnrolmentOptions,
    ) -> Result<EnrolmentOutcome, EventError> {
        let refuses =
            options.duplicate_policy(loaded.as_ref().map(LoadedEvent::rules)) == DuplicatePolicy::Reject;
        let (loaded, seen) =
            if refuses { self.caught_up(turn, loaded).await? } else { (loaded, Seen::Unknown) };
        let event = turn.event();
        // All faces before anything is written: a request with one wrong face stores none.
        for face in faces {
            self.expect_model(event, loaded.as_ref().map(LoadedEvent::model), face.embedding.model())?;
        }
        let known = loaded.as_ref().is_some_and(|loaded| loaded.may_have(user));
        // With a mark also an unknown user: another service may have enrolled them by this very request.
        let (loaded, enrolled) = if known || (loaded.is_some() && options.request.is_some()) {
            self.enrolled(event, user, loaded).await?
        } else {
            (loaded, Vec::new())
        };

        if loaded.is_none() {
            self.expect_distinct_event(event)?;
        }
        if enrolled.is_empty() {
            self.expect_distinct_user(event, loaded.as_ref(), user, None).await?;
        }
        let Plan { earlier, pending, duplicates, other_people } =
            self.plan(event, loaded.as_ref(), user, faces, &enrolled, options).await?;
        if let (true, Some(embedding_count)) = (earlier.is_all(), earlier.count) {
            tracing::info!(%event, %user, embedding_count, "user enrolled before by the same request");
            let samples = earlier.samples.into_iter().flatten().collect();
            return Ok(EnrolmentOutcome {
                embedding_count,
                samples,
                duplicates,
                other_people,
                repeated: true,
            });
        }
        let made = samples_of(event, user, &pending, options, &enrolled)?;
        let template = self.template_with(event, user, &enrolled, &made)?;
        if loaded.is_none()
            && let Some(record) = self.with_end(event, template.model())
        {
            // Made before its first sample, which has an end from the first moment then; and all is looked at again.
            self.make_with_end(turn, record).await?;
            return Err(StoreError::event_changed(event).into());
        }
        let users_before = match &loaded {
            Some(LoadedEvent::InMemory(gallery)) => gallery.len(),
            Some(LoadedEvent::InStore(..)) | None => 0,
        };
        // Made before the write: what fails here must not leave samples behind that are not searched.
        let now_loaded = match loaded {
            Some(LoadedEvent::InMemory(gallery)) => self.keep(gallery.with(user, &template)?),
            Some(loaded @ LoadedEvent::InStore(..)) => loaded,
            None => self.keep(self.empty(template.model()).with(user, &template)?),
        };
        let mut ids = made.iter().map(FaceSample::id).collect::<Vec<_>>().into_iter();
        let samples =
            earlier.samples.into_iter().filter_map(|stored| stored.or_else(|| ids.next())).collect();

        let embedding_count = self.append(turn, seen, enrolled.len(), made, now_loaded.clone()).await?;
        // Not before the write: the log must not report an enrolment that failed.
        for Duplicate { user: other, distance } in &duplicates {
            tracing::warn!(%event, %user, %other, %distance, "a face was enrolled that another user has");
        }
        for OtherPerson { distance, .. } in &other_people {
            tracing::warn!(%event, %user, %distance, "a face was enrolled that is unlike the user's others");
        }
        tracing::info!(%event, %user, embedding_count, "user enrolled");
        if let LoadedEvent::InMemory(gallery) = &now_loaded {
            self.warn_when_lax(event, &now_loaded, users_before, gallery.len());
        }
        Ok(EnrolmentOutcome { embedding_count, samples, duplicates, other_people, repeated: false })
    }

    /// What of the request is still to be done, and whether it may be.
    async fn plan<'a>(
        &self,
        event: &EventName,
        loaded: Option<&LoadedEvent>,
        user: &Username,
        faces: &'a [EnrolmentFace],
        enrolled: &[FaceSample],
        options: &EnrolmentOptions,
    ) -> Result<Plan<'a>, EventError> {
        if faces.is_empty() {
            return Err(EmbeddingError::NoSamples.into());
        }
        let reused = || EventError::RequestReused { event: event.clone(), user: user.clone() };
        let earlier = Earlier::find(event, user, options.request.as_deref(), faces, enrolled)?;
        let earlier = earlier.ok_or_else(reused)?;
        let stored = faces.iter().zip(&earlier.samples);
        let pending: Vec<_> = stored.filter(|(_, sample)| sample.is_none()).map(|(face, _)| face).collect();
        let embeddings: Vec<_> = faces.iter().map(|face| &face.embedding).collect();
        let policy = options.duplicate_policy(loaded.map(LoadedEvent::rules));
        let duplicates = match (policy, loaded) {
            (DuplicatePolicy::Allow, _) | (_, None) => Vec::new(),
            // What was done before stays done.
            (DuplicatePolicy::Reject, Some(_)) if pending.is_empty() => Vec::new(),
            // Under `Warn` also for a request that was done before: its answer names them again.
            (_, Some(loaded)) => self.duplicates(event, loaded, user, &embeddings).await?,
        };
        match (policy, duplicates.first()) {
            (DuplicatePolicy::Warn | DuplicatePolicy::Allow, _) | (_, None) => {}
            (_, Some(Duplicate { user, distance })) => {
                let (event, user) = (event.clone(), user.clone());
                return Err(EventError::DuplicatePerson { event, user, distance: *distance });
            }
        }
        let other_people = self.unlike(event, loaded, user, &embeddings, enrolled, &earlier, options)?;
        Ok(Plan { earlier, pending, duplicates, other_people })
    }

    /// The faces that are unlike the user's others, unless they are allowed.
    #[expect(clippy::too_many_arguments, reason = "all that a request is about")]
    fn unlike(
        &self,
        event: &EventName,
        loaded: Option<&LoadedEvent>,
        user: &Username,
        faces: &[&Embedding],
        enrolled: &[FaceSample],
        earlier: &Earlier,
        options: &EnrolmentOptions,
    ) -> Result<Vec<OtherPerson>, EventError> {
        let policy = options.other_person_policy(loaded.map(LoadedEvent::rules));
        let Some(model) = faces.first().map(|face| face.model()) else { return Ok(Vec::new()) };
        if policy == DuplicatePolicy::Allow {
            return Ok(Vec::new());
        }
        let is_new = |face: usize| earlier.samples.get(face).is_some_and(Option::is_none);
        let unlike = other_person::others(self.models.of_event(event, model)?, enrolled, faces, is_new)?;
        // Of two faces each is unlike the other: the later one is named.
        match (policy, unlike.iter().max_by_key(|other| (other.distance, other.face))) {
            (DuplicatePolicy::Warn, _) | (_, None) => Ok(unlike),
            (_, Some(&OtherPerson { face, distance })) => {
                Err(EventError::OtherPerson { event: event.clone(), user: user.clone(), face, distance })
            }
        }
    }

    /// The template of a user with more samples. It is made before they are stored, and for each of them, as each
    /// is stored by itself: what is stored must always make one.
    fn template_with(
        &self,
        event: &EventName,
        user: &Username,
        enrolled: &[FaceSample],
        made: &[FaceSample],
    ) -> Result<Template, EventError> {
        let cancels = |error: EmbeddingError| match (error, enrolled) {
            (EmbeddingError::ZeroLength, [_, ..]) => {
                EventError::NoTemplate { event: event.clone(), user: user.clone() }
            }
            (error, _) => error.into(),
        };
        for count in 1..=made.len() {
            let samples = enrolled.iter().chain(made.iter().take(count));
            Template::check(samples.map(FaceSample::embedding)).map_err(cancels)?;
        }
        // In the order of their ids, as when the event is read: another order rounds otherwise.
        let mut samples: Vec<_> = enrolled.iter().chain(made).collect();
        samples.sort_by_key(|sample| sample.id());
        let model =
            samples.first().map(|sample| sample.embedding().model()).ok_or(EmbeddingError::NoSamples)?;
        Template::from_embeddings(self.models.scale(model), samples.iter().map(|sample| sample.embedding()))
            .map_err(cancels)
    }

    /// The samples of a user who may be known: none when the store does not know the user. Without the event
    /// when it is gone too, as another service deleted it and no change has come of it yet.
    pub(super) async fn enrolled(
        &self,
        event: &EventName,
        user: &Username,
        loaded: Option<LoadedEvent>,
    ) -> Result<(Option<LoadedEvent>, Vec<FaceSample>), EventError> {
        match self.store.samples(event, user).await {
            Ok(samples) => Ok((loaded, samples)),
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => Ok((None, Vec::new())),
            Err(StoreError::NotFound { .. }) => Ok((loaded, Vec::new())),
            Err(error) => Err(error.into()),
        }
    }
}
