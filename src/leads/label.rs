//! Labels of a lead's fields; the only place that defines them, beside `TextField::label`.

use super::TextField;

macro_rules! labels {
    ($($name:ident, $wire:literal, $label:literal;)+) => {
        $(pub const $name: &str = $label;)+

        /// The labels of all fields but the texts.
        pub const ALL: &[&str] = &[$($label),+];

        /// Label of a field, by its name in the API.
        pub fn of(field: &str) -> Option<&'static str> {
            match field {
                $($wire => Some($label),)+
                _ => TextField::named(field).map(TextField::label),
            }
        }
    };
}

labels! {
    NAME, "name", "Name";
    EMAIL, "email", "E-mail";
    STATUS, "status", "Status";
    CONNECTION, "connection", "Connection";
    STAGE, "stage", "Stage";
    ENGAGED, "engaged", "Engaged";
    CONSENT, "consent", "Consent";
    OWNER, "owner", "Owner";
    VALUE, "value", "Value";
    SCORE, "score", "Score";
    TAGS, "tags", "Tags";
    CUSTOM, "custom", "Custom fields";
    TOTAL_SPEND, "totalSpend", "Total spend";
    VISITS, "visits", "Visits";
    LAST_ACTIVE, "lastActiveAt", "Last active";
    LAST_ACTIVITY, "lastActivityAt", "Last activity";
    LAST_CONTACTED, "lastContactedAt", "Last contacted";
    CREATED, "createdAt", "Created";
    UPDATED, "updatedAt", "Updated";
}
