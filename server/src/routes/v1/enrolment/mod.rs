//! `POST /v1/events/{event}/users/{user}/faces`: faces to recognise a user by, as pictures or as embeddings.

mod request;
mod response;

use ::events::{Action, EnrolmentOptions, EnrolmentOutcome, EventError};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};

use self::request::{EmbeddingsBody, Faces, FacesForm, MOST_FACES, SentFace, embed};
use self::response::{Accepted, Enrolled};
use crate::audit::{PendingEntry, Transaction};
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::error::{DuplicateOf, UnlikeFace};
use crate::form::Form;
use crate::limits::RouteClass;
use crate::openapi::errors::{JSON, PICTURE, STORE};
use crate::routes::operation::Operation;
use crate::routes::v1::idempotency::Idempotency;
use crate::routes::v1::object::FromObject;
use crate::routes::v1::path::OfUser;
use crate::scores::{EmbeddingAccess, Scores};
use crate::service::Service;

/// The operation that enrols.
pub(super) fn operations() -> Vec<Operation> {
    let enrol = [
        codes::INVALID_NAME,
        codes::EVENT_NOT_ALLOWED,
        codes::INVALID_KEY,
        codes::INVALID_EMBEDDING,
        codes::OTHER_MODEL,
        codes::DUPLICATE_PERSON,
        codes::OTHER_PERSON,
        codes::NO_TEMPLATE,
        codes::KEY_REUSED,
        codes::UNUSABLE_RULE,
        codes::SIMILAR_NAME,
    ];
    vec![
        Operation::new(Role::Enrol, __path_enrol_faces, enrol_faces)
            .of_class(RouteClass::Enrolment)
            .or_json(enrol_embeddings)
            .with_several_pictures()
            .with_errors(&[STORE, PICTURE, JSON, &enrol]),
    ]
}

/// Enrol faces
///
/// Adds faces to a user; user and event are made when they are not there yet. Each picture shows the user alone.
/// Pictures that cannot be used are `rejected` with reasons while the others are enrolled; when none can be used
/// the answer is 422. With an `Idempotency-Key` the request can be sent again: it is done once. Pictures are not
/// kept.
///
/// As JSON, embeddings that the client made with the event's model are taken instead of pictures; with a key that is
/// for `admin`, unless the server has `scores = all`.
#[utoipa::path(
    post, path = "/v1/events/{event}/users/{user}/faces", tag = "Users and faces",
    params(OfUser, Idempotency),
    request_body(content((FacesForm = "multipart/form-data"), (EmbeddingsBody = "application/json"))),
    responses(
        (status = 200, description = "It had been done already", body = Enrolled),
        (status = 201, description = "At least one face is enrolled", body = Enrolled))
)]
async fn enrol_faces(
    service: Data<Service>,
    user: OfUser,
    key: Idempotency,
    scores: Scores,
    transaction: Transaction,
    form: Form<FacesForm, MOST_FACES>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::Enrol).at(&user.event).about(&user.user);
    let faces = async {
        let (pictures, options) = form.into_inner().parse()?;
        Ok((embed(&service, &user.event, pictures).await?, options))
    };
    enrol(&service, &user, key, scores, pending, faces).await
}

/// The same with embeddings.
async fn enrol_embeddings(
    _: EmbeddingAccess,
    service: Data<Service>,
    user: OfUser,
    key: Idempotency,
    scores: Scores,
    transaction: Transaction,
    body: Json<FromObject<EmbeddingsBody>>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::Enrol).at(&user.event).about(&user.user);
    enrol(&service, &user, key, scores, pending, async { body.into_inner().0.parse() }).await
}

/// Enrols what was sent, and says what came of it.
async fn enrol(
    service: &Service,
    OfUser { event, user }: &OfUser,
    Idempotency { key }: Idempotency,
    scores: Scores,
    pending: PendingEntry,
    faces: impl Future<Output = Result<(Faces, EnrolmentOptions), ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let enrolled = async {
        let (Faces { model, faces, sent, rejected }, options) = faces.await?;
        let options = EnrolmentOptions { request: key.map(|key| key.as_str().to_owned()), ..options };
        let outcome = service.events.enrol_all(event, user, faces, options).await;
        Ok::<_, ApiError>((outcome.map_err(|error| as_sent(error, &sent))?, model, sent, rejected))
    };
    let audited = |(outcome, ..): &(EnrolmentOutcome, _, _, _), entry| outcome.audited(entry);
    let (outcome, model, sent, rejected) = pending.record_as(enrolled, audited).await?;
    let EnrolmentOutcome { embedding_count, samples, duplicates, other_people, repeated } = outcome;
    let unlike =
        other_people.iter().map(|other| UnlikeFace::new(place(other.face, &sent), other.distance, scores));
    let other_people = unlike.collect();
    let mut duplicates = duplicates;
    if !scores.are_all() {
        // Their order by distance would say who of them is nearer.
        duplicates.sort_by(|one, other| one.user.cmp(&other.user));
    }
    let duplicates = duplicates.iter().map(|other| DuplicateOf::new(&other.user, other.distance, scores));
    let accepted = sent.into_iter().zip(samples);
    let accepted =
        accepted.map(|(SentFace { index, face, bystanders }, id)| Accepted { index, id, face, bystanders });
    let mut response = if repeated { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response.json(Enrolled {
        event: event.clone(),
        user: user.clone(),
        embedding_count,
        repeated,
        accepted: accepted.collect(),
        rejected,
        duplicates: duplicates.collect(),
        other_people,
        model,
    }))
}

/// The place of a face among what was sent: the domain counts the faces that it was given, clients the pictures that
/// they sent.
fn place(face: usize, sent: &[SentFace]) -> usize {
    sent.get(face).map_or(face, |sent| sent.index)
}

fn as_sent(mut error: EventError, sent: &[SentFace]) -> EventError {
    if let EventError::OtherPerson { face, .. } = &mut error {
        *face = place(*face, sent);
    }
    error
}
