//! Kinds of records: one line each, and what the change log and the live feed know of a record beside its type.

use crate::{
    CampaignId, LeadId, Op, Permission, UserId,
    accounts::{ApiKey, User},
    activity::{ActivityKind, Names, Word},
    bulk::Bulk,
    campaigns::{Campaign, CampaignFigures, Enrollment},
    change::Set,
    exports::Export,
    fields::CustomField,
    imports::Import,
    leads::{Lead, Note},
    orders::{Order, Totals},
    profiles::Profile,
    segments::Segment,
    views::View,
    workspace::Workspace,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A type whose values are records of the change log.
pub trait Recorded {
    /// Permission to follow its list and single records live (`Query::List`, `Query::One`); `None` when it has no such query.
    const LIVE: Option<Permission> = None;
    /// Some records are hidden from users who may read; see `is_seen_by`.
    const HIDDEN: bool = false;

    /// The record's own id. For figures the id of their campaign; for a set that of its import, bulk action or campaign, or nil.
    fn id(&self) -> Uuid;

    /// The lead whose timeline shows it.
    fn lead_id(&self) -> Option<LeadId> {
        None
    }

    /// The campaign whose activity shows it.
    fn campaign_id(&self) -> Option<CampaignId> {
        None
    }

    fn is_seen_by(&self, _: Option<UserId>) -> bool {
        true
    }

    /// The activity that a change of it is, as verb and object: `wrote a note on`, the lead. `None` when nobody reads it as one: it came and
    /// went with its lead, is the progress of a job or a user's own setting, or `activity::sentence` compares it before and after.
    fn said(&self, _: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        None
    }

    /// The leads of which it changes what rules ask. There is no default: a forgotten one would leave live lists stale without an error.
    fn concerns(&self, op: Op) -> Concerned;

    /// The record without what live lists neither show nor search.
    #[must_use]
    fn in_live_list(self) -> Self
    where
        Self: Sized,
    {
        self
    }
}

/// Leads that a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerned {
    Nobody,
    Lead(LeadId),
    /// The change does not name its leads.
    Anyone,
}

impl<T: Recorded> Recorded for Box<T> {
    const LIVE: Option<Permission> = T::LIVE;
    const HIDDEN: bool = T::HIDDEN;

    fn id(&self) -> Uuid {
        (**self).id()
    }

    fn lead_id(&self) -> Option<LeadId> {
        (**self).lead_id()
    }

    fn campaign_id(&self) -> Option<CampaignId> {
        (**self).campaign_id()
    }

    fn is_seen_by(&self, user: Option<UserId>) -> bool {
        (**self).is_seen_by(user)
    }

    fn said(&self, op: Op, names: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        (**self).said(op, names)
    }

    fn concerns(&self, op: Op) -> Concerned {
        (**self).concerns(op)
    }

    fn in_live_list(self) -> Self {
        Self::new((*self).in_live_list())
    }
}

macro_rules! records {
    ($($(#[$meta:meta])* $kind:ident($type:ty) = $name:literal, $label:literal;)*) => {
        #[cfg(feature = "openapi")]
        crate::openapi::text!([] Entity, utoipa::openapi::ObjectBuilder::new().enum_values(Some([$($name),*])));

        /// Kind of a record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Entity {
            $($(#[$meta])* #[serde(rename = $name)] $kind,)*
        }

        /// The whole changed record.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "entity")]
        pub enum Record {
            $($(#[$meta])* #[serde(rename = $name)] $kind($type),)*
        }

        impl Entity {
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Name in sentences for people.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$kind => $label,)*
                }
            }

            /// See `Recorded::LIVE`.
            pub fn live(self) -> Option<Permission> {
                match self {
                    $(Self::$kind => <$type as Recorded>::LIVE,)*
                }
            }

            /// See `Recorded::HIDDEN`.
            pub fn is_hidden(self) -> bool {
                match self {
                    $(Self::$kind => <$type as Recorded>::HIDDEN,)*
                }
            }
        }

        impl Record {
            pub fn entity(&self) -> Entity {
                match self {
                    $(Self::$kind(_) => Entity::$kind,)*
                }
            }

            /// See `Recorded::id`.
            pub fn id(&self) -> Uuid {
                match self {
                    $(Self::$kind(record) => Recorded::id(record),)*
                }
            }

            /// See `Recorded::lead_id`.
            pub fn lead_id(&self) -> Option<LeadId> {
                match self {
                    $(Self::$kind(record) => Recorded::lead_id(record),)*
                }
            }

            /// See `Recorded::campaign_id`.
            pub fn campaign_id(&self) -> Option<CampaignId> {
                match self {
                    $(Self::$kind(record) => Recorded::campaign_id(record),)*
                }
            }

            /// See `Recorded::is_seen_by`.
            pub fn is_seen_by(&self, user: Option<UserId>) -> bool {
                match self {
                    $(Self::$kind(record) => Recorded::is_seen_by(record, user),)*
                }
            }

            /// See `Recorded::said`.
            pub fn said(&self, op: Op, names: &Names) -> Option<(ActivityKind, &'static str, Word)> {
                match self {
                    $(Self::$kind(record) => Recorded::said(record, op, names),)*
                }
            }

            /// See `Recorded::concerns`.
            pub fn concerns(&self, op: Op) -> Concerned {
                match self {
                    $(Self::$kind(record) => Recorded::concerns(record, op),)*
                }
            }

            /// See `Recorded::in_live_list`.
            #[must_use]
            pub fn in_live_list(self) -> Self {
                match self {
                    $(Self::$kind(record) => Self::$kind(Recorded::in_live_list(record)),)*
                }
            }
        }
    };
}

// Kind, type, name in the log and on the wire, name in sentences.
records! {
    Lead(Box<Lead>) = "lead", "lead";
    Note(Note) = "note", "note";
    Import(Box<Import>) = "import", "import";
    Export(Box<Export>) = "export", "export";
    Bulk(Box<Bulk>) = "bulk", "bulk action";
    Campaign(Box<Campaign>) = "campaign", "campaign";
    /// A campaign's counters after its enrollments changed; `before` is empty. Older rows hold the whole campaign before and after instead.
    Figures(CampaignFigures) = "figures", "figures";
    /// Stored as `enrolment` in older rows.
    #[serde(alias = "enrolment")]
    Enrollment(Enrollment) = "enrollment", "enrollment";
    Order(Box<Order>) = "order", "order";
    /// A lead's sums after its orders changed. `before` is empty for a restored lead, and `after` for a deleted one.
    Totals(Totals) = "totals", "sums of orders";
    User(User) = "user", "person";
    ApiKey(ApiKey) = "api_key", "API key";
    View(Box<View>) = "view", "view";
    Profile(Box<Profile>) = "profile", "profile";
    Segment(Box<Segment>) = "segment", "segment";
    Field(Box<CustomField>) = "field", "custom field";
    Workspace(Box<Workspace>) = "workspace", "workspace";
    /// Stored as `enrolments` in older rows.
    #[serde(alias = "enrolments")]
    Set(Set) = "set", "set";
}

impl Record {
    /// Members that can hold large texts, which the log stores separately.
    pub const LARGE: [&str; 5] = ["notes", "custom", "body", "description", "steps"];

    pub fn as_lead(&self) -> Option<&Lead> {
        match self {
            Self::Lead(lead) => Some(lead),
            _ => None,
        }
    }

    pub fn as_view(&self) -> Option<&View> {
        match self {
            Self::View(view) => Some(view),
            _ => None,
        }
    }

    pub fn as_campaign(&self) -> Option<&Campaign> {
        match self {
            Self::Campaign(campaign) => Some(campaign),
            _ => None,
        }
    }
}
