//! Labels of a lead's fields; the only place that defines them.

macro_rules! labels {
    ($($name:ident, $wire:literal, $label:literal;)+) => {
        $(pub const $name: &str = $label;)+

        /// Label of a field, by its name in the API.
        pub fn of(field: &str) -> Option<&'static str> {
            match field {
                $($wire => Some($label),)+
                _ => None,
            }
        }
    };
}

labels! {
    NAME, "name", "Name";
    EMAIL, "email", "E-mail";
    COMPANY, "company", "Company";
    TITLE, "title", "Title";
    PHONE, "phone", "Phone";
    LOCATION, "location", "Location";
    LINKEDIN, "linkedinUrl", "LinkedIn";
    NOTES, "notes", "Notes";
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
    CUSTOMER_ID, "customerId", "Customer number";
    TOTAL_SPEND, "totalSpend", "Total spend";
    VISITS, "visits", "Visits";
    LAST_ACTIVE, "lastActiveAt", "Last active";
    LAST_ACTIVITY, "lastActivityAt", "Last activity";
    CREATED, "createdAt", "Created";
    UPDATED, "updatedAt", "Updated";
}
