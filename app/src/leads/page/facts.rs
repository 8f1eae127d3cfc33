//! Facts of a lead; those without a value are left out.

use super::consent::ConsentChoice;
use crate::{
    leads::store::{Row, field},
    ui::{Amount, Avatar, Score, StatusPill, TimeAgo},
};
use domain::leads::{TextField, label};
use leptos::prelude::*;

/// A `tel:` link: keeps the digits and other signs that a phone dials, drops signs that only group them.
pub fn tel(phone: &str) -> String {
    // `+49 (0)30`: the 0 is not dialled after a country code.
    let phone = if phone.trim().starts_with('+') { phone.replace("(0)", "") } else { phone.to_owned() };
    let dialled = |(at, sign): (usize, char)| sign.is_ascii_digit() || matches!(sign, '*' | '#' | ',' | ';') || (sign == '+' && at == 0);
    format!("tel:{}", phone.trim().char_indices().filter(|one| dialled(*one)).map(|(_, sign)| sign).collect::<String>())
}

/// Texts that the page shows in another place.
const ELSEWHERE: [TextField; 3] = [TextField::Company, TextField::Title, TextField::Notes];

fn shown(field: TextField, value: String) -> AnyView {
    match field {
        TextField::Phone => view! { <a class="trunc" href=tel(&value)>{value.clone()}</a> }.into_any(),
        TextField::LinkedinUrl => {
            view! { <a class="link trunc" href=value.clone() target="_blank" rel="noopener noreferrer">{value.clone()}</a> }.into_any()
        }
        _ => view! { <span class="trunc" dir="auto" title=value.clone()>{value.clone()}</span> }.into_any(),
    }
}

#[component]
pub fn Facts(row: Row, owner_name: Option<String>) -> impl IntoView {
    let texts = TextField::ALL.into_iter().filter(|text| !ELSEWHERE.contains(text)).map(|text| {
        let value = field(&row, move |lead| lead.text(text).map(str::to_owned));
        move || value.get().map(|value| view! { <dt>{text.label()}</dt><dd>{shown(text, value)}</dd> })
    });
    let texts = texts.collect_view();
    let email = field(&row, |lead| lead.email.clone());
    let tags = field(&row, |lead| lead.tags.clone());
    let custom = field(&row, |lead| lead.custom.clone());
    let (status, points, value) = (field(&row, |lead| lead.status), field(&row, |lead| lead.score), field(&row, |lead| lead.value));
    let spend = field(&row, |lead| (lead.total_spend != 0).then_some(lead.total_spend));
    let connection = field(&row, |lead| lead.connection.label());
    let consent = view! { <ConsentChoice row=row.clone()/> };
    let owner = match owner_name {
        Some(name) => view! { <Avatar name=name.clone()/><span class="trunc" dir="auto">{name}</span> }.into_any(),
        None => view! { <span class="muted">"No owner"</span> }.into_any(),
    };
    view! {
        <dl class="facts">
            <dt>{label::EMAIL}</dt>
            <dd><a class="trunc" href=move || format!("mailto:{}", email.get())>{email}</a></dd>
            <dt>{label::STATUS}</dt>
            <dd>{move || view! { <StatusPill status=status.get()/> }}</dd>
            <dt>{label::SCORE}</dt>
            <dd>{move || view! { <Score value=points.get()/> }}</dd>
            <dt>{label::OWNER}</dt>
            <dd>{owner}</dd>
            <dt>{label::VALUE}</dt>
            <dd>{move || view! { <Amount minor=value.get()/> }}</dd>
            {texts}
            <dt>{label::CONNECTION}</dt>
            <dd>{connection}</dd>
            <dt>{label::CONSENT}</dt>
            <dd>{consent}</dd>
            <dt>{label::CREATED}</dt>
            <dd><TimeAgo at=row.lead.with_untracked(|lead| lead.created_at)/></dd>
            {move || spend.get().map(|spend| view! { <dt>{label::TOTAL_SPEND}</dt><dd><Amount minor=Some(spend)/></dd> })}
            {move || (!tags.with(Vec::is_empty)).then(|| view! {
                <dt>{label::TAGS}</dt>
                <dd class="wrap">{tags.get().into_iter().map(|tag| view! { <span class="tag" dir="auto">{tag}</span> }).collect_view()}</dd>
            })}
            {move || custom.get().into_iter().map(|(key, value)| view! {
                <dt class="trunc" dir="auto" title=key.clone()>{key.clone()}</dt>
                <dd><span class="trunc" dir="auto" title=value.clone()>{value.clone()}</span></dd>
            }).collect_view()}
        </dl>
    }
    .into_any()
}
