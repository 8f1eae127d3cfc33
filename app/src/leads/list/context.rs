//! State shared by the parts of the list: its address, the active row, names of owners.

use super::{
    listing::Listing,
    states::{ListState, SavedListStates},
};
use crate::{
    address::use_query,
    leads::{
        api::names_in,
        board::BoardColumns,
        edit::may_write,
        store::{LeadList, Picked},
    },
    live::reading,
    ui::may_leave,
};
use domain::{LeadId, UserId, accounts::Colleague};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub struct ListContext {
    pub listing: Memo<Listing>,
    /// The row that the arrow keys have moved to.
    pub active: RwSignal<Option<LeadId>>,
    /// Names of owners. From a resource, so it must be read under a `Transition`.
    pub owners: Signal<HashMap<UserId, String>>,
    /// Active users who can be given leads, sorted by name. From the same resource.
    pub assignable_owners: Signal<Vec<(UserId, String)>>,
    /// Names of users, imports, campaigns and segments in the filters. From a resource, too.
    pub names: Signal<HashMap<Uuid, String>>,
    /// The list on the screen, after hydration.
    pub list: RwSignal<Option<LeadList>>,
    /// The board on the screen, if shown instead of the list.
    pub board: RwSignal<Option<BoardColumns>>,
    /// Rows that fill the table: the number of rows rendered first in the next list.
    pub screen: StoredValue<usize>,
    pub may_write: Signal<bool>,
    /// The list that the panel was opened from, while it is the previous history entry; `None` once the list has changed.
    opened: StoredValue<Option<Listing>>,
    /// State in which the list was left for another page, until it is restored.
    pub state: StoredValue<Option<ListState>>,
    go: Callback<(Listing, bool)>,
}

impl ListContext {
    pub fn new(people: Signal<Vec<Colleague>>) -> Self {
        let params = use_query();
        let navigate = use_navigate();
        let listing = Memo::new(move |_| params.with(Listing::read));
        let rule = Memo::new(move |_| listing.with(|listing| listing.rule.clone()));
        let names = reading(Resource::new(
            move || rule.get(),
            |rule| async move {
                // Most filters refer to no record.
                if rule.tests().iter().all(|test| test.referents().is_none_or(|(_, ids)| ids.is_empty())) {
                    Ok(HashMap::new())
                } else {
                    names_in(rule).await
                }
            },
        ));
        let opened = StoredValue::new(None::<Listing>);
        Effect::new(move |_| {
            let is_another = |now: &Listing| {
                now.peek.is_none() || opened.with_value(|from| from.as_ref().is_some_and(|from| now.with_peek(None) != *from))
            };
            if listing.with(is_another) {
                opened.set_value(None);
            }
        });
        Self {
            listing,
            opened,
            state: StoredValue::new(
                listing.with_untracked(|listing| expect_context::<SavedListStates>().of(&listing.with_peek(None).href())),
            ),
            names: Signal::derive(move || names.get().and_then(Result::ok).unwrap_or_default()),
            active: RwSignal::new(None),
            owners: Signal::derive(move || people.get().into_iter().map(|one| (one.id, one.name)).collect()),
            assignable_owners: Signal::derive(move || {
                let mut assignable_owners: Vec<_> =
                    people.get().into_iter().filter(|one| one.active).map(|one| (one.id, one.name)).collect();
                assignable_owners.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
                assignable_owners
            }),
            list: RwSignal::new(None),
            board: RwSignal::new(None),
            screen: StoredValue::new(usize::MAX),
            may_write: may_write(),
            go: Callback::new(move |(listing, replace): (Listing, bool)| {
                navigate(&listing.href(), NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
            }),
        }
    }

    /// Navigates with a new history entry: another sort, another filter.
    pub fn go(self, listing: Listing) {
        self.state.set_value(None);
        self.go.run((listing, false));
    }

    /// Navigates by replacing the history entry: another letter in the search, another row in the panel.
    pub fn adjust(self, listing: Listing) {
        self.state.set_value(None);
        self.go.run((listing, true));
    }

    /// Opens the panel for a lead, or closes it. Asks first if a half-written note would be lost.
    pub fn peek(self, id: Option<LeadId>) {
        let open = self.listing.with_untracked(|listing| listing.peek);
        if open.is_some() && open != id && !may_leave() {
            return;
        }
        if id.is_some() {
            self.active.set(id);
        }
        let now = self.listing.get_untracked();
        let (was, listing) = (now.peek, now.with_peek(id));
        match (was, id) {
            // Opening adds a history entry, which Back removes. Another row replaces it. Closing goes back.
            (None, Some(_)) => {
                self.go.run((listing, false));
                self.opened.set_value(Some(now));
            }
            (Some(_), None) if self.opened.with_value(Option::is_some) => {
                self.opened.set_value(None);
                if window().history().and_then(|history| history.back()).is_err() {
                    self.go.run((listing, true));
                }
            }
            _ => self.go.run((listing, true)),
        }
    }

    /// Number of leads in the list or on the board, if known.
    pub fn count(self) -> Option<i64> {
        match self.board.get() {
            Some(board) => board.sums.get().map(|sums| sums.leads()),
            None => self.list.get().and_then(|list| list.total.get()),
        }
    }

    /// The selection of the list or board on the screen.
    pub fn picked(self) -> Option<Picked> {
        let board = self.board.get_untracked().map(|board| board.picked);
        board.or_else(|| self.list.get_untracked().map(|list| list.picked))
    }

    /// Moves the active row by `by`; an open panel follows. Returns the new row.
    pub fn step(self, by: isize) -> Option<LeadId> {
        let list = self.list.get_untracked()?;
        let from = self.current().and_then(|id| list.position(id));
        let count = list.rows.with_untracked(Vec::len);
        let to = match from {
            Some(from) => from.saturating_add_signed(by).min(count.saturating_sub(1)),
            None => list.first.get_value(),
        };
        let id = list.rows.with_untracked(|rows| rows.get(to).map(|row| row.id))?;
        self.active.set(Some(id));
        if self.listing.with_untracked(|listing| listing.peek.is_some()) {
            self.peek(Some(id));
        }
        if to + 5 >= count {
            list.load_more();
        }
        Some(id)
    }

    /// Moves the active row, and selects both the old and the new one.
    pub fn extend(self, by: isize) {
        let Some(list) = self.list.get_untracked() else { return };
        let from = self.current();
        for id in [from, self.step(by)].into_iter().flatten() {
            list.picked.pick(id, true, false);
        }
    }

    /// From a resource, so it must be read under a `Transition`.
    pub fn owner_name(self, id: UserId) -> String {
        self.owners.with(|owners| owners.get(&id).cloned()).unwrap_or_else(|| "Someone".to_owned())
    }

    /// The row that keys act on: the one in the panel, or else the active one.
    pub fn current(self) -> Option<LeadId> {
        self.listing.with_untracked(|listing| listing.peek).or(self.active.get_untracked())
    }
}
