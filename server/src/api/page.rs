//! Paging of lists: by page number, as older clients send it, or by cursor (keyset), which stays fast at any depth.

use crate::{compat::kandid::ListMeta, http::ApiError, store::Store};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{Actor, Error, Result, Timestamp, text::clean_optional};
use serde::Serialize;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Paged<T, C> {
    pub data: Vec<T>,
    pub pagination: Pagination<C>,
    pub meta: ListMeta,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination<C> {
    /// `null` when paged by cursor.
    page: Option<u32>,
    limit: u32,
    total: Option<i64>,
    total_pages: Option<i64>,
    has_more: bool,
    /// Where the next page starts; `null` on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<C>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    timestamp: Timestamp,
    /// The data includes every change up to this one.
    as_of: i64,
}

impl Meta {
    pub fn new(timestamp: Timestamp, as_of: i64) -> Self {
        Self { timestamp, as_of }
    }
}

/// The requested page.
pub struct PageRequest<C> {
    pub page: Option<u32>,
    pub limit: u32,
    pub offset: u32,
    pub cursor: Option<C>,
    /// The page was named by its number.
    numbered: bool,
}

impl<C: TryFrom<String, Error = Error>> PageRequest<C> {
    /// Blank parameters count as absent; default 50 rows.
    pub fn read(page: Option<String>, limit: Option<String>, cursor: Option<String>) -> Result<Self> {
        let limit = given(limit).map_or(Ok(50), |text| number("limit", &text))?;
        let cursor = given(cursor).map(C::try_from).transpose()?;
        let page = given(page).map(|text| number("page", &text)).transpose()?;
        let numbered = page.is_some();
        let page = match (page, &cursor) {
            (Some(_), Some(_)) => return Err(Error::invalid("page", "Ask by page or by cursor, not both")),
            (None, Some(_)) => None,
            (page, None) => Some(page.unwrap_or(1)),
        };
        let offset = page
            .map_or(Some(0), |page| page.checked_sub(1)?.checked_mul(limit))
            .ok_or_else(|| Error::invalid("page", "Pages count from 1; go on by cursor instead of this far"))?;
        Ok(Self { page, limit, offset, cursor, numbered })
    }
}

impl<C> PageRequest<C> {
    /// The pagination of an answer with `rows` records.
    ///
    /// # Errors
    /// `Invalid` on `page` for a page by number that ended early, because the next number would skip rows.
    pub fn found(self, rows: usize, total: Option<i64>, next: Option<C>) -> Result<Pagination<C>> {
        if self.numbered && next.is_some() && rows < self.limit as usize {
            return Err(Error::invalid("page", "These records are large: a page ends at about 2 MiB. Go on by cursor instead of page"));
        }
        let limit = i64::from(self.limit);
        Ok(Pagination {
            page: self.page,
            limit: self.limit,
            total,
            total_pages: total.map(|total| (total + limit - 1) / limit),
            has_more: next.is_some(),
            next_cursor: next,
        })
    }
}

/// The rows of a page whose answer is made without waiting for a turn.
const FEW: u32 = 100;

/// The answer of a page of up to `rows` rows. That of a large one is read, made and written in a turn of its requester, so that many of one
/// requester delay those of others no more than few.
///
/// # Errors
/// Those of `page`; `TooMany` when too many reads of this requester wait.
pub async fn answer<T: Serialize>(
    store: &Store,
    actor: &Actor,
    rows: u32,
    page: impl Future<Output = Result<T, ApiError>>,
) -> Result<Response, ApiError> {
    let written = async { page.await.map(|page| Json(page).into_response()) };
    if rows <= FEW { written.await } else { store.in_turn(actor, written).await? }
}

/// A trimmed parameter; `None` when blank.
pub fn given(text: Option<String>) -> Option<String> {
    clean_optional(text.as_deref())
}

fn number(field: &str, text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::invalid(field, format!("Write {field} as a whole number")))
}
