//! `/api/messages` and `/api/activity`: what people did outside of Linnet. Both are notes in the timeline of their lead.

use super::{
    either::{AlsoCalled, Either, EitherJson, Pair},
    messages::Refusal,
};
use crate::http::{App, CurrentActor};
use axum::{Json, extract::State};
use domain::{
    Actor, ActorRef, CampaignId, ChangeId, Error, LeadId, NoteId, Permission, Problem, Result, Services, Timestamp,
    activity::{Activity, ActivityKind, ActivityQuery, Link, Period},
    campaigns::CampaignAction,
    leads::{LeadMessage, MessageKind, MessageStatus, Note, Outreach},
    text_ref,
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Activities at once.
const ACTIVITIES: u32 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_messages, add_message)).routes(routes!(list_activity, add_activity))
}

/// The id of the user or the API key.
fn id_of(who: &ActorRef) -> Option<Uuid> {
    match who {
        ActorRef::User { id, .. } => Some(id.0),
        ActorRef::Key { id, .. } => Some(id.0),
        ActorRef::Guest | ActorRef::System => None,
    }
}

/// Adds the message or activity to the timeline of the lead with the id `lead`.
// Deviation: the original keeps messages and activities of no lead, of unknown leads and campaigns, and without a text.
async fn record(
    services: &Services,
    actor: &Actor,
    (lead, campaign): (Option<&str>, Option<&str>),
    (field, text): (&str, &str),
    make: impl FnOnce(Option<CampaignId>) -> Outreach,
) -> Result<(Note, ChangeId)> {
    actor.require(Permission::WriteLeads)?;
    let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let lead = given(lead).ok_or_else(|| Error::invalid("leadId", "Give the id of the lead in whose timeline this is kept"))?;
    let lead: LeadId = lead.parse().map_err(|_| Error::not_found("Lead", lead.chars().take(60).collect::<String>()))?;
    let campaign = match given(campaign) {
        Some(id) => Some(known_campaign(services, actor, &id).await?),
        None => None,
    };
    let saved = services.leads.add_outreach(actor, lead, text, make(campaign)).await.map_err(|mut error| {
        if let Error::Invalid(errors) = &mut error {
            errors.iter_mut().filter(|error| error.field == "body").for_each(|error| field.clone_into(&mut error.field));
        }
        error
    })?;
    Ok((saved.note, saved.change))
}

async fn known_campaign(services: &Services, actor: &Actor, id: &str) -> Result<CampaignId> {
    let unknown = || Error::invalid("campaignId", "Give the id of a campaign, as the list of campaigns shows it");
    let id = id.parse().map_err(|_| unknown())?;
    services.campaigns.get(actor, id).await?.map(|_| id).ok_or_else(unknown)
}

/// A message in a response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: NoteId,
    #[serde(rename = "_id")]
    same_id: NoteId,
    lead_id: LeadId,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<CampaignId>,
    #[serde(rename = "messageType")]
    kind: MessageKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    content: String,
    status: MessageStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Message {
    /// `None` for a note that holds no message.
    fn of(note: Note) -> Option<Self> {
        let Some(Outreach::Message { message_kind, subject, status, campaign_id }) = note.outreach else { return None };
        Some(Self {
            id: note.id,
            same_id: note.id,
            lead_id: note.lead_id,
            campaign_id,
            kind: message_kind,
            subject,
            content: note.body,
            status,
            user_id: note.written_by.as_ref().and_then(id_of),
            created_at: note.created_at,
            updated_at: note.edited_at.unwrap_or(note.created_at),
        })
    }
}

/// A message with its lead.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedMessage {
    #[serde(flatten)]
    message: Message,
    lead_name: String,
    company: String,
}

const UNKNOWN_LEAD: &str = "Unknown Lead";
const UNKNOWN_COMPANY: &str = "Unknown Company";

/// The newest messages, newest first: at most 200, and fewer when they are long.
// Deviation: the original lists all at once, but only the caller's own.
#[utoipa::path(get, path = "/api/messages", tag = "Kandid", responses((status = 200, body = Vec<ListedMessage>)))]
async fn list_messages(State(services): State<Services>, CurrentActor(actor): CurrentActor) -> Result<Json<Vec<ListedMessage>>, Refusal> {
    let listed = |LeadMessage { note, lead_name, company }| {
        let company = company.unwrap_or_else(|| UNKNOWN_COMPANY.to_owned());
        Some(ListedMessage { message: Message::of(note)?, lead_name, company })
    };
    Ok(Json(services.leads.messages(&actor).await?.into_iter().filter_map(listed).collect()))
}

#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
struct NewMessage {
    lead_id: Option<String>,
    campaign_id: Option<String>,
    message_type: MessageKind,
    subject: Option<String>,
    content: String,
    status: MessageStatus,
}

type NewMessageBody = Either<NewMessage>;

impl AlsoCalled for NewMessage {
    const PAIRS: &'static [Pair] = &[];
}

/// Records a message that was written by hand, in the timeline of its lead. Linnet does not send it.
#[utoipa::path(post, path = "/api/messages", tag = "Kandid", request_body(content = NewMessageBody, example = json!({"leadId": "0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c8d", "messageType": "email", "content": "Hello Ana"})), responses(
    (status = 200, body = Message, description = "Not 201, as the contract's clients expect"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No lead has this id"),
))]
async fn add_message(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    EitherJson(Either { value: new, .. }): EitherJson<NewMessage>,
) -> Result<Json<Message>, Refusal> {
    let NewMessage { lead_id, campaign_id, message_type: message_kind, subject, content, status } = new;
    let make = |campaign_id| Outreach::Message { message_kind, subject, status, campaign_id };
    let ids = (lead_id.as_deref(), campaign_id.as_deref());
    let (note, _) = record(&services, &actor, ids, ("content", &content), make).await?;
    Ok(Json(Message::of(note).ok_or(Error::Internal)?))
}

/// An activity in a response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActivityLog {
    id: ChangeId,
    #[serde(rename = "_id")]
    same_id: ChangeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<CampaignId>,
    activity_type: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    created_at: Timestamp,
    lead_name: String,
    company: String,
}

impl From<Activity> for ActivityLog {
    fn from(activity: Activity) -> Self {
        let links = || activity.words.iter().filter_map(|word| Some((word.to?, &word.text)));
        let lead = links().find_map(|(link, name)| if let Link::Lead(id) = link { Some((id, name.clone())) } else { None });
        let campaign = links().find_map(|(link, _)| if let Link::Campaign(id) = link { Some(id) } else { None });
        let outreach = activity.note.as_ref().and_then(|note| Some((note, note.outreach.as_ref()?)));
        let (activity_type, description, metadata) = match outreach {
            Some((note, Outreach::Activity { what, metadata, .. })) => {
                (what.clone(), text_ref::shown(&note.body).to_owned(), metadata.clone())
            }
            Some((_, Outreach::Message { .. })) => ("message_written".to_owned(), activity.text(), None),
            None => (kind(activity.kind).to_owned(), activity.text(), None),
        };
        let (lead_id, lead_name) = lead.unzip();
        Self {
            id: activity.id,
            same_id: activity.id,
            lead_id,
            campaign_id: campaign.or_else(|| outreach.and_then(|(_, outreach)| outreach.campaign_id())),
            activity_type,
            description,
            metadata,
            user_id: id_of(&activity.who),
            created_at: activity.at,
            lead_name: lead_name.unwrap_or_else(|| UNKNOWN_LEAD.to_owned()),
            company: UNKNOWN_COMPANY.to_owned(),
        }
    }
}

/// The contract's word; it also takes words of its users.
fn kind(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Requested => "connection_request_sent",
        ActivityKind::Connected => "connection_accepted",
        ActivityKind::Wrote => "message_sent",
        ActivityKind::Replied => "message_replied",
        ActivityKind::Added => "added",
        ActivityKind::Ordered => "ordered",
        ActivityKind::Edited => "edited",
        ActivityKind::Moved(_) => "moved",
        ActivityKind::Noted => "noted",
        ActivityKind::Deleted => "deleted",
        ActivityKind::Restored => "restored",
        ActivityKind::Imported => "imported",
        ActivityKind::Exported => "exported",
        ActivityKind::Turned(CampaignAction::Start) => "campaign_started",
        ActivityKind::Turned(_) => "campaign_changed",
        ActivityKind::Enrolled => "enrolled",
        ActivityKind::Converted => "converted",
        ActivityKind::Stopped => "stopped",
        ActivityKind::Finished => "finished",
        ActivityKind::Many => "many_leads_changed",
        ActivityKind::Access => "access_changed",
        ActivityKind::Failed => "failed",
    }
}

/// The newest activities of the last 30 days, newest first, at most 200.
// Deviation: the original lists all at once, and only what its clients posted; here it is the activity log.
#[utoipa::path(get, path = "/api/activity", tag = "Kandid", responses((status = 200, body = Vec<ActivityLog>)))]
async fn list_activity(State(services): State<Services>, CurrentActor(actor): CurrentActor) -> Result<Json<Vec<ActivityLog>>, Refusal> {
    let query = ActivityQuery { period: Period::Month, limit: ACTIVITIES, ..ActivityQuery::default() };
    let found = services.activity.list(&actor, &query).await?;
    let mut listed: Vec<ActivityLog> = found.data.activities.into_iter().map(ActivityLog::from).collect();
    let leads: Vec<LeadId> = listed.iter().filter_map(|one| one.lead_id).collect();
    let companies = services.leads.companies(&actor, &leads).await?;
    for one in &mut listed {
        if let Some(company) = one.lead_id.and_then(|id| companies.get(&id)) {
            one.company.clone_from(company);
        }
    }
    Ok(Json(listed))
}

#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
struct NewActivity {
    activity_type: String,
    description: String,
    lead_id: Option<String>,
    campaign_id: Option<String>,
    /// JSON as a text.
    metadata: Option<String>,
}

type NewActivityBody = Either<NewActivity>;

impl AlsoCalled for NewActivity {
    const PAIRS: &'static [Pair] = &[];
}

#[derive(Serialize, utoipa::ToSchema)]
struct RecordedActivity {
    id: ChangeId,
}

/// Records what was done outside of Linnet, in the timeline of its lead.
#[utoipa::path(post, path = "/api/activity", tag = "Kandid", request_body(content = NewActivityBody, example = json!({"leadId": "0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c8d", "activityType": "profile_viewed", "description": "Looked at the profile"})), responses(
    (status = 200, body = RecordedActivity, description = "Not 201, as the contract's clients expect"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No lead has this id"),
))]
async fn add_activity(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    EitherJson(Either { value: new, .. }): EitherJson<NewActivity>,
) -> Result<Json<RecordedActivity>, Refusal> {
    let NewActivity { activity_type: what, description, lead_id, campaign_id, metadata } = new;
    let make = |campaign_id| Outreach::Activity { what, metadata, campaign_id };
    let ids = (lead_id.as_deref(), campaign_id.as_deref());
    let (_, id) = record(&services, &actor, ids, ("description", &description), make).await?;
    Ok(Json(RecordedActivity { id }))
}
