//! What the sender of a request is told of distances, and whether embeddings are theirs to have and to give.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::Scores;
use crate::auth::{Caller, Role};
use crate::error::ApiError;

impl Scores {
    /// Of the sender of this request, as far as is known: whoever has passed no gate is told the least.
    pub(crate) fn of_request(request: &HttpRequest) -> Self {
        let setting = request.app_data::<Data<Self>>().map_or(Self::Matches, |setting| ***setting);
        Caller::from_extensions(request).map_or(Self::Matches, |caller| setting.for_role(caller.role()))
    }
}

impl FromRequest for Scores {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of_request(request)))
    }
}

/// That the caller may have embeddings, and give their own: whoever may ask about any point of the space learns by
/// where the decision turns what distances would tell.
#[derive(Debug)]
pub(crate) struct EmbeddingAccess;

impl FromRequest for EmbeddingAccess {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    /// Stands first among what a handler takes, so that a refusal does not wait for the body.
    ///
    /// # Errors
    /// [`ApiError::RoleTooLow`].
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let refused = |caller: Caller| ApiError::RoleTooLow { needed: Role::Admin, role: caller.role() };
        ready(match Scores::of_request(request) {
            Scores::All => Ok(Self),
            Scores::Matches => Err(Caller::from_extensions(request).map_or_else(|error| error, refused)),
        })
    }
}
