//! What this server lets programs do: the contracts with their policies, and the options that open them.

use crate::{
    api,
    compat::{kandid, leads_artisan, mini_crm, xenocrm},
    config::{Config, SignUp},
};
use app::accounts::ApiAccess;

pub fn api_access(config: &Config) -> ApiAccess {
    ApiAccess {
        contracts: vec![api::contract(), kandid::contract(), leads_artisan::contract(), xenocrm::contract(), mini_crm::contract()],
        open: config.open,
        sign_up: config.sign_up == SignUp::Open,
        allowed_origins: config.allowed_origins.clone(),
    }
}
