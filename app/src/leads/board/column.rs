//! A column of the board: the stage's head with its sums, and the cards in view.

use super::{card::Card, columns::FIRST, drag::Drag};
use crate::{
    leads::{
        list::{FacetEditor, ListContext, Listing, VirtualRows},
        store::{LeadList, Row},
    },
    ui::{DeferredItem, Icon, stage_class, stage_icon},
    workspace::use_workspace,
};
use domain::{
    leads::{Stage, StageSums},
    rule::{Op, Rule, Value},
    text::grouped,
    views::Layout,
};
use leptos::{html, prelude::*};

#[component]
pub fn Column(
    stage: Stage,
    list: LeadList,
    sight: VirtualRows,
    node: NodeRef<html::Ol>,
    sums: RwSignal<Option<StageSums>>,
) -> impl IntoView {
    let drag = expect_context::<Drag>();
    let context = expect_context::<ListContext>();
    let look = move || {
        if let Some(container) = node.try_get_untracked().flatten() {
            sight.look(&container, list, 0);
        }
    };
    let chooser = expect_context::<FacetEditor>();
    let scrolled = move |_| {
        look();
        chooser.scrolled();
    };
    VirtualRows::on_size(move || node.get().is_some(), look);
    let range = Memo::new(move |_| sight.range(list.rows.with(Vec::len)));
    let shown = move || range.with(|range| list.rows.with(|rows| rows.get(range.clone()).map(<[Row]>::to_vec).unwrap_or_default()));
    let space = move || {
        let (start, end) = range.with(|range| (range.start, range.end));
        let rest = list.rows.with(Vec::len).saturating_sub(end);
        format!("--above:{}px;--below:{}px", sight.space(start), sight.space(rest))
    };
    let sum = Memo::new(move |_| sums.get().map(|sums| sums.of(stage)));
    let count = move || sum.get().map(|sum| grouped(sum.leads));
    let currency = use_workspace().currency();
    let value = move || sum.get().map(|sum| currency.short_amount(sum.value, 100_000));
    let exact = move || sum.get().map(|sum| currency.amount(sum.value));
    let over = Memo::new(move |_| drag.is_over(stage));
    // Position of the dragged card: before the row now at this index, or at the end.
    let slot = Memo::new(move |_| over.get().then(|| drag.slot(&list)).flatten());
    let label = move || match sum.get() {
        Some(sum) => {
            format!(
                "{}, {} {}, {}",
                stage.label(),
                grouped(sum.leads),
                if sum.leads == 1 { "lead" } else { "leads" },
                currency.amount(sum.value)
            )
        }
        None => stage.label().to_owned(),
    };
    let all = move || {
        context.listing.with(|listing| {
            let of_stage = Rule::All(vec![Rule::test("stage", Op::Is, Value::Text(stage.as_str().to_owned()))]);
            let rule = if listing.any() { Rule::All(vec![listing.rule.clone()]).and(of_stage) } else { listing.rule.clone().and(of_stage) };
            Listing { rule, layout: Layout::Table, view: None, cursor: None, peek: None, ..listing.clone() }.href()
        })
    };
    let item = move |index: ReadSignal<usize>, row: Row| {
        let at = Signal::derive(move || range.with(|range| range.start) + index.get());
        view! { <DeferredItem><li data-slot=move || (slot.get() == Some(at.get())).then_some("")><Card row stage/></li></DeferredItem> }
    };
    let more = list.next.with_untracked(Option::is_some) || list.rows.with_untracked(Vec::len) > FIRST;
    view! {
        <section class=stage_class(stage) aria-label=label data-stage=stage.as_str() data-drop=move || over.get().then_some("")>
            <header>
                <h2 class=format!("stage {}", stage_class(stage))><Icon name=stage_icon(stage)/><span class="trunc">{stage.label()}</span></h2>
                <span class="num">{count}</span>
                <span class="num sum" title=exact>{value}</span>
                <Show when=move || context.may_write.get()>
                    <a class="btn ghost icon sm" href=format!("/leads/new?stage={}", stage.as_str().replace(' ', "+")) aria-label=format!("Add lead to {}", stage.label())>
                        <Icon name="plus" small=true/>
                    </a>
                </Show>
            </header>
            <ol class="scroll" node_ref=node style=space on:scroll=scrolled data-slot=move || (slot.get() == Some(list.rows.with(Vec::len))).then_some("")>
                <ForEnumerate each=shown key=|row| row.id children=item/>
            </ol>
            {more.then(|| view! { <a class="link noscript-only" href=all>"All in this stage"</a> })}
        </section>
    }
    .into_any()
}
