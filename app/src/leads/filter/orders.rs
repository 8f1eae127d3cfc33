//! Which orders a test asks: a product, and a time. The texts that people type for it, and their inputs.

use crate::ui::Icon;
use domain::rule::{OrderFilter, Source, Subject};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An `OrderFilter` as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedOrders {
    pub product: String,
    /// A word of `WINDOWS`.
    pub window: String,
    /// As many texts as the window has: days, or two dates.
    pub bounds: Vec<String>,
}

/// How the time is given, with the label of the choice and the labels of its inputs.
static WINDOWS: [(&str, &str, &[&str]); 3] =
    [("", "at any time", &[]), ("days", "in the last", &["Days"]), ("dates", "from", &["First day", "Last day"])];

/// Members in the form, and in `TypedOrders::set`.
const PRODUCT: &str = "product";
const WINDOW: &str = "window";
const BOUNDS: [&str; 2] = ["bounds][0", "bounds][1"];

/// Whether a field computes over orders.
pub fn is_of_orders(field: &str) -> bool {
    Subject::find(field).is_some_and(|subject| subject.source() == Source::Orders)
}

impl TypedOrders {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn of(which: &OrderFilter) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (window, bounds) = match which.within_days {
            Some(days) => ("days", vec![days.to_string()]),
            None if which.from.is_some() || which.to.is_some() => ("dates", vec![text(&which.from), text(&which.to)]),
            None => ("", Vec::new()),
        };
        Self { product: text(&which.product), window: window.to_owned(), bounds }
    }

    /// With as many bounds as its window has.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        let (window, _, labels) = WINDOWS.iter().find(|(window, ..)| *window == self.window).unwrap_or(&WINDOWS[0]);
        (*window).clone_into(&mut self.window);
        self.bounds.resize(labels.len(), String::new());
        self
    }

    /// What `Rule::check` can say something about: days that are no number are less than none.
    pub fn filter(&self) -> OrderFilter {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let bound = |at: usize| self.bounds.get(at).and_then(|text| given(text));
        let filter = OrderFilter { product: given(&self.product), ..OrderFilter::default() };
        match self.window.as_str() {
            "days" => OrderFilter { within_days: Some(bound(0).and_then(|days| days.parse().ok()).unwrap_or(-1.0)), ..filter },
            "dates" => OrderFilter { from: bound(0), to: bound(1), ..filter },
            _ => filter,
        }
    }

    /// Sets one member. Another window has other bounds.
    pub fn set(&mut self, member: &str, text: String) {
        match member {
            PRODUCT => self.product = text,
            WINDOW => *self = Self { window: text, product: std::mem::take(&mut self.product), bounds: Vec::new() }.fitted(),
            member => {
                if let Some(bound) = BOUNDS.iter().position(|one| *one == member).and_then(|at| self.bounds.get_mut(at)) {
                    *bound = text;
                }
            }
        }
    }
}

/// Inputs for `typed`. In a form each has the name of its member from `name`; `set` hears what is typed.
#[component]
pub fn OrderInputs(typed: Memo<TypedOrders>, name: Callback<&'static str, String>, set: Callback<(&'static str, String)>) -> impl IntoView {
    let window = Memo::new(move |_| typed.with(|typed| typed.window.clone()));
    let input = move |member: &'static str, label: &'static str, read: fn(&TypedOrders) -> String| {
        let text = Memo::new(move |_| typed.with(read));
        // A date input would empty a time of day, which only programs write.
        let is_date = member != PRODUCT && label != "Days" && text.with_untracked(|text| text.len() <= "2026-11-21".len());
        let (class, mode) = if label == "Days" { ("input num short", Some("decimal")) } else { ("input", None) };
        let placeholder = (member == PRODUCT).then_some("any product");
        view! {
            <input class=class type=if is_date { "date" } else { "text" } inputmode=mode name=move || name.run(member) aria-label=label placeholder=placeholder dir="auto" autocomplete="off" value=text.get_untracked() prop:value=move || text.get() on:input=move |event| set.run((member, event_target_value(&event)))/>
        }
        .into_any()
    };
    let options = WINDOWS.iter().map(|(word, label, _)| {
        let is = move || window.with(|window| window == word);
        view! { <option value=*word selected=is prop:selected=is>{*label}</option> }
    });
    let bound: [fn(&TypedOrders) -> String; 2] =
        [|typed| typed.bounds.first().cloned().unwrap_or_default(), |typed| typed.bounds.get(1).cloned().unwrap_or_default()];
    let bounds = move || {
        let window = window.get();
        let labels = WINDOWS.iter().find(|(word, ..)| *word == window).map_or(&[][..], |(.., labels)| *labels);
        let inputs = labels.iter().enumerate().map(|(at, label)| {
            view! {
                {(at > 0).then(|| view! { <span class="soft">"to"</span> })}
                {input(BOUNDS[at], label, bound[at])}
            }
        });
        view! { {inputs.collect_view()}{(window == "days").then(|| view! { <span class="soft">"days"</span> })} }.into_any()
    };
    view! {
        <span class="soft">"of"</span>
        {input(PRODUCT, "Product", |typed| typed.product.clone())}
        <span class="select">
            <select name=move || name.run(WINDOW) aria-label="Time of the orders" on:change=move |event| set.run((WINDOW, event_target_value(&event)))>
                {options.collect_view()}
            </select>
            <Icon name="chev-down"/>
        </span>
        {bounds}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_comes_back() {
        let tea = || OrderFilter { product: Some("Tea".into()), ..OrderFilter::default() };
        let dates = OrderFilter { from: Some("2026-01-01".into()), to: Some("2026-03-31".into()), ..tea() };
        for which in [OrderFilter::default(), tea(), OrderFilter { within_days: Some(7.0), ..tea() }, dates] {
            assert_eq!(TypedOrders::of(&which).fitted().filter(), which);
        }
    }

    #[test]
    fn another_window_has_other_bounds() {
        let mut typed = TypedOrders { product: "Tea".into(), ..TypedOrders::default() };
        typed.set("window", "days".into());
        typed.set("bounds][0", "many".into());
        assert_eq!(typed.filter(), OrderFilter { product: Some("Tea".into()), within_days: Some(-1.0), ..OrderFilter::default() });
        typed.set("window", "dates".into());
        assert_eq!(typed.bounds, ["", ""]);
        assert_eq!(typed.filter().from, None);
        typed.set("window", "years".into());
        assert_eq!((typed.window.as_str(), typed.bounds.len()), ("", 0));
    }
}
