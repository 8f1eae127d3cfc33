//! A page of an area, as the view of a route.

use super::{Area, CampaignPages, OfficePages, campaigns, not_loaded::NotLoadedPage, office};
use leptos::prelude::*;
use leptos_router::ChooseView;

#[derive(Debug, Clone, Copy)]
pub enum AreaPage {
    Campaigns(CampaignPages),
    Office(OfficePages),
}

impl AreaPage {
    fn area(self) -> Area {
        match self {
            Self::Campaigns(_) => Area::Campaigns,
            Self::Office(_) => Area::Office,
        }
    }
}

impl ChooseView for AreaPage {
    async fn choose(self) -> AnyView {
        let view = match self {
            Self::Campaigns(page) => campaigns::view(page).await,
            Self::Office(page) => office::view(page).await,
        };
        view.unwrap_or_else(|_| view! { <NotLoadedPage/> }.into_any())
    }

    /// Runs before the page that is shown is left. A failure is not the end: `choose` fetches again.
    async fn preload(&self) {
        let loaded = self.area().load().await;
        #[cfg(feature = "hydrate")]
        if loaded.is_err() && super::start::is_outdated() {
            super::start::load_next_page().await;
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = loaded;
    }
}
