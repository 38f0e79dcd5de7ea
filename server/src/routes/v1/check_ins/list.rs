//! `GET /v1/events/{event}/check-ins`: who came, page by page or as a file.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use ::events::{Action, CheckIn, CheckInPage};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::response::CheckInResponse;
use crate::audit::Transaction;
use crate::error::ApiError;
use crate::http::HeadAlone;
use crate::routes::fields::username;
use crate::routes::v1::list_file::{ListFormat, file, file_format};
use crate::routes::v1::paging::{self, Order, PageCursor, PageLimit};
use crate::routes::v1::path::InEvent;
use crate::scores::Scores;
use crate::service::Service;

/// Check-ins, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInList {
    /// The check-ins, in the order that was asked for.
    check_ins: Vec<CheckInResponse>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which check-ins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckInQuery {
    /// Most check-ins to answer with.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<PageLimit>,
    /// `next_cursor` of the page before; the first page without.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
    /// The newest first unless said otherwise.
    #[param(inline)]
    order: Option<Order>,
    /// Only those of this user.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Only those at this time or later, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<OffsetDateTime>,
    /// Only those before this time, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<OffsetDateTime>,
    /// Also those that were voided.
    #[serde(default)]
    #[param(default = false)]
    voided: bool,
    /// A page as JSON, or everything from there on as `csv` or `ndjson`; else as the header `Accept` says.
    #[param(inline)]
    format: Option<ListFormat>,
}

/// List check-ins
///
/// The newest first unless said otherwise. As `csv` or `ndjson`, by `format` or the header `Accept`, everything
/// from there on is sent. A cell of CSV that a spreadsheet would take for a formula has an apostrophe in front.
#[utoipa::path(
    get, path = "/v1/events/{event}/check-ins", tag = "Check-ins", params(InEvent, CheckInQuery),
    responses(
        (status = 200, description = "A page of check-ins, or a file of all", content(
            (CheckInList = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))))
)]
pub(super) async fn list_check_ins(
    service: Data<Service>,
    InEvent { event }: InEvent,
    scores: Scores,
    transaction: Transaction,
    query: Query<CheckInQuery>,
    request: HttpRequest,
    HeadAlone(is_head): HeadAlone,
) -> Result<HttpResponse, ApiError> {
    let query = query.into_inner();
    let format = file_format(query.format, &request);
    let page = query.page()?;
    // An event that is not there would read like one to which nobody came.
    service.events.event(&event).await?;
    let Some(format) = format else {
        let listing = service.check_ins.list().list(&event, page).await?;
        let check_ins = listing.items.into_iter().map(|one| CheckInResponse::new(one, scores)).collect();
        let next_cursor = listing.next.map(|next| next.to_string());
        return Ok(HttpResponse::Ok().json(CheckInList { check_ins, next_cursor }));
    };
    if !is_head {
        // Before the file is sent, since afterwards nobody knows how much of it a client received.
        transaction.begin(Action::ReadCheckIns).at(&event).done().await;
    }
    let with_distances = move |check_in: &CheckIn| scores.are_all() || check_in.is_match();
    Ok(file("check-ins", format, service.check_ins.list().export(event, page, format, with_distances)))
}

impl CheckInQuery {
    fn page(self) -> Result<CheckInPage, ApiError> {
        let Self { limit, cursor, order, user, since, until, voided, format: _ } = self;
        let mut page = CheckInPage::oldest(paging::limit(limit));
        page.newest_first = paging::is_newest_first(order);
        page.after = cursor.map(|cursor| cursor.in_journal()).transpose()?;
        page.user = user.map(|name| username("user", &name)).transpose()?;
        (page.since, page.until, page.with_voided) = (since, until, voided);
        Ok(page)
    }
}
