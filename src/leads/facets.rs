//! Enums of a lead. Each value has the same text on the wire and in the database.

use crate::{Error, Result, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// Progress of outreach.
    Status, "status", default Pending {
        Pending = "pending", "Pending";
        Contacted = "contacted", "Contacted";
        Responded = "responded", "Responded";
        Qualified = "qualified", "Qualified";
        Nurturing = "nurturing", "Nurturing";
        Converted = "converted", "Converted";
    }
}

impl Status {
    /// The person was contacted.
    pub fn is_contacted(self) -> bool {
        self != Self::Pending
    }

    /// The person has replied; every later status implies a reply.
    pub fn has_replied(self) -> bool {
        matches!(self, Self::Responded | Self::Qualified | Self::Nurturing | Self::Converted)
    }
}

words! {
    /// The connection on a social network.
    Connection, "connection", default NotConnected {
        NotConnected = "not_connected", "Not connected";
        RequestSent = "request_sent", "Request sent";
        Connected = "connected", "Connected";
        RequestReceived = "request_received", "Request received";
        DoNotContact = "do_not_contact", "Do not contact";
    }
}

words! {
    /// Whether this address may be written to.
    Consent, "consent", default Subscribed {
        Subscribed = "subscribed", "Subscribed";
        Unsubscribed = "unsubscribed", "Unsubscribed";
        Bounced = "bounced", "Bounced";
        Complained = "complained", "Complained";
    }
}

impl Consent {
    /// Place in the order from what allows most to what allows least.
    fn strictness(self) -> u8 {
        match self {
            Self::Subscribed => 0,
            Self::Bounced => 1,
            Self::Unsubscribed => 2,
            Self::Complained => 3,
        }
    }

    /// The stricter of both.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        if other.strictness() > self.strictness() { other } else { self }
    }
}
