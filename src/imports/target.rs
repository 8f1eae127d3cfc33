//! What a file holds, and what its columns can be mapped to.

use crate::{
    Error, Result,
    leads::{TextField, label},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// What the rows of a file are.
    ImportKind, "kind", default Leads {
        Leads = "leads", "Leads";
        Orders = "orders", "Orders";
    }
}

words! {
    /// A field of an order that a column of a file fills.
    OrderField, "mapping", default OrderId {
        OrderId = "orderId", "Order id";
        MessageId = "messageId", "Message id";
        Customer = "customer", "Customer number";
        Email = "customerEmail", "E-mail of the customer";
        Amount = "amount", "Amount of the order";
        OrderedAt = "orderedAt", "Date of the order";
        ProductId = "productId", "Product id";
        Product = "product", "Product";
        Quantity = "quantity", "Quantity";
        Price = "price", "Unit price";
    }
}

/// Target of a column. On the wire its name, `custom.<name>` or `skip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    Name,
    FirstName,
    LastName,
    Email,
    Text(TextField),
    Status,
    Connection,
    Engaged,
    /// An active user, by name or e-mail.
    Owner,
    LastContacted,
    Consent,
    /// A mark that the person wants no e-mail: yes or no.
    OptedOut,
    /// A mark that the address does not exist: yes or no.
    Bounced,
    Stage,
    Value,
    Score,
    Tags,
    Custom(String),
    /// A field of an order, in a file of orders.
    Order(OrderField),
    #[default]
    Skip,
}

impl ImportKind {
    /// What a mapping to these targets lacks, as a sentence with the remedy; `None` when it is whole.
    pub fn lacks<'t>(self, targets: impl Iterator<Item = &'t Target> + Clone) -> Option<&'static str> {
        let has = |wanted: &[Target]| targets.clone().any(|target| wanted.contains(target));
        let field = |fields: &[OrderField]| has(&fields.iter().copied().map(Target::Order).collect::<Vec<_>>());
        match self {
            Self::Leads if !has(&[Target::Email]) => Some("Choose the column that holds the e-mail, which tells leads apart"),
            Self::Leads if !has(&[Target::Name, Target::FirstName, Target::LastName]) => {
                Some("Choose the column that holds the name, or first and last name")
            }
            Self::Orders if !field(&[OrderField::Customer, OrderField::Email]) => {
                Some("Choose the column that holds the customer’s number, or their e-mail")
            }
            Self::Orders if !field(&[OrderField::OrderedAt]) => Some("Choose the column that holds the date of the order"),
            Self::Orders if field(&[OrderField::Quantity, OrderField::Price]) && !field(&[OrderField::Product, OrderField::ProductId]) => {
                Some("Choose the column that holds the product, which quantity and unit price belong to, or do not import these")
            }
            Self::Orders if !field(&[OrderField::Amount, OrderField::Price]) => {
                Some("Choose the column that holds the amount of the order, or the unit price of its products")
            }
            Self::Leads | Self::Orders => None,
        }
    }
}

impl Target {
    const SKIP: (Self, &'static str, &'static str) = (Self::Skip, "skip", "Do not import");
    const NAMES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Name, "name", label::NAME),
        (Self::FirstName, "firstName", "First name"),
        (Self::LastName, "lastName", "Last name"),
        (Self::Email, "email", label::EMAIL),
    ];
    const OTHERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Status, "status", label::STATUS),
        (Self::Connection, "connection", label::CONNECTION),
        (Self::Engaged, "engaged", "Engaged (yes or no)"),
        (Self::Owner, "owner", label::OWNER),
        (Self::LastContacted, "lastContactedAt", label::LAST_CONTACTED),
        (Self::Consent, "consent", label::CONSENT),
        (Self::OptedOut, "optedOut", "Opted out (yes or no)"),
        (Self::Bounced, "bounced", "Bounced (yes or no)"),
        (Self::Stage, "stage", label::STAGE),
        (Self::Value, "value", label::VALUE),
        (Self::Score, "score", label::SCORE),
        (Self::Tags, "tags", label::TAGS),
    ];

    /// The targets of a file of this kind, except custom fields, in the order of the menu, with name and label.
    pub fn menu(kind: ImportKind) -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        let leads = || {
            let texts = TextField::ALL.into_iter().map(|text| (Self::Text(text), text.name(), text.label()));
            Self::NAMES.iter().cloned().chain(texts).chain(Self::OTHERS.iter().cloned())
        };
        let orders = || OrderField::ALL.iter().map(|field| (Self::Order(*field), field.as_str(), field.label()));
        let (leads, orders) = match kind {
            ImportKind::Leads => (Some(leads()), None),
            ImportKind::Orders => (None, Some(orders())),
        };
        std::iter::once(Self::SKIP).chain(leads.into_iter().flatten()).chain(orders.into_iter().flatten())
    }

    /// The targets of all kinds.
    fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        ImportKind::ALL.iter().flat_map(|kind| Self::menu(*kind))
    }

    /// Whether a column of a file of this kind can be mapped to it.
    pub fn is_of(&self, kind: ImportKind) -> bool {
        match self {
            Self::Skip => true,
            Self::Order(_) => kind == ImportKind::Orders,
            _ => kind == ImportKind::Leads,
        }
    }

    pub fn is_amount(&self) -> bool {
        matches!(self, Self::Value | Self::Order(OrderField::Amount | OrderField::Price))
    }

    pub(super) fn is_date(&self) -> bool {
        matches!(self, Self::LastContacted | Self::Order(OrderField::OrderedAt))
    }

    /// Several columns of a file can be mapped to it.
    pub(super) fn is_shared(&self) -> bool {
        match self {
            Self::Text(text) => text.has_lines(),
            target => matches!(target, Self::Skip | Self::Tags | Self::OptedOut | Self::Bounced),
        }
    }

    /// Name on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Custom(key) => format!("custom.{key}"),
            known => Self::all().find(|(target, ..)| target == known).map_or_else(String::new, |(_, name, _)| name.to_owned()),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.name()
    }
}

impl TryFrom<String> for Target {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        if let Some(key) = text.strip_prefix("custom.").filter(|key| !key.trim().is_empty()) {
            return Ok(Self::Custom(key.to_owned()));
        }
        let former = || TextField::ALL.into_iter().find(|field| field.former().contains(&text.as_str())).map(Self::Text);
        Self::all()
            .find(|(_, name, _)| *name == text)
            .map(|(target, ..)| target)
            .or_else(former)
            .ok_or_else(|| Error::invalid("mapping", format!("No target named “{text}”; choose one from the list, or custom.<name>")))
    }
}
