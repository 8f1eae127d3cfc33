//! The area of campaigns.

#![expect(clippy::unnecessary_wraps, reason = "the error is of the file that the macro loads")]

use crate::campaigns::{CampaignListPage, CampaignPage, NewCampaignPage};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[derive(Debug, Clone, Copy)]
pub enum CampaignPages {
    List,
    New,
    Campaign,
}

#[wasm_split(campaigns, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
pub(super) fn view(page: CampaignPages) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        CampaignPages::List => CampaignListPage().into_any(),
        CampaignPages::New => NewCampaignPage().into_any(),
        CampaignPages::Campaign => CampaignPage().into_any(),
    })
}
