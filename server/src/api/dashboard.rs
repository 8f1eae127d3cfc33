//! `/api/dashboard`: the totals, and the figures behind them.

use super::{
    ApiActor,
    page::{Meta, given},
};
use crate::{
    http::{ApiError, ApiQuery, App},
    store::Store,
};
use axum::{Json, extract::State};
use domain::{
    Services,
    campaigns::CampaignStatus,
    dashboard::{Dashboard, Range},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// 7, 30 (default) or 90.
    #[param(value_type = Option<Range>)]
    days: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DashboardBody)]
struct Body {
    total_leads: i64,
    new_today: i64,
    active_campaigns: i64,
    active_leads: i64,
    /// As in the contract: active leads per lead, in percent with two decimals, rounded down.
    response_rate: f64,
    #[serde(flatten)]
    dashboard: Dashboard,
    meta: Meta,
}

/// Figures of leads and campaigns, with the previous period for comparison.
#[utoipa::path(get, path = "/api/dashboard", params(Asked), responses((status = 200, body = Body)))]
async fn read(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<Body>, ApiError> {
    let range = given(asked.days).map(|text| text.parse()).transpose()?.unwrap_or_default();
    let found = services.dashboard.read(&actor, range).await?;
    let dashboard = found.data;
    Ok(Json(Body {
        total_leads: dashboard.total_leads(),
        new_today: dashboard.new_today(),
        active_campaigns: dashboard.campaigns_in(CampaignStatus::Active),
        active_leads: dashboard.active_leads(),
        response_rate: (dashboard.active_leads() * 10_000).checked_div(dashboard.total_leads()).unwrap_or_default() as f64 / 100.0,
        dashboard,
        meta: Meta::new(store.clock.now(), found.as_of),
    }))
}
