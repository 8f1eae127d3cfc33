//! `/api/activities`: activities, newest first.

use super::{
    ApiActor,
    page::{Meta, answer, given},
};
use crate::{
    http::{ApiError, ApiQuery, App},
    store::Store,
};
use axum::{extract::State, response::Response};
use domain::{
    CampaignId, Error, Services, Timestamp,
    activity::{Activity, ActivityQuery},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Parameters are trimmed; blank ones count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// `today`, `week` (default) or `month`.
    period: Option<String>,
    /// Text that the sentence contains.
    search: Option<String>,
    #[param(value_type = Option<CampaignId>)]
    campaign_id: Option<String>,
    /// 1–200; default 50.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ActivityBody)]
struct Body {
    #[serde(flatten)]
    activity: Activity,
    /// The activity as one sentence.
    sentence: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ActivityPage)]
struct Page {
    data: Vec<Body>,
    pagination: Pagination,
    meta: Meta,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActivityPagination)]
struct Pagination {
    limit: u32,
    has_more: bool,
    next_cursor: Option<String>,
    /// One request searches a limited part of the log: nothing older than this time has been searched yet.
    looked_to: Option<Timestamp>,
}

/// Activities, newest first.
#[utoipa::path(get, path = "/api/activities", params(Asked), responses((status = 200, body = Page)))]
async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Response, ApiError> {
    let query = asked.read()?;
    let limit = query.limit;
    // A search reads many changes for few rows.
    let rows = if query.search.is_empty() { limit } else { u32::MAX };
    answer(&store, &actor, rows, async {
        let found = services.activity.list(&actor, &query).await?;
        Ok::<_, ApiError>(Page {
            data: found.data.activities.into_iter().map(|activity| Body { sentence: activity.text(), activity }).collect(),
            pagination: Pagination {
                limit,
                has_more: found.data.next.is_some(),
                next_cursor: found.data.next.map(|next| next.to_string()),
                looked_to: found.data.looked_to,
            },
            meta: Meta::new(store.clock.now(), found.as_of),
        })
    })
    .await
}

impl Asked {
    fn read(self) -> Result<ActivityQuery, Error> {
        let number =
            |field: &str, text: &str| Error::invalid(field, format!("“{}” is not of this list", text.chars().take(60).collect::<String>()));
        let usual = ActivityQuery::default();
        Ok(ActivityQuery {
            period: given(self.period).map(|text| text.parse()).transpose()?.unwrap_or_default(),
            search: given(self.search).unwrap_or_default(),
            campaign: given(self.campaign_id)
                .map(|text| text.parse::<CampaignId>().map_err(|_| number("campaignId", &text)))
                .transpose()?,
            before: given(self.cursor).map(|text| text.parse().map_err(|_| number("cursor", &text))).transpose()?,
            limit: given(self.limit).map(|text| text.parse().map_err(|_| number("limit", &text))).transpose()?.unwrap_or(usual.limit),
        })
    }
}
