//! The fields of the settings, on the pages of set-up and of settings.

use super::api::list_zones;
use crate::ui::{Field, SelectField, suspend};
use domain::{Currency, zone::Weekday};
use leptos::prelude::*;

/// Id of `ZoneList`, for the fields that take a time zone.
pub const ZONES: &str = "time-zones";

/// Name, currency, time zone and first day of the week of the workspace. `typed` gives the initial value of a field, and `on` its error.
#[component]
pub fn SettingsFields(
    /// Names of the fields: of the workspace's name, and of currency, time zone and first day.
    names: [&'static str; 4],
    typed: [String; 4],
    errors: [Signal<Option<String>>; 4],
    #[prop(optional)] large: bool,
) -> impl IntoView {
    let [name, currency, zone, week] = names;
    let [typed_name, typed_currency, typed_zone, typed_week] = typed;
    let [name_error, currency_error, zone_error, week_error] = errors;
    let currencies = Currency::all().map(|one| (one.code().to_owned(), labelled(one))).collect();
    let days = Weekday::ALL.iter().map(|day| (day.as_str().to_owned(), day.label().to_owned())).collect();
    let wide = if large { "stack g-s35" } else { "grid" };
    let half = if large { "" } else { "span-6" };
    view! {
        <div class=wide>
            <div class=half><Field label="Workspace" name=name value=typed_name error=name_error required=true large autocomplete="organization"/></div>
            <div class=half><SelectField
                label="Currency" name=currency options=currencies value=typed_currency error=currency_error hint="Of every amount; amounts are not converted"
            /></div>
            <div class=half><Field
                label="Time zone" name=zone value=typed_zone error=zone_error required=true large autocomplete="off" list=ZONES
                hint="Days and “today” are those of this zone, such as Europe/Berlin"
            /></div>
            <div class=half><SelectField label="First day of the week" name=week options=days value=typed_week error=week_error/></div>
        </div>
    }
    .into_any()
}

/// The names of all time zones, for every field of the page that takes one.
#[component]
pub fn ZoneList() -> impl IntoView {
    let zones = Resource::new_blocking(|| (), |()| list_zones());
    view! {
        <Suspense>
            {move || suspend(async move {
                let zones = zones.await.unwrap_or_default();
                view! { <datalist id=ZONES>{zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist> }
            })}
        </Suspense>
    }
    .into_any()
}

fn labelled(currency: Currency) -> String {
    currency.sign().map_or_else(|| currency.code().to_owned(), |sign| format!("{} ({sign})", currency.code()))
}
