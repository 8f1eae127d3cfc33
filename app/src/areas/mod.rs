//! Areas of the program: pages whose code is not in the main WebAssembly file, but in a file per area that the browser fetches beside it
//! or when it is idle. The main file has the frame and the leads, where people spend their time.

mod campaigns;
mod not_loaded;
mod office;
mod page;
#[cfg(feature = "hydrate")]
mod start;

pub use campaigns::CampaignPages;
pub use office::OfficePages;
pub use page::AreaPage;
#[cfg(feature = "hydrate")]
pub use start::start;

use crate::NAV_PAGES;
use leptos::wasm_split::SplitLoaderError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Campaigns,
    /// What people set up or look at once in a while.
    Office,
}

/// Starts of paths outside the navigation, and the areas that pages below them need.
const OTHERS: [(&str, &[Area]); 4] = [("", &[]), ("signin", &[Area::Office]), ("setup", &[Area::Office]), ("join", &[Area::Office])];

impl Area {
    pub const ALL: [Self; 2] = [Self::Campaigns, Self::Office];

    /// Areas that the page at this path needs; any, if the path is in no table.
    pub fn at(path: &str) -> &'static [Self] {
        Self::listed(path).unwrap_or(&Self::ALL)
    }

    /// Areas in the tables for this path.
    pub fn listed(path: &str) -> Option<&'static [Self]> {
        let start = path.trim_start_matches('/').split('/').next()?;
        let pages = NAV_PAGES.iter().map(|page| (page.href.trim_start_matches('/'), page.areas));
        pages.chain(OTHERS).find(|(known, _)| *known == start).map(|(_, areas)| areas)
    }

    /// Name in the program's JavaScript, the same as in `wasm_split`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Campaigns => "campaigns",
            Self::Office => "office",
        }
    }

    /// Fetches the area's files unless they are loaded. On the server there is nothing to do.
    async fn load(self) -> Result<(), SplitLoaderError> {
        match self {
            Self::Campaigns => campaigns::load().await,
            Self::Office => office::load().await,
        }
    }
}
