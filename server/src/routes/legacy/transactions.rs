//! `GET /get_transaction_details/`: what the audit has of a registration or a verification.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors};
use crate::routes::v1::{EntryResponse, visible_entries};
use crate::scores::Scores;
use crate::service::Service;

/// The transaction asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneTransaction {
    /// The header `x-transaction-id` of the answer to the request.
    #[param(required = true, format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    // Optional to the reader, whose own error does not say which parameter is missing.
    transaction_id: Option<String>,
}

/// What a request did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionDetails {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// The transaction.
    #[schema(format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    transaction_id: String,
    /// What it did, oldest first.
    entries: Vec<EntryResponse>,
}

/// Read a transaction
///
/// What the audit has of the request that was answered with this `x-transaction-id`.
#[utoipa::path(
    get, path = "/get_transaction_details/", tag = "As the replaced service had it", operation_id = "legacy_get_transaction_details",
    params(OneTransaction),
    responses(
        StatusErrors,
        (status = 200, description = "What it did", body = TransactionDetails),
        (status = 400, description = "The parameter is missing or no id", body = StatusError,
            example = json!({"status": "error", "message": "The query parameter 'transaction_id' is missing"})),
        (status = 404, description = "Nothing is known of it", body = StatusError,
            example = json!({"status": "error", "message": "Transaction '01a20fb1-0247-75c3-8a5d-21b9a30a7b91' not found"})),
    )
)]
pub(crate) async fn get_transaction(
    service: Data<Service>,
    caller: Caller,
    scores: Scores,
    query: Query<OneTransaction>,
) -> Result<Json<TransactionDetails>, ApiError> {
    let missing = || ApiError::Field("the query parameter 'transaction_id' is missing".to_owned());
    let id = query.into_inner().transaction_id.ok_or_else(missing)?;
    let id: Uuid = id.trim().parse().map_err(|_| ApiError::Id("transaction_id"))?;
    let entries = visible_entries(&service, &caller, scores, id).await?;
    Ok(Json(TransactionDetails { status: "success", transaction_id: id.to_string(), entries }))
}
