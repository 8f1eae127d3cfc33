//! The closed lists of words on a lead, each written the same on the wire and in the database.

use crate::{Error, Result, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// How far outreach has come.
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
    /// Outreach has come to this person.
    pub fn is_contacted(self) -> bool {
        self != Self::Pending
    }

    /// This person has answered; whoever is further than that has too.
    pub fn has_replied(self) -> bool {
        matches!(self, Self::Responded | Self::Qualified | Self::Nurturing | Self::Converted)
    }
}

words! {
    /// The connection on a social network.
    Connection, "connectionStatus", default NotConnected {
        NotConnected = "not_connected", "Not connected";
        RequestSent = "request_sent", "Request sent";
        Connected = "connected", "Connected";
        RequestReceived = "request_received", "Request received";
        DoNotContact = "do_not_contact", "Do not contact";
    }
}

words! {
    /// Whether we may write to this address.
    Consent, "consent", default Subscribed {
        Subscribed = "subscribed", "Subscribed";
        Unsubscribed = "unsubscribed", "Unsubscribed";
        Bounced = "bounced", "Bounced";
        Complained = "complained", "Complained";
    }
}
