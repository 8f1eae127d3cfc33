//! What a note holds besides its text: a message, or an activity outside of Linnet.

use super::{TEXT_MAX, new::check_length};
use crate::{
    CampaignId, Error, FieldError, Result,
    text::{clean_line, clean_optional},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Longest name of an activity, in characters.
const ACTIVITY_MAX: usize = 100;
/// Longest metadata of an activity, in characters.
const METADATA_MAX: usize = 2_000;

words! {
    /// Kind of a message.
    MessageKind, "messageType", default FollowUp {
        ConnectionRequest = "connection_request", "connection request";
        FollowUp = "follow_up", "follow-up";
        Email = "email", "e-mail";
    }
}

words! {
    /// How far a message has come, as its author says.
    MessageStatus, "status", default Draft {
        Draft = "draft", "draft";
        Sent = "sent", "sent";
        Delivered = "delivered", "delivered";
        Read = "read", "read";
        Replied = "replied", "replied";
    }
}

/// A message or an activity. The text of its note is the content or the description.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outreach {
    /// A message that was written by hand. Linnet does not send it.
    Message {
        message_kind: MessageKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        status: MessageStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        campaign_id: Option<CampaignId>,
    },
    /// Something that was done outside of Linnet.
    Activity {
        /// Such as `profile_viewed`.
        what: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metadata: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        campaign_id: Option<CampaignId>,
    },
}

impl Outreach {
    /// Cleans and checks the texts.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each text that is empty or too long.
    pub fn check(self) -> Result<Self> {
        let mut errors = Vec::new();
        let checked = match self {
            Self::Message { subject, message_kind, status, campaign_id } => {
                let subject = clean_optional(subject.as_deref());
                check_length("subject", subject.as_deref(), TEXT_MAX, &mut errors);
                Self::Message { subject, message_kind, status, campaign_id }
            }
            Self::Activity { what, metadata, campaign_id } => {
                let (what, metadata) = (clean_line(&what), clean_optional(metadata.as_deref()));
                if what.is_empty() {
                    errors.push(FieldError::new("activityType", "Name the activity, such as profile_viewed"));
                }
                check_length("activityType", Some(&what), ACTIVITY_MAX, &mut errors);
                check_length("metadata", metadata.as_deref(), METADATA_MAX, &mut errors);
                Self::Activity { what, metadata, campaign_id }
            }
        };
        if errors.is_empty() { Ok(checked) } else { Err(Error::Invalid(errors)) }
    }

    /// Text of `kind` in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Activity { .. } => "activity",
        }
    }

    pub fn campaign_id(&self) -> Option<CampaignId> {
        match self {
            Self::Message { campaign_id, .. } | Self::Activity { campaign_id, .. } => *campaign_id,
        }
    }

    /// `last_activity` of the lead.
    pub fn last_activity(&self) -> &'static str {
        match self {
            Self::Message { .. } => "Message written",
            Self::Activity { .. } => "Activity recorded",
        }
    }

    /// The verb phrase before the lead's name.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Message { .. } => "wrote a message to",
            Self::Activity { .. } => "recorded an activity of",
        }
    }

    /// The sentence after the author's name, where the reader sees which lead it is.
    pub fn sentence(&self) -> String {
        match self {
            Self::Message { subject: Some(subject), message_kind, status, .. } => {
                format!(" wrote a message “{subject}” ({}, {})", message_kind.label(), status.label())
            }
            Self::Message { message_kind, status, .. } => format!(" wrote a message ({}, {})", message_kind.label(), status.label()),
            Self::Activity { what, .. } => format!(" recorded an activity: {what}"),
        }
    }
}
