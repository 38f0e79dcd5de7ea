//! Long lists, page by page: the query that asks for one, and cursors that clients pass back as they got them.

use std::num::NonZeroUsize;

use ::events::JournalCursor;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use embedding_store::{Cursor, Page};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::ApiError;

/// Items of a page unless the client says otherwise.
const USUAL: usize = 100;
/// Most items of a page.
const MOST: usize = 1000;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Most items to answer with; a page ends earlier where they would be more than 1 MiB.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 1000, default = 100)]
    pub(crate) limit: Option<PageLimit>,
    /// `next_cursor` of the page before; the first page without.
    #[param(value_type = Option<String>)]
    pub(crate) cursor: Option<PageCursor>,
}

/// 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageLimit(NonZeroUsize);

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as text, so that the error names the parameter and its bounds.
        let limit = String::deserialize(deserializer)?
            .parse()
            .ok()
            .filter(|limit: &NonZeroUsize| limit.get() <= MOST);
        limit.map(Self).ok_or_else(|| serde::de::Error::custom("'limit' is a whole number from 1 to 1000"))
    }
}

/// A cursor as the client passed it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct PageCursor(String);

/// The order of a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

impl PageLimit {
    /// The number.
    pub(crate) fn get(self) -> NonZeroUsize {
        self.0
    }
}

impl PageQuery {
    /// The page of a list in name order.
    ///
    /// # Errors
    /// [`ApiError::Cursor`] for a cursor that was not given out.
    pub(crate) fn page(self) -> Result<Page, ApiError> {
        let after = self.cursor.map(|cursor| cursor.place()).transpose()?;
        Ok(Page { after: after.map(|place| Cursor::new(&place)), limit: limit(self.limit) })
    }
}

/// The cursor of the next page, as it is handed to clients.
pub(crate) fn next(place: Option<Cursor>) -> Option<String> {
    place.map(|place| encode(place.as_str()))
}

/// The cursor behind a thing in a list in order of ids.
pub(crate) fn after_id(id: Uuid) -> String {
    encode(&id.to_string())
}

/// Whether a list by time begins with the newest: unless said otherwise.
pub(crate) fn is_newest_first(asked: Option<Order>) -> bool {
    asked != Some(Order::Oldest)
}

/// The number of items asked for.
pub(crate) fn limit(asked: Option<PageLimit>) -> NonZeroUsize {
    asked.map(|limit| limit.0).or(NonZeroUsize::new(USUAL)).unwrap_or(NonZeroUsize::MIN)
}

impl PageCursor {
    /// The place that [`encode`] was given.
    ///
    /// # Errors
    /// [`ApiError::Cursor`] for a text that it did not make.
    fn place(&self) -> Result<String, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| ApiError::Cursor)?;
        let place = String::from_utf8(bytes).map_err(|_| ApiError::Cursor)?;
        // No name has control characters. In a place that was made up, NUL would be a separator in a key
        // of the redb store, and PostgreSQL takes none in a text.
        if place.is_empty() || place.contains(char::is_control) { Err(ApiError::Cursor) } else { Ok(place) }
    }

    /// The id that [`after_id`] was given.
    ///
    /// # Errors
    /// [`ApiError::Cursor`] for a text that it did not make.
    pub(crate) fn id(&self) -> Result<Uuid, ApiError> {
        self.place()?.parse().map_err(|_| ApiError::Cursor)
    }

    /// The place in a list in order of time, which goes to clients as it is.
    ///
    /// # Errors
    /// [`ApiError::Cursor`] for a text that was not given out.
    pub(crate) fn in_journal(&self) -> Result<JournalCursor, ApiError> {
        self.0.parse().map_err(|_| ApiError::Cursor)
    }
}

/// A store's place as it is handed to clients: in characters that a URL takes as they are.
fn encode(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

#[cfg(test)]
mod tests {
    use actix_web::web::Query;

    use super::*;

    fn query(text: &str) -> Result<PageQuery, String> {
        Query::from_query(text).map(Query::into_inner).map_err(|e| e.to_string())
    }

    #[test]
    fn a_cursor_comes_back_as_the_place_it_was_made_of() {
        let text = format!("cursor={}", encode("Zo\u{eb} & co/100 %"));
        assert_eq!(query(&text).unwrap().cursor.unwrap().place().unwrap(), "Zo\u{eb} & co/100 %");
        for bad in ["cursor=%25", "cursor=", "cursor=AA", "cursor=gICA"] {
            assert!(query(bad).unwrap().cursor.unwrap().place().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_limit_is_from_1_to_1000_and_100_when_nobody_says() {
        assert_eq!(limit(query("").unwrap().limit).get(), 100);
        assert_eq!(limit(query("limit=1000").unwrap().limit).get(), 1000);
        for bad in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limits=1"] {
            assert!(query(bad).unwrap_err().contains("limit"), "{bad}");
        }
    }
}
