//! The list of campaigns.

use crate::{
    api::{
        ApiActor,
        page::{PageRequest, Paged, answer, given},
    },
    compat::kandid::{CampaignBody, ListMeta},
    http::{ApiError, ApiQuery},
    store::Store,
};
use axum::{extract::State, response::Response};
use domain::{
    CampaignId, Result, Services,
    campaigns::{CampaignQuery, CampaignStatus},
    page::Cursor,
};
use serde::Deserialize;

/// An alias, because utoipa cannot describe nested generics.
type After = Cursor<CampaignId>;

/// Empty parameters count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// From 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// 1–1,000; default 50. A page ends earlier once its records have about 2 MiB: continue with `nextCursor`. Such a page is refused by number.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    #[param(value_type = Option<CampaignStatus>)]
    status: Option<String>,
    /// Text that the name or description contains.
    search: Option<String>,
    /// `name`, `-responseRate` …
    sort: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

/// Campaigns, a page at a time.
#[utoipa::path(get, path = "/api/campaigns", tags = ["campaigns", "Kandid"], params(ListQuery), responses((status = 200, body = Paged<CampaignBody, After>)))]
pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Response, ApiError> {
    let page = PageRequest::read(asked.page, asked.limit, asked.cursor)?;
    let query = CampaignQuery {
        search: asked.search.unwrap_or_default(),
        status: given(asked.status).map(|text| text.parse()).transpose()?,
        sort: given(asked.sort).map(|text| text.parse()).transpose()?.unwrap_or_default(),
        cursor: page.cursor.clone(),
        offset: page.offset,
        limit: page.limit,
    };
    answer(&store, &actor, query.limit, async {
        let found = services.campaigns.list(&actor, &query).await?;
        Ok::<_, ApiError>(Paged {
            pagination: page.found(found.data.campaigns.len(), Some(found.data.total), found.data.next)?,
            data: found.data.campaigns.into_iter().map(CampaignBody::from).collect(),
            meta: ListMeta::new(store.clock.now(), Some(found.as_of)),
        })
    })
    .await
}
