//! Commands of the palette; most have a key, too.

use crate::{
    NAV_PAGES,
    layout::{NavPage, Theme, ThemeChoice},
    live::Live,
    ui::{Toasts, leave_for},
};
use domain::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Go(&'static str),
    Pause,
    Undo,
    Fold,
    Keys,
    Theme(Theme),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    pub label: &'static str,
    pub icon: &'static str,
    pub keys: &'static [&'static str],
    pub act: Act,
    pub needs: Permission,
}

const fn command(label: &'static str, icon: &'static str, keys: &'static [&'static str], act: Act, needs: Permission) -> Command {
    Command { label, icon, keys, act, needs }
}

pub static PAGES: [Command; NAV_PAGES.len()] = {
    let mut pages = [command("", "", &[], Act::Keys, Permission::Read); NAV_PAGES.len()];
    let mut at = 0;
    while at < NAV_PAGES.len() {
        let NavPage { name, icon, href, keys, .. } = NAV_PAGES[at];
        pages[at] = command(name, icon, keys, Act::Go(href), Permission::Read);
        at += 1;
    }
    pages
};

pub static ACTIONS: [Command; 12] = [
    command("New lead", "plus", &["C"], Act::Go("/leads/new"), Permission::WriteLeads),
    command("New campaign", "plus", &[], Act::Go("/campaigns/new"), Permission::WriteCampaigns),
    command("New segment", "plus", &[], Act::Go("/segments/new"), Permission::WriteSegments),
    command("Import leads", "import", &[], Act::Go("/imports/new"), Permission::Import),
    command("API", "plug", &[], Act::Go("/settings/api"), Permission::Read),
    command("Undo the last action", "undo", &["Z"], Act::Undo, Permission::Read),
    command("Pause or resume live updates", "pause", &["P"], Act::Pause, Permission::Read),
    command("Collapse or expand the sidebar", "chev-left", &["["], Act::Fold, Permission::Read),
    command("Light theme", "bolt", &[], Act::Theme(Theme::Light), Permission::Read),
    command("Dark theme", "moon", &[], Act::Theme(Theme::Dark), Permission::Read),
    command("System theme", "laptop", &[], Act::Theme(Theme::System), Permission::Read),
    command("Keyboard shortcuts", "help", &["?"], Act::Keys, Permission::Read),
];

/// State that commands act on.
#[derive(Debug, Clone, Copy)]
pub struct CommandContext {
    pub live: Live,
    pub toasts: Toasts,
    pub theme: ThemeChoice,
    /// Whether the list of shortcuts is open.
    pub keys: RwSignal<bool>,
    /// Whether the sidebar is collapsed to a rail.
    pub folded: RwSignal<bool>,
}

impl CommandContext {
    pub fn run(self, act: Act, go: &impl Fn(&str, NavigateOptions)) {
        match act {
            Act::Go(href) => leave_for(go, href),
            Act::Pause => self.live.paused.update(|paused| *paused = !*paused),
            Act::Undo => self.toasts.undo_last(),
            Act::Fold => self.folded.update(|folded| *folded = !*folded),
            Act::Keys => self.keys.set(true),
            Act::Theme(theme) => self.theme.choose(theme),
        }
    }
}
