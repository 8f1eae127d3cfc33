//! The board: leads by stage, in columns of cards that are moved by pointer, keys or menu.

mod card;
mod column;
mod columns;
mod drag;
mod ghost;
mod keys;

pub use columns::BoardColumns;

use crate::{
    ask,
    leads::{
        api::load_board,
        edit::Editing,
        list::{BulkBar, ListContext, Listing},
    },
    live::{Live, reading},
    ui::{Deferred, ReadProblem, Skeleton, suspend},
};
use column::Column;
use domain::accounts::Colleague;
use drag::Drag;
use ghost::Ghost;
use leptos::{html, prelude::*};

/// Id of the keyboard help for screen readers.
const HELP: &str = "board-help";

#[component]
pub fn BoardView(names: Resource<ask::Result<Vec<Colleague>>>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let query = Memo::new(move |_| context.listing.with(Listing::board_query));
    let board = reading(Resource::new(move || query.get(), load_board));
    let columns = move || {
        suspend(async move {
            // Cards show owners' names.
            let _ = names.await;
            match board.await {
                Ok(board_now) => {
                    let stages = BoardColumns::new(query.get_untracked(), board_now);
                    view! { <Columns stages again=Callback::new(move |()| board.refetch())/> }.into_any()
                }
                Err(error) => view! { <div class="page"><ReadProblem error/></div> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Skeleton rows=14/> }>{columns}</Transition> }.into_any()
}

#[component]
fn Columns(
    stages: BoardColumns,
    /// Reads the whole board again.
    again: Callback<()>,
) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let editing = expect_context::<Editing>();
    let node = NodeRef::<html::Div>::new();
    let drag = Drag::new(stages, context.may_write, node);
    provide_context(drag);
    drag.listen();
    stages.follow(expect_context::<Live>(), again);
    editing.watch(Callback::new(move |row| stages.settle(&row)));
    Effect::new(move |_| {
        context.list.set(None);
        context.board.set(Some(stages));
        on_cleanup(move || {
            // The page may be disposed, and the next board may have set itself already.
            context.board.try_update(|board| *board = board.take().filter(|now| now.sums != stages.sums));
        });
    });
    let column =
        move |columns::Column { stage, list, sight, node }| view! { <Deferred><Column stage list sight node sums=stages.sums/></Deferred> };
    view! {
        <BulkBar picked=stages.picked/>
        <div class="board" data-still=move || (!context.may_write.get()).then_some("") node_ref=node tabindex="-1" role="group" aria-label="Leads by stage" on:touchmove=move |event| drag.touched(&event)>
            {stages.columns().into_iter().map(column).collect_view()}
        </div>
        <Ghost/>
        <Show when=move || context.may_write.get()>
            <p id=HELP hidden>"Press Space to pick up a card, the arrow keys to choose a stage, Enter to drop it, Escape to cancel. Press X to select it; selected cards move together."</p>
        </Show>
        <p class="sr" role="status" aria-live="assertive">{move || drag.said.get()}</p>
    }
    .into_any()
}
