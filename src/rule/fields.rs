//! The catalogue of fields that a rule can test: kind, column, and names in the replaced systems.

use super::{CustomKind, Op, Value};
use crate::{
    leads::{Filter, TextField, label},
    text::fold,
};
use std::sync::LazyLock;

/// Prefix of a custom field's key.
pub const CUSTOM: &str = "custom.";

/// Kind of a field: type of its values and how they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, compared folded. The column holds the folded text and is never NULL (`''` = absent).
    Text,
    /// An e-mail address: text, compared in the normal form of addresses.
    Email,
    /// One word of a fixed list; compared as stored.
    Words(&'static [&'static str]),
    /// The pipeline stage: a word that is also ordered; stored as its rank.
    Stage,
    /// Whole numbers; NULL = absent.
    Number,
    /// Minor units in the column, major units in the rule.
    Money,
    Flag,
    /// Microseconds; NULL = absent.
    Time,
    /// Whole days from the time in the column until now.
    DaysSince,
    /// A list of tags, stored folded, with `\n` before and after each; no folded text contains `\n`.
    Tags,
    /// Id of another record.
    Id(Referent),
    /// A custom field, compared as a value of this type: folded text, and what it is measured as, under a folded key in a JSON object.
    Custom(CustomKind),
}

/// The kind of record that an id in a rule refers to, which decides where its name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referent {
    User,
    Import,
    Campaign,
    Segment,
}

/// A field of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: FieldKind,
    pub column: &'static str,
    pub aliases: &'static [&'static str],
    pub source: Source,
    /// The text of the lead, for fields of that table.
    pub text: Option<TextField>,
}

/// Where the values of a field are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The lead itself.
    Lead,
    /// The lead's sums over its orders. They are in the lead's row, and change without a change of the lead.
    Totals,
    /// The lead's enrollments: one matching enrollment is enough. Enrollments of deleted campaigns do not count.
    Enrollments,
    /// The lead's orders, over which a field computes one value. Their column is the time of an order.
    Orders,
    /// The rules of segments, which stand in place of the test before an engine gets it.
    Segments,
}

impl Source {
    /// The table with the field's column.
    pub fn table(self) -> &'static str {
        match self {
            Self::Lead | Self::Totals => "lead",
            Self::Enrollments => "enrollment",
            Self::Orders => "orders",
            Self::Segments => "segment",
        }
    }
}

const fn f(name: &'static str, label: &'static str, kind: FieldKind, column: &'static str, aliases: &'static [&'static str]) -> Field {
    Field { name, label, kind, column, aliases, source: Source::Lead, text: None }
}

const fn of_enrollments(field: Field) -> Field {
    Field { source: Source::Enrollments, ..field }
}

const fn of_orders(name: &'static str, label: &'static str, kind: FieldKind) -> Field {
    Field { source: Source::Orders, ..f(name, label, kind, "ordered_at", &[]) }
}

const fn of_segments(field: Field) -> Field {
    Field { source: Source::Segments, ..field }
}

const fn of_totals(field: Field) -> Field {
    Field { source: Source::Totals, ..field }
}

/// The texts that rules can test.
fn texts() -> impl Iterator<Item = Field> {
    TextField::ALL.into_iter().filter_map(|text| {
        let Filter { column, aliases } = text.filter()?;
        Some(Field { text: Some(text), ..f(text.column(), text.label(), FieldKind::Text, column, aliases) })
    })
}

const STATUS: &[&str] = &["pending", "contacted", "responded", "qualified", "nurturing", "converted"];
const CONNECTION: &[&str] = &["not_connected", "request_sent", "connected", "request_received", "do_not_contact"];
const CONSENT: &[&str] = &["subscribed", "unsubscribed", "bounced", "complained"];

pub static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| FIRST.iter().copied().chain(texts()).chain(REST.iter().copied()).collect());

const FIRST: &[Field] = &[
    f("search", "Anything", FieldKind::Text, "search", &[]),
    f("name", label::NAME, FieldKind::Text, "name_fold", &[]),
    f("email", label::EMAIL, FieldKind::Email, "email", &[]),
];

const REST: &[Field] = &[
    f("status", label::STATUS, FieldKind::Words(STATUS), "status", &[]),
    f("connection", label::CONNECTION, FieldKind::Words(CONNECTION), "connection", &["connectionStatus"]),
    f("stage", label::STAGE, FieldKind::Stage, "stage", &["current_stage"]),
    f("engaged", label::ENGAGED, FieldKind::Flag, "engaged", &[]),
    f("consent", label::CONSENT, FieldKind::Words(CONSENT), "consent", &[]),
    f("owner", label::OWNER, FieldKind::Id(Referent::User), "owner", &[]),
    f("import", "Import", FieldKind::Id(Referent::Import), "import_id", &["importId"]),
    of_enrollments(f("campaign", "Campaign", FieldKind::Id(Referent::Campaign), "campaign_id", &["campaignId"])),
    of_enrollments(f("replied_at", "Replied", FieldKind::Time, "replied_at", &["repliedAt"])),
    of_segments(f("segment", "Segment", FieldKind::Id(Referent::Segment), "id", &["segmentId"])),
    f("value", label::VALUE, FieldKind::Money, "value", &[]),
    f("score", label::SCORE, FieldKind::Number, "score", &[]),
    f("tags", label::TAGS, FieldKind::Tags, "tags_fold", &["tag"]),
    of_totals(f("total_spend", label::TOTAL_SPEND, FieldKind::Money, "total_spend", &["total_spends", "totalSpend"])),
    of_totals(f("visits", label::VISITS, FieldKind::Number, "visits", &["visit_count", "visits_count"])),
    of_totals(f("last_active_at", label::LAST_ACTIVE, FieldKind::Time, "last_active_at", &["last_visit_date"])),
    of_totals(f("days_since_last_active", "Days since last active", FieldKind::DaysSince, "last_active_at", &["inactive_days"])),
    of_orders("orders", "Orders", FieldKind::Number),
    of_orders("order_total", "Order total", FieldKind::Money),
    of_orders("first_order_at", "First order", FieldKind::Time),
    of_orders("last_order_at", "Last order", FieldKind::Time),
    f("last_activity_at", label::LAST_ACTIVITY, FieldKind::Time, "last_activity_at", &["lastActivityDate"]),
    f("last_contacted_at", label::LAST_CONTACTED, FieldKind::Time, "last_contacted_at", &["last_contacted"]),
    f("created_at", label::CREATED, FieldKind::Time, "created_at", &["createdAt"]),
    f("updated_at", label::UPDATED, FieldKind::Time, "updated_at", &["updatedAt"]),
];

/// Finds a field by name or alias. `custom.<key>` is not in the catalogue; see `FieldKind::Custom`.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&name))
}

/// The subject of a test: a field of the catalogue, or a custom field by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Field(&'static Field),
    Custom(String),
}

impl Subject {
    /// Finds a subject by name, alias, or `custom.<key>`.
    pub fn find(name: &str) -> Option<Self> {
        match name.strip_prefix(CUSTOM) {
            Some(key) if !key.is_empty() && key.chars().count() <= 100 && !key.contains('\0') => Some(Self::Custom(key.to_owned())),
            Some(_) => None,
            None => field(name).map(Self::Field),
        }
    }

    /// Folds the key of a custom field, as keys are compared.
    pub(super) fn compared(self) -> Self {
        match self {
            Self::Custom(key) => Self::Custom(fold(&key)),
            known @ Self::Field(_) => known,
        }
    }

    /// Of a custom field, text: its definition and each test may say otherwise.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Field(field) => field.kind,
            Self::Custom(_) => FieldKind::Custom(CustomKind::Text),
        }
    }

    /// As what a test with this operator and value compares it.
    pub fn asked(&self, op: Op, value: &Value) -> FieldKind {
        match self {
            Self::Field(field) => field.kind,
            Self::Custom(_) => FieldKind::Custom(CustomKind::asked(op, value)),
        }
    }

    pub fn source(&self) -> Source {
        match self {
            Self::Field(field) => field.source,
            Self::Custom(_) => Source::Lead,
        }
    }

    /// The canonical name.
    pub fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name.to_owned(),
            Self::Custom(key) => format!("{CUSTOM}{key}"),
        }
    }

    pub fn label(&self) -> &str {
        match self {
            Self::Field(field) => field.label,
            Self::Custom(key) => key,
        }
    }
}
