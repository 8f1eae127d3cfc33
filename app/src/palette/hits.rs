//! Results for a search text, in the order they are shown.

use super::{
    api::{Found, FoundCampaign, FoundLead},
    commands::{ACTIONS, Act, Command, PAGES},
};
use crate::address::Params;
use domain::{Permission, text::fold};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    Lead(FoundLead),
    Campaign(FoundCampaign),
    Do(&'static Command),
    /// Create a lead with this name.
    New(String),
}

/// A heading and its results.
pub type Group = (&'static str, Vec<Hit>);

pub enum Then {
    Act(Act),
    Go(String),
}

impl Hit {
    /// With `peek` a lead opens in the panel beside the list.
    pub fn then(&self, peek: bool) -> Then {
        match self {
            Self::Lead(lead) if peek => Then::Go(format!("/leads?peek={}", lead.id)),
            Self::Lead(lead) => Then::Go(format!("/leads/{}", lead.id)),
            Self::Campaign(campaign) => Then::Go(format!("/campaigns/{}", campaign.id)),
            Self::Do(command) => Then::Act(command.act),
            Self::New(name) => {
                let mut params = Params::new();
                params.insert("name", name.clone());
                Then::Go(format!("/leads/new{}", params.to_query_string()))
            }
        }
    }
}

pub fn groups(text: &str, found: Found, may: impl Fn(Permission) -> bool) -> Vec<Group> {
    let asked = fold(text.trim());
    let commands = |all: &'static [Command]| {
        all.iter().filter(|one| may(one.needs) && fold(one.label).contains(&asked)).map(Hit::Do).collect::<Vec<_>>()
    };
    let mut actions = commands(&ACTIONS);
    if !asked.is_empty() && may(Permission::WriteLeads) {
        actions.push(Hit::New(text.trim().to_owned()));
    }
    let groups = [
        ("Leads", found.leads.into_iter().map(Hit::Lead).collect()),
        ("Campaigns", found.campaigns.into_iter().map(Hit::Campaign).collect()),
        ("Go to", commands(&PAGES)),
        ("Actions", actions),
    ];
    groups.into_iter().filter(|(_, hits): &Group| !hits.is_empty()).collect()
}

/// Splits `text` around the first match of `asked`, ignoring case.
pub fn cut<'t>(text: &'t str, asked: &str) -> [&'t str; 3] {
    let (low, asked) = (text.to_lowercase(), asked.trim().to_lowercase());
    // Changing the case of a few letters changes their length in bytes; such texts are not marked.
    match low.find(&asked).filter(|_| low.len() == text.len() && !asked.is_empty()) {
        Some(at) if text.is_char_boundary(at) && text.is_char_boundary(at + asked.len()) => {
            [&text[..at], &text[at..at + asked.len()], &text[at + asked.len()..]]
        }
        _ => [text, "", ""],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str, may: impl Fn(Permission) -> bool) -> Vec<String> {
        let label = |hit| match hit {
            Hit::Do(command) => command.label.to_owned(),
            Hit::New(name) => format!("new {name}"),
            Hit::Lead(_) | Hit::Campaign(_) => String::new(),
        };
        groups(text, Found::default(), may).into_iter().flat_map(|(_, hits)| hits.into_iter().map(label)).collect()
    }

    #[test]
    fn commands_are_found_by_their_words_and_by_what_one_may() {
        assert_eq!(labels("lead", |_| true), ["Leads", "New lead", "Import leads", "new lead"]);
        assert_eq!(labels(" CAMP", |what| what == Permission::Read), ["Campaigns"]);
        assert_eq!(labels("", |_| true).len(), PAGES.len() + ACTIONS.len());
    }

    #[test]
    fn what_was_asked_is_marked() {
        assert_eq!(cut("Maren Holt", "mar"), ["", "Mar", "en Holt"]);
        assert_eq!(cut("İris", "r"), ["İris", "", ""]);
        assert_eq!(cut("Ana", " "), ["Ana", "", ""]);
    }
}
