//! A lead in the floors' responses. A test of the server compares it with the product's JSON.

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

macro_rules! texts {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct Texts {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<String>,)+
        }

        impl Texts {
            /// Reads the texts in the order of the table.
            pub fn read<E>(mut next: impl FnMut() -> Result<Option<String>, E>) -> Result<Self, E> {
                Ok(Self { $($field: next()?),+ })
            }
        }
    };
}
domain::each_lead_text!(texts);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    pub id: Uuid,
    pub revision: i64,
    pub edited: i64,
    pub name: String,
    pub email: String,
    #[serde(flatten)]
    pub texts: Texts,
    pub status: String,
    pub connection: String,
    pub stage: &'static str,
    pub stage_at: String,
    pub engaged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    pub score: i64,
    pub total_spend: i64,
    pub visits: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<String>,
    pub consent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Box<RawValue>>,
    pub last_activity: String,
    pub last_activity_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contacted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_id: Option<Uuid>,
    pub created_at: String,
    pub updated_at: String,
    // The outreach contract's names.
    #[serde(rename = "_id")]
    pub same_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    pub connection_status: String,
    pub last_activity_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact_date: Option<String>,
    pub sequence_step: u8,
}
