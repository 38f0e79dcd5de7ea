//! `GET /v1/events/{event}/names`: who may be meant by the first letters of a name, for a check-in by hand.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use std::num::NonZeroUsize;

use ::events::Username;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::path::InEvent;
use crate::auth::Role;
use crate::error::ApiError;
use crate::limits::RouteClass;
use crate::openapi::errors::{EVENT, STORE};
use crate::routes::operation::Operation;
use crate::service::Service;

/// Fewest characters to search by: with fewer a few questions would list the event.
const FEWEST_LETTERS: usize = 3;
/// Most names in an answer, for the same reason and as more are not looked through at a door.
const MOST_NAMES: NonZeroUsize = NonZeroUsize::new(10).unwrap();

/// By what to search.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NamesQuery {
    /// The first letters of a name or of a word in it, in upper or lower case.
    #[param(value_type = String, min_length = 3, max_length = 128, example = "doe")]
    starts: Letters,
}

/// Letters that a name is searched by.
#[derive(Debug)]
struct Letters(String);

impl<'de> Deserialize<'de> for Letters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.chars().count() {
            FEWEST_LETTERS..=128 => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("'starts' has 3 to 128 characters")),
        }
    }
}

/// Names that may be meant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundNames {
    /// At most 10, in name order.
    #[schema(value_type = Vec<String>, max_items = 10, example = json!(["john_doe"]))]
    names: Vec<Username>,
    /// Whether there are more: type another letter.
    #[schema(example = false)]
    more: bool,
}

/// The operation on names.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Role::Verify, __path_find_names, find_names)
            // So that the rate of the door bounds how fast a key of the door reads names.
            .of_class(RouteClass::Recognition)
            .with_errors(&[STORE, EVENT]),
    ]
}

/// Find names by their first letters
///
/// For a check-in by hand, where a key may not list the users: names of the event of which a word begins with at least
/// three given letters, 10 at most. White space around the letters does not count; of fewer nothing is found.
#[utoipa::path(
    get, path = "/v1/events/{event}/names", tag = "Check-ins", params(InEvent, NamesQuery),
    responses((status = 200, description = "The names, perhaps none", body = FoundNames))
)]
async fn find_names(
    service: Data<Service>,
    InEvent { event }: InEvent,
    query: Query<NamesQuery>,
) -> Result<Json<FoundNames>, ApiError> {
    let Letters(text) = query.into_inner().starts;
    let letters = text.trim();
    let mut names =
        service.events.users_beginning_with(&event, letters, MOST_NAMES.saturating_add(1)).await?;
    if letters.chars().count() < FEWEST_LETTERS {
        names.clear();
    }
    let more = names.len() > MOST_NAMES.get();
    names.truncate(MOST_NAMES.get());
    Ok(Json(FoundNames { names, more }))
}
