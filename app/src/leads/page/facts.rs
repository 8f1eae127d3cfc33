//! Facts of a lead; those without a value are left out.

use super::consent::ConsentChoice;
use crate::{
    fields::use_fields,
    leads::store::{Row, field},
    ui::{Amount, Avatar, Score, StatusPill, TimeAgo},
    workspace::use_workspace,
};
use domain::leads::{TextField, label};
use leptos::prelude::*;

/// A `tel:` link (RFC 3966): keeps the digits and other signs that a phone dials, drops letters and signs that only group digits. An
/// extension becomes `;ext=5`.
pub fn tel(phone: &str) -> String {
    // `+49 (0)30`: the 0 is not dialled after a country code.
    let phone = if phone.trim().starts_with('+') { phone.replace("(0)", "") } else { phone.to_owned() };
    let (number, extension) = split_extension(phone.trim());
    let dialled = |(at, sign): (usize, char)| sign.is_ascii_digit() || matches!(sign, '*' | '#' | ',' | ';') || (sign == '+' && at == 0);
    let number: String = number.char_indices().filter(|one| dialled(*one)).map(|(_, sign)| sign).collect();
    match extension {
        Some(extension) => format!("tel:{number};ext={extension}"),
        None => format!("tel:{number}"),
    }
}

/// Splits the extension off: `+1 555 0100 ext. 5`, `… x5`, `… extension 5`, `… #5`.
fn split_extension(phone: &str) -> (&str, Option<&str>) {
    let head = phone.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let (extension, head) = (&phone[head.len()..], head.trim_end_matches(['.', ':', '=', ' ']));
    let number = ["extension", "ext", "x", "#"].into_iter().find_map(|word| {
        let (number, end) = head.split_at_checked(head.len().checked_sub(word.len())?)?;
        // Not the end of another word, as in `fax 5`.
        (end.eq_ignore_ascii_case(word) && !number.ends_with(char::is_alphabetic)).then_some(number)
    });
    match number {
        // A `#` after `*31` is dialled.
        Some(number) if !extension.is_empty() && number.contains(|sign: char| sign.is_ascii_digit()) && !number.contains(['*', '#']) => {
            (number.trim_end_matches([',', ';', ' ']), Some(extension))
        }
        _ => (phone, None),
    }
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
    let fields = use_fields();
    let (status, points, value) = (field(&row, |lead| lead.status), field(&row, |lead| lead.score), field(&row, |lead| lead.value));
    let spend = field(&row, |lead| (lead.total_spend != 0).then_some(lead.total_spend));
    let currency = use_workspace().currency();
    let connection = field(&row, |lead| lead.connection.label());
    let contacted = field(&row, |lead| lead.last_contacted_at);
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
            <dd>{move || view! { <Amount currency minor=value.get()/> }}</dd>
            {texts}
            <dt>{label::CONNECTION}</dt>
            <dd>{connection}</dd>
            <dt>{label::CONSENT}</dt>
            <dd>{consent}</dd>
            {move || contacted.get().map(|at| view! { <dt>{label::LAST_CONTACTED}</dt><dd><TimeAgo at=at/></dd> })}
            <dt>{label::CREATED}</dt>
            <dd><TimeAgo at=row.lead.with_untracked(|lead| lead.created_at)/></dd>
            {move || spend.get().map(|spend| view! { <dt>{label::TOTAL_SPEND}</dt><dd><Amount currency minor=Some(spend)/></dd> })}
            {move || (!tags.with(Vec::is_empty)).then(|| view! {
                <dt>{label::TAGS}</dt>
                <dd class="wrap">{tags.get().into_iter().map(|tag| view! { <span class="tag" dir="auto">{tag}</span> }).collect_view()}</dd>
            })}
            {move || custom.with(|custom| fields.with(|fields| fields.shown(custom))).into_iter().map(|shown| view! {
                <dt class="trunc" dir="auto" title=shown.label.clone()>{shown.label.clone()}</dt>
                <dd>
                    <span class="trunc" dir="auto" title=shown.value.clone()>{shown.value.clone()}</span>
                    {(!shown.fits).then(|| view! { <span class="muted" title="The value is not one of this custom field">"does not fit"</span> })}
                </dd>
            }).collect_view()}
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_not_dialled_as_part_of_the_number() {
        for phone in [
            "+1 555 0100 ext. 5",
            "+1 (555) 0100 x5",
            "+1 555-0100, Extension: 5",
            "+1 555 0100 EXT 5",
            "+1 555 0100 #5",
            "+15550100;ext=5",
        ] {
            assert_eq!(tel(phone), "tel:+15550100;ext=5", "{phone}");
        }
        for (phone, link) in [
            ("+49 (0)30 / 12 34-56", "tel:+4930123456"),
            ("*31#030 1234", "tel:*31#0301234"),
            ("030 1234 (office)", "tel:0301234"),
            ("fax 5", "tel:5"),
            ("ext. 5", "tel:5"),
            ("030 1234 x", "tel:0301234"),
            ("030 Büro 12", "tel:03012"),
        ] {
            assert_eq!(tel(phone), link, "{phone}");
        }
    }
}
