//! The timeline of a lead, newest first, read from the change log.

use super::{Lead, Note, StageMove, TextField, label};
use crate::{ActorRef, ChangeId, OrderId, Timestamp, UserId, activity::Word, fields::Fields, text::grouped, text_ref};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest text shown of an old or new value, in characters.
pub const SHOWN: usize = 200;

/// `last_activity` of a lead after a message outside of campaigns, which is recorded nowhere else.
pub const MESSAGE_SENT: &str = "Message sent";

/// One entry of a lead's timeline.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineItem {
    pub id: ChangeId,
    pub at: Timestamp,
    pub who: ActorRef,
    pub kind: TimelineKind,
}

/// What happened to the lead.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimelineKind {
    Created,
    /// Created by an import of this file.
    Imported {
        file: String,
    },
    /// Updated by an import of this file.
    Updated {
        file: String,
    },
    /// Changed by a bulk action; `what` is its verb phrase, such as `moved 417 leads to Negotiation`.
    Together {
        what: String,
    },
    /// A message, or a call in a campaign's sequence, done by hand.
    FollowedUp {
        /// `None` outside of campaigns, and when the campaign was deleted.
        campaign: Option<String>,
    },
    /// A changed field, with label and values for people.
    Changed {
        field: String,
        from: Option<String>,
        to: Option<String>,
    },
    Moved {
        from: super::Stage,
        to: super::Stage,
    },
    Noted {
        note: Note,
    },
    /// The lead's own purchase.
    Ordered {
        id: OrderId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<String>,
        /// Minor units (cents).
        amount: i64,
    },
    Deleted,
    Restored,
}

/// Everything that a lead's page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDetail {
    pub lead: Lead,
    pub owner_name: Option<String>,
    pub stage_history: Vec<StageMove>,
    /// Newest first, at most 200 items, with notes of up to 256 KiB in total.
    pub timeline: Vec<TimelineItem>,
    /// Whether older items are left out.
    #[serde(default)]
    pub older: bool,
}

impl TimelineKind {
    /// The sentence after the actor's name. `lead` is given where the reader does not see which lead it is.
    pub fn words(&self, lead: Option<Word>) -> Vec<Word> {
        let named = lead.is_some();
        let the = |verb: &str| match lead.clone() {
            Some(lead) => vec![Word::plain(format!(" {verb} ")), lead],
            None => vec![Word::plain(format!(" {verb} the lead"))],
        };
        match self {
            Self::Created => the("added"),
            Self::Deleted => the("deleted"),
            Self::Restored => the("restored"),
            Self::Imported { file } => [the("imported"), vec![Word::plain(" from "), Word::strong(file)]].concat(),
            Self::Updated { file } => [the("updated"), vec![Word::plain(" from "), Word::strong(file)]].concat(),
            Self::Together { what } => vec![Word::plain(format!(" {what}"))],
            Self::FollowedUp { campaign } => {
                let in_ = campaign.as_ref().map(|name| vec![Word::plain(" in "), Word::strong(name)]).unwrap_or_default();
                [the("followed up with"), in_].concat()
            }
            Self::Moved { to, .. } if named => [the("moved"), vec![Word::plain(" to "), Word::strong(to.label())]].concat(),
            Self::Moved { from, to } => {
                vec![Word::plain(" moved "), Word::strong(from.label()), Word::plain(" to "), Word::strong(to.label())]
            }
            Self::Noted { note } => match (&note.outreach, lead) {
                (None, Some(lead)) => vec![Word::plain(" wrote a note on "), lead],
                (None, None) => vec![Word::plain(" wrote a note")],
                (Some(outreach), Some(lead)) => vec![Word::plain(format!(" {} ", outreach.verb())), lead],
                (Some(outreach), None) => vec![Word::plain(outreach.sentence())],
            },
            Self::Ordered { order_id: Some(name), amount, .. } => {
                vec![Word::plain(" placed order "), Word::strong(name), Word::plain(format!(", {}", money(*amount)))]
            }
            Self::Ordered { order_id: None, amount, .. } => vec![Word::plain(format!(" placed an order, {}", money(*amount)))],
            Self::Changed { field, from, to } => {
                let of = lead.map(|lead| vec![Word::plain(" of "), lead]).unwrap_or_default();
                let (verb, rest) = match (from, to) {
                    (Some(from), Some(to)) => ("changed", format!(" from {from} to {to}")),
                    (None, Some(to)) => ("set", format!(" to {to}")),
                    (Some(from), None) => ("removed", format!(", which was {from}")),
                    (None, None) => ("changed", String::new()),
                };
                [vec![Word::plain(format!(" {verb} {field}"))], of, vec![Word::plain(rest)]].concat()
            }
        }
    }
}

/// The effects of an edit, one item per field. `name` returns the name of a user; `fields` are the definitions of custom fields.
pub fn differences(before: &Lead, after: &Lead, name: &dyn Fn(UserId) -> Option<String>, fields: &Fields) -> Vec<TimelineKind> {
    let mut kinds = Vec::new();
    let activity = |lead: &Lead| (lead.last_activity == MESSAGE_SENT).then_some(lead.last_activity_at);
    if activity(after) > activity(before) {
        kinds.push(TimelineKind::FollowedUp { campaign: None });
    }
    if before.stage != after.stage {
        kinds.push(TimelineKind::Moved { from: before.stage, to: after.stage });
    }
    let mut changed = |field: &str, from: Option<String>, to: Option<String>| {
        if from != to {
            kinds.push(TimelineKind::Changed { field: field.to_owned(), from: from.as_deref().map(cut), to: to.as_deref().map(cut) });
        }
    };
    // A contact of this moment is told beside it.
    let contacted = after.last_contacted_at == Some(after.updated_at);
    for (label, read) in READERS.iter().filter(|(label, _)| !contacted || *label != label::LAST_CONTACTED) {
        changed(label, read(before), read(after));
    }
    for (field, (from, to)) in TextField::ALL.into_iter().zip(before.texts().into_iter().zip(after.texts())) {
        changed(field.label(), from.clone(), to.clone());
    }
    let owner = |lead: &Lead| lead.owner.map(|id| name(id).unwrap_or_else(|| "Someone who left".to_owned()));
    changed(label::OWNER, owner(before), owner(after));
    for key in before.custom.keys().chain(after.custom.keys()).collect::<BTreeSet<_>>() {
        let field = fields.of(key);
        let value = |lead: &Lead| lead.custom.get(key).map(|text| field.map_or_else(|| text.clone(), |field| field.shown(text)));
        changed(field.map_or(key, |field| &field.label), value(before), value(after));
    }
    kinds
}

/// The value of a field for people, by its name in the API. `None` when empty, and for the owner, whose name is not part of the lead.
pub fn shown(field: &str, lead: &Lead) -> Option<String> {
    if let Some(field) = TextField::named(field) {
        return lead.text(field).map(str::to_owned);
    }
    match label::of(field)? {
        label::STAGE => Some(lead.stage.label().to_owned()),
        label => READERS.iter().find(|(one, _)| *one == label).and_then(|(_, read)| read(lead)),
    }
}

type Reader = fn(&Lead) -> Option<String>;

/// Label and value of each field but the texts, for people.
const READERS: &[(&str, Reader)] = &[
    (label::NAME, |lead| Some(lead.name.clone())),
    (label::EMAIL, |lead| Some(lead.email.clone())),
    (label::STATUS, |lead| Some(lead.status.label().to_owned())),
    (label::CONNECTION, |lead| Some(lead.connection.label().to_owned())),
    (label::ENGAGED, |lead| Some(if lead.engaged { "Yes" } else { "No" }.to_owned())),
    (label::VALUE, |lead| lead.value.map(money)),
    (label::SCORE, |lead| Some(lead.score.to_string())),
    (label::CONSENT, |lead| Some(lead.consent.label().to_owned())),
    (label::TAGS, |lead| (!lead.tags.is_empty()).then(|| lead.tags.join(", "))),
    (label::TOTAL_SPEND, |lead| Some(money(lead.total_spend))),
    (label::VISITS, |lead| Some(grouped(lead.visits))),
    (label::LAST_CONTACTED, |lead| lead.last_contacted_at.map(Timestamp::minute)),
];

fn money(minor: i64) -> String {
    format!("{}.{:02}", grouped(minor / 100), (minor % 100).abs())
}

/// Cuts a text to `SHOWN` characters. The head of a large text's reference is longer than that, so that the cut is marked too.
fn cut(text: &str) -> String {
    let text = text_ref::shown(text);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
