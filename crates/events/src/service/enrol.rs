//! Enrolment: faces become stored samples, and their user's template follows.

use std::sync::Arc;

use embedding::{Embedding, EmbeddingError, Template};
use embedding_store::{DuplicatePolicy, EventName, EventRecord, FaceSample, StoreError, Subject, Username};
use time::OffsetDateTime;

use super::duplicates::Duplicate;
use super::enrolment::{EnrolmentFace, EnrolmentOptions, EnrolmentOutcome};
use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::other_person::{self, OtherPerson};
use super::repeat::Earlier;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

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
    /// what this service knows: one whom another service enrolled in the same moment can be missed.
    ///
    /// A request with the mark of one that was made before answers as that did and writes nothing; one that
    /// was interrupted before it was done is continued. Two that are made to two services in the same moment
    /// may both be done.
    ///
    /// # Errors
    /// Nothing was written on [`EventError::ModelMismatch`], when the event is of another model than a face or its
    /// model is not served, on [`EventError::Embedding`], when there is no face or no template can be made of
    /// them, on [`EventError::NoTemplate`], when none can be made of them with those that are there, on
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
        let loaded = match self.current(&turn).await? {
            // The same request may have made it through another service, of which no change has come yet.
            None if options.request.is_some() => self.read(&turn).await?,
            loaded => loaded,
        };
        match self.enrol_in(&turn, loaded, user, faces, options).await {
            // Another service made the event for another model, and no change has come of it yet. Nothing was written.
            Err(EventError::Store(error @ StoreError::Conflict { subject: Subject::Event(_), .. })) => {
                tracing::info!(%event, %error, "enrolment tried again: the event was changed by another");
                // Now that the model is known, a face of another is refused with `ModelMismatch`.
                let loaded = self.read(&turn).await?;
                self.enrol_in(&turn, loaded, user, faces, options).await
            }
            outcome => outcome,
        }
    }

    async fn enrol_in(
        &self,
        turn: &Turn<'_>,
        loaded: Option<LoadedEvent>,
        user: &Username,
        faces: &[EnrolmentFace],
        options: &EnrolmentOptions,
    ) -> Result<EnrolmentOutcome, EventError> {
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
        let template = self.template_with(event, user, &enrolled, &pending)?;
        let is_new = loaded.is_none();
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
        let new_event = is_new.then(|| self.with_end(event, template.model())).flatten();
        let made = pending.iter().map(|face| sample(event, user, face, options));
        let made = made.collect::<Result<Vec<_>, EventError>>()?;
        let mut ids = made.iter().map(FaceSample::id).collect::<Vec<_>>().into_iter();
        let samples =
            earlier.samples.into_iter().filter_map(|stored| stored.or_else(|| ids.next())).collect();

        let embedding_count = self.append(turn, new_event, enrolled.len(), made, now_loaded.clone()).await?;
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
        let earlier = Earlier::find(options.request.as_deref(), faces, enrolled)?.ok_or_else(reused)?;
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

    /// The template of a user with more faces. It is made before they are stored, and for each of them, as each
    /// is stored by itself: what is stored must always make one.
    fn template_with(
        &self,
        event: &EventName,
        user: &Username,
        enrolled: &[FaceSample],
        faces: &[&EnrolmentFace],
    ) -> Result<Template, EventError> {
        let samples = |count: usize| {
            let faces = faces.iter().take(count).map(|face| &face.embedding);
            enrolled.iter().map(FaceSample::embedding).chain(faces)
        };
        let cancels = |error: EmbeddingError| match (error, enrolled) {
            (EmbeddingError::ZeroLength, [_, ..]) => {
                EventError::NoTemplate { event: event.clone(), user: user.clone() }
            }
            (error, _) => error.into(),
        };
        for count in 1..=faces.len() {
            Template::check(samples(count)).map_err(cancels)?;
        }
        let model = faces.first().map(|face| face.embedding.model()).ok_or(EmbeddingError::NoSamples)?;
        Template::from_embeddings(self.models.scale(model), samples(faces.len())).map_err(cancels)
    }

    /// Stores samples of a user with so many, publishes what the event then is, and returns the new count.
    async fn append(
        &self,
        turn: &Turn<'_>,
        new_event: Option<EventRecord>,
        before: usize,
        samples: Vec<FaceSample>,
        now_loaded: LoadedEvent,
    ) -> Result<usize, EventError> {
        let change = turn.change();
        let (mut count, mut expected, mut as_read) = (before, before, true);
        if let Some(event) = new_event {
            match self.store.create_event(event).await {
                // Another made it meanwhile, and said how long it is kept.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // One after another: if one fails those before it are stored, and each count is known beforehand.
        for sample in samples {
            expected += 1;
            count = match self.store.append_sample(sample).await {
                Ok(count) => count,
                // It was refused for what it says, so what is published is still right. Any other error casts
                // doubt on that.
                Err(error @ StoreError::Unstorable { .. }) if expected == before + 1 => {
                    change.nothing_written();
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            };
            as_read &= count == expected;
        }
        // Another count means that the store held other samples than were read: a gallery is then stale.
        if as_read || matches!(now_loaded, LoadedEvent::InStore(..)) {
            change.done(Some(now_loaded));
        }
        Ok(count)
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

fn sample(
    event: &EventName,
    user: &Username,
    face: &EnrolmentFace,
    options: &EnrolmentOptions,
) -> Result<FaceSample, EventError> {
    let EnrolmentFace { embedding, detection_score, quality, source } = face.clone();
    let now = OffsetDateTime::now_utc();
    let sample = FaceSample::new(event.clone(), user.clone(), embedding, detection_score, source, now)?;
    let sample = sample.with_quality(quality);
    let sample = match &options.request {
        Some(request) => sample.with_request(request.clone()),
        None => sample,
    };
    // All before the first is stored: a request that cannot be kept is refused as a whole.
    sample.check_storable()?;
    Ok(sample)
}
