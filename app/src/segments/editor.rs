//! The page of a segment: form with the builder, and beside it what the rule finds.

use super::{
    api::{Asked, Sheet, read_segment},
    builder::{Builder, FORM, Rules, form},
    choices::Choices,
    editing::Editing,
    explanation::RuleTree,
    moves::{Act, arranged},
    nodes::{built, nodes_of},
    page::HOME,
    refresh::Refresh,
    remove::Remove,
    result::Matching,
    sample::Sample,
    save::SaveSegment,
    used::UsedBy,
    why::Why,
};
use crate::{
    address::use_query,
    exports::rule_link,
    fields::use_fields,
    layout::{IfAllowed, Topbar, use_permission},
    live::{Live, LiveEvent},
    ui::{Debounce, Field, Icon, Problem},
};
use domain::{
    Entity, Error, Permission, Record, Snapshot,
    live::{DeltaOp, Query},
    rule::Rule,
};
use leptos::{ev, form::ActionForm, prelude::*, task::spawn_local};

#[component]
pub fn Editor(sheet: Sheet, asked: Asked) -> impl IntoView {
    let choices = Choices::new(&sheet);
    let Sheet { segment, count, all, sample, found, explained, .. } = sheet;
    let as_of = segment.as_ref().map(|segment| segment.as_of);
    let detail = RwSignal::new(segment.map(|segment| segment.data));
    let saved = detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.segment.segment.clone()));
    let id = saved.as_ref().map(|segment| segment.id);
    let save = ServerAction::<SaveSegment>::new();
    // A new segment begins with one rule.
    let fields = use_fields();
    let new = || fields.with_untracked(|fields| arranged(Vec::new(), Act::Add(0), fields));
    let untouched = saved.as_ref().map_or_else(new, |segment| nodes_of(&segment.rule));
    let untouched_rule = fields.with_untracked(|fields| built(&untouched, fields)).rule;
    let typed = use_query().get_untracked();
    let start = |name: &str, saved: String| typed.get(name).unwrap_or(saved);
    let texts = saved.as_ref().map(|segment| (segment.name.clone(), segment.description.clone())).unwrap_or_default();
    let texts = (start("name", texts.0), start("description", texts.1));
    let is_refused = save.value().with_untracked(|answer| matches!(answer, Some(Err(_))));
    let builder = Builder::new(asked.typed().unwrap_or(untouched), texts.clone(), choices, is_refused);
    provide_context(builder);
    let editing = Editing::new(builder, save, saved, untouched_rule);
    let may_write = use_permission(Permission::WriteSegments);
    bind_save(may_write);

    let live = expect_context::<Live>();
    let gone = RwSignal::new(false);
    let refresh = Refresh::new();
    let shown = StoredValue::new(as_of.unwrap_or_default());
    let read = move || {
        let Some(id) = id else { return };
        spawn_local(async move {
            match read_segment(id).await {
                Ok(Snapshot { as_of, data: now, .. }) => {
                    // Answers may come in another order than they were asked for.
                    if shown.try_get_value().is_none_or(|shown| as_of < shown) {
                        return;
                    }
                    shown.set_value(as_of);
                    editing.hear(now.segment.segment.clone());
                    detail.set(Some(now));
                }
                Err(error) if matches!(error.0, Error::NotFound { .. }) => _ = gone.try_set(true),
                // The next change asks again.
                Err(_) => {}
            }
        });
    };
    if let Some((id, as_of)) = id.zip(as_of) {
        live.presence("segment", Some(id.0));
        live.subscribe(Query::One { kind: Entity::Segment, id: id.0 }, as_of, move |event| match event {
            LiveEvent::Deltas { items, .. } => {
                for delta in items {
                    match delta.record {
                        _ if delta.op == DeltaOp::Leave => gone.set(true),
                        Some(Record::Segment(segment)) => {
                            gone.set(false);
                            editing.hear(*segment);
                        }
                        _ => {}
                    }
                }
            }
            LiveEvent::Reset => read(),
            LiveEvent::Total(_) => {}
        });
        // Where it is in use.
        for kind in [Entity::Segment, Entity::View] {
            live.subscribe(Query::list(kind), as_of, move |event| match event {
                LiveEvent::Deltas { items, .. } if items.is_empty() => {}
                LiveEvent::Deltas { .. } | LiveEvent::Reset => refresh.ask(read),
                LiveEvent::Total(_) => {}
            });
        }
        // Whenever its size moves, trend and moves are read again.
        let rule = Memo::new(move |_| editing.saved.with(|saved| saved.as_ref().map(|saved| saved.rule.clone()).unwrap_or_default()));
        Effect::new(move |_| live.count(rule.get(), move |_| refresh.ask(read)));
    }

    // The rule that is counted: what was typed, after a pause.
    let asked_rule = RwSignal::new(builder.rule.get_untracked());
    let later = Debounce::new();
    Effect::new(move |before: Option<()>| {
        let rule = builder.rule.get();
        if before.is_some() {
            later.run(move || asked_rule.set(rule));
        }
    });
    let (count, all, counting) = (RwSignal::new(count), RwSignal::new(all), RwSignal::new(false));
    // Another rule ends the subscription to the one before, and the server stops to count it.
    Effect::new(move |before: Option<()>| {
        let Some(rule) = asked_rule.get() else { return };
        if before.is_some() {
            counting.set(true);
        }
        live.count(rule, move |now| {
            count.set(Some(now));
            counting.set(false);
        });
    });
    Effect::new(move |_| live.count(Rule::everyone(), move |now| all.set(Some(now))));

    let used = Memo::new(move |_| detail.with(|detail| detail.as_ref().map(|detail| detail.used_by.clone()).unwrap_or_default()));
    // The list of a saved segment follows its rule.
    let listed = Signal::derive(move || match editing.saved.with(|saved| saved.as_ref().map(|saved| saved.id)) {
        Some(id) if !editing.is_rule_edited.get() => Some(Rule::segment(id)),
        _ => asked_rule.get(),
    });
    let title = move || editing.saved.with(|saved| saved.as_ref().map_or_else(|| "New segment".to_owned(), |saved| saved.name.clone()));
    let home = id.map_or_else(|| "/segments/new".to_owned(), |id| format!("/segments/{id}"));
    let sentence = move || builder.rule.get().map_or_else(|| "Some rules are not complete.".to_owned(), |rule| choices.sentence(&rule));
    let description = texts.1.clone();
    let read_only = move || {
        let rule = editing.saved.with(|saved| saved.as_ref().map(|saved| saved.rule.clone()).unwrap_or_default());
        view! {
            <p class="soft" dir="auto">{move || editing.saved.with(|saved| saved.as_ref().map(|saved| saved.description.clone()))}</p>
            <section class="stack g-s15" aria-labelledby="h-rules"><h2 id="h-rules" class="label">"Rules"</h2><RuleTree rule why=None choices/></section>
        }
    };
    let form = move || view! { <EditForm editing name=texts.0.clone() description=description.clone()/> };
    let leave = home.clone();
    let segment_of_page = editing.saved;
    view! {
        <Topbar title=Signal::derive(title) crumb=HOME>
            <Show when=move || may_write.get()>
                <Actions editing home=leave.clone()/>
            </Show>
            {id.map(|_| view! {
                <IfAllowed to=Permission::Export>
                    <a class="btn" href=move || segment_of_page.with(|segment| segment.as_ref().map(|segment| rule_link(Rule::segment(segment.id))))>
                        <Icon name="export"/><span class="wide-text">"Export"</span>
                    </a>
                </IfAllowed>
                <Remove segment=segment_of_page used/>
            })}
        </Topbar>
        <div class="split segment">
            <div class="scroll"><div class="page">
                {move || gone.get().then(|| view! { <Gone/> })}
                <section aria-labelledby="h-say"><h2 id="h-say" class="label">"In plain words"</h2><p class="say" dir="auto">{sentence}</p></section>
                <Show when=move || may_write.get() fallback=read_only>{form()}</Show>
                <Sample first=sample asked=asked_rule.into() listed count=count.into()/>
            </div></div>
            <aside class="panel in-page" aria-label="Result">
                <div class="scroll">
                    <Matching count=count.into() is_valid=Signal::derive(move || asked_rule.with(Option::is_some)) counting=counting.into() all=all.into() detail/>
                    <UsedBy used/>
                    <Why action=home typed=asked.why.unwrap_or_default() first_found=found first_explained=explained asked=asked_rule.into() choices/>
                </div>
            </aside>
        </div>
    }
    .into_any()
}

/// Ctrl S or ⌘ S saves.
fn bind_save(may_write: Signal<bool>) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && event.key() == "s" && may_write.get_untracked() {
                event.prevent_default();
                _ = form().map(|form| form.request_submit());
            }
        });
        on_cleanup(move || listener.remove());
    });
}

#[component]
fn Actions(editing: Editing, home: String) -> impl IntoView {
    let is_new = editing.saved.with_untracked(Option::is_none);
    let busy = move || editing.save.pending().get().then_some("busy");
    view! {
        <Show when=move || editing.is_edited.get() && !is_new>
            <span class="tag wide-only">"Edited"</span>
            <button type="button" class="btn ghost scripts-only" on:click=move |_| editing.discard()>"Discard"</button>
        </Show>
        <a class=if is_new { "btn ghost" } else { "btn ghost noscript-only" } href=if is_new { "/segments".to_owned() } else { home }>
            {if is_new { "Cancel" } else { "Discard" }}
        </a>
        <button class="btn primary" type="submit" form=FORM data-state=busy aria-keyshortcuts="Control+S Meta+S">"Save segment"</button>
    }
    .into_any()
}

#[component]
fn EditForm(editing: Editing, name: String, description: String) -> impl IntoView {
    let Editing { builder, save, saved, .. } = editing;
    let refused = Memo::new(move |_| save.value().get().and_then(Result::err));
    let on =
        move |field: &'static str| Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| error.0.on_field(field))));
    let refusal = move || {
        let error = refused.get()?;
        let is_shown = ["name", "description"].iter().any(|field| error.0.on_field(field).is_some());
        match error.0 {
            Error::Invalid(ref errors) if errors.iter().all(|error| error.field.starts_with("rule")) => {
                // What only the server knows, such as the rules of other segments, is not said at a rule.
                let said = if builder.rule.with(Option::is_some) { error.to_string() } else { "some rules need attention.".to_owned() };
                Some(
                    view! {
                        <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p dir="auto">"Nothing was saved: "{said}</p></div>
                    }
                    .into_any(),
                )
            }
            _ if is_shown => None,
            _ => Some(view! { <Problem error/> }.into_any()),
        }
    };
    let id = saved.with_untracked(|saved| saved.as_ref().map(|saved| saved.id));
    let revision = move || saved.with(|saved| saved.as_ref().map(|saved| saved.revision.to_string()));
    view! {
        {move || editing.theirs().map(|theirs| view! { <Theirs editing sentence=builder.choices.sentence(&theirs.rule)/> })}
        <ActionForm
            action=save attr:id=FORM attr:class="stack g-s4" attr:novalidate=""
            attr:data-unsaved=move || editing.is_rule_edited.get().then_some("")
            on:input=move |_| builder.read() on:change=move |_| builder.read()
        >
            {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string()/><input type="hidden" name="revision" value=revision/> })}
            // Enter presses the first button of a form.
            <button class="sr" type="submit" tabindex="-1" aria-hidden="true">"Save"</button>
            {refusal}
            <div class="grid">
                <div class="span-5"><Field label="Name" name="name" value=name error=on("name") required=true autofocus=id.is_none() autocomplete="off"/></div>
                <div class="span-7"><Field label="Description" name="description" kind="textarea" value=description error=on("description")/></div>
            </div>
            <section class="stack g-s2" aria-labelledby="h-rules">
                <h2 id="h-rules" class="label">"Rules"</h2>
                <Rules/>
            </section>
            <button class="btn noscript-only" type="submit" name="then" value=Act::Fit.to_string()><Icon name="refresh"/>"Update"</button>
        </ActionForm>
    }
    .into_any()
}

/// A colleague saved the same segment first.
#[component]
fn Theirs(editing: Editing, sentence: String) -> impl IntoView {
    view! {
        <div class="callout" data-tone="warning" role="alert">
            <Icon name="dup"/>
            <p><b>"Someone else saved this segment meanwhile. "</b><span dir="auto">{sentence}</span></p>
            <div class="end row">
                <button type="button" class="btn" on:click=move |_| editing.discard()>"Use theirs"</button>
                <button type="button" class="btn" on:click=move |_| editing.keep_mine()>"Keep mine"</button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="trash"/>
            <p><b>"This segment was deleted. "</b>"This page shows its last state. Its leads were not deleted."</p>
            <div class="end"><a class="btn" href="/segments">"Go to segments"</a></div>
        </div>
    }
    .into_any()
}
