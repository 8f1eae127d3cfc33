//! What the browser tells of the person's place, for the page of set-up.

use crate::ui::fill;
use js_sys::{Array, Function, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

/// Regions whose currency is another one than the euro, by currency.
const REGIONS: &[(&str, &str)] = &[
    ("AED", "AE"),
    ("ARS", "AR"),
    ("AUD", "AU"),
    ("BDT", "BD"),
    ("BRL", "BR"),
    ("CAD", "CA"),
    ("CHF", "CH LI"),
    ("CLP", "CL"),
    ("CNY", "CN"),
    ("COP", "CO"),
    ("CZK", "CZ"),
    ("DKK", "DK GL FO"),
    ("EGP", "EG"),
    ("GBP", "GB IM JE GG"),
    ("GEL", "GE"),
    ("GHS", "GH"),
    ("HKD", "HK"),
    ("HUF", "HU"),
    ("IDR", "ID"),
    ("ILS", "IL"),
    ("INR", "IN"),
    ("ISK", "IS"),
    ("JPY", "JP"),
    ("KES", "KE"),
    ("KRW", "KR"),
    ("KWD", "KW"),
    ("KZT", "KZ"),
    ("LKR", "LK"),
    ("MAD", "MA"),
    ("MXN", "MX"),
    ("MYR", "MY"),
    ("NGN", "NG"),
    ("NOK", "NO SJ"),
    ("NPR", "NP"),
    ("NZD", "NZ"),
    ("PEN", "PE"),
    ("PHP", "PH"),
    ("PKR", "PK"),
    ("PLN", "PL"),
    ("QAR", "QA"),
    ("RON", "RO"),
    ("RSD", "RS"),
    ("SAR", "SA"),
    ("SEK", "SE"),
    ("SGD", "SG"),
    ("THB", "TH"),
    ("TRY", "TR"),
    ("TWD", "TW"),
    ("UAH", "UA"),
    ("USD", "US PR EC SV GU VI"),
    ("UYU", "UY"),
    ("VND", "VN"),
    ("ZAR", "ZA"),
];

/// The names of the days, from Monday, as `Intl` counts them from 1.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn currency_of(region: &str) -> &'static str {
    REGIONS.iter().find(|(_, regions)| regions.split(' ').any(|one| one == region)).map_or("EUR", |(currency, _)| *currency)
}

/// Fills the fields `currency`, `timeZone` and `weekStart` as the browser is set up. What it does not tell stays as it is.
pub fn guess() {
    if let Some(zone) = time_zone() {
        fill("timeZone", &zone);
    }
    let Some(locale) = locale() else { return };
    if let Some(region) = text(&locale, "region") {
        fill("currency", currency_of(&region));
    }
    if let Some(day) = first_day(&locale) {
        fill("weekStart", day);
    }
}

fn text(of: &JsValue, name: &str) -> Option<String> {
    Reflect::get(of, &name.into()).ok()?.as_string()
}

fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    text(&format.resolved_options(), "timeZone")
}

/// `Intl.Locale` of the browser's language, with its most likely region.
fn locale() -> Option<JsValue> {
    let language = window().navigator().language()?;
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&intl, &"Locale".into()).ok()?.dyn_into().ok()?;
    let locale = Reflect::construct(&class, &Array::of1(&language.into())).ok()?;
    call(&locale, "maximize")
}

fn call(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok()?.dyn_into::<Function>().ok()?.call0(of).ok()
}

/// Not every browser tells it, some by a function and some by a property.
fn first_day(locale: &JsValue) -> Option<&'static str> {
    let week = call(locale, "getWeekInfo").or_else(|| Reflect::get(locale, &"weekInfo".into()).ok())?;
    let day = Reflect::get(&week, &"firstDay".into()).ok()?.as_f64()?;
    DAYS.get((day as usize).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, zone::Weekday};

    #[test]
    fn guesses_are_values_of_the_form() {
        assert!(REGIONS.iter().all(|(code, _)| code.parse::<Currency>().is_ok()));
        assert!(DAYS.iter().zip(Weekday::ALL).all(|(word, day)| *word == day.as_str()));
        assert_eq!(["DE", "IN", "LI", "US", ""].map(currency_of), ["EUR", "INR", "CHF", "USD", "EUR"]);
    }
}
