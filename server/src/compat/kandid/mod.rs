//! The outreach contract. It shares `/api/leads` and `/api/campaigns` with the native API: one body for both, with our names and the
//! contract's beside them.

mod campaign;
mod either;
mod lead;
mod list;
pub mod messages;

pub use campaign::{CampaignBody, CampaignWhole, CreatedCampaign, NewCampaignBody};
pub use either::{AlsoCalled, Either, Pair, Said, beside};
pub use lead::{CONNECTION, LeadBody, LeadPatchBody, NewLeadBody, named};
pub use list::ListMeta;
