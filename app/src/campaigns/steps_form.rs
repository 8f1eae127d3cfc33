//! The sequence as a plain form. Nothing is saved before “Save sequence”: adding, moving and removing steps change only the form, in the
//! browser or, without scripts, by a request.

use super::{
    save::SaveSteps,
    step_fields::{StepFields, arranged},
    tab::Tab,
};
use crate::address::use_query;
use crate::ui::{Field, Icon, Problem, SelectField};
use domain::{
    Error,
    campaigns::{Campaign, Step, StepKind},
    text::grouped,
};
use leptos::{ev, form::ActionForm, prelude::*};

fn fields(steps: &[Step]) -> Vec<StepFields> {
    steps.iter().map(StepFields::from).collect()
}

#[component]
pub fn StepsForm(campaign: Campaign, save: ServerAction<SaveSteps>) -> impl IntoView {
    let (id, revision) = (campaign.id, campaign.revision);
    let typed = use_query().with_untracked(|query| query.get("steps")).and_then(|typed| serde_json::from_str(&typed).ok());
    let start = fields(&campaign.steps);
    // Counted when the form was opened.
    let waiting: Vec<(String, i64)> =
        campaign.steps.iter().map(|step| (step.id.to_string(), campaign.counts.waiting(step.position))).collect();
    let waiting = StoredValue::new(waiting);
    let rows = RwSignal::new(typed.unwrap_or_else(|| start.clone()));
    // Incremented whenever steps are added, moved or removed: all inputs are created again with the typed text.
    let arrangement = RwSignal::new(0_u32);
    let is_arranged = move || rows.with(|rows| *rows != start).then_some("");
    let base = RwSignal::new(campaign.steps);
    let refused = Memo::new(move |_| save.value().get().and_then(Result::err));
    Effect::new(move |_| match save.value().get() {
        // Not the answer to an earlier edit.
        Some(Ok(saved)) if saved.campaign.revision > revision => {
            rows.set(fields(&saved.campaign.steps));
            arrangement.update(|count| *count += 1);
            base.set(saved.campaign.steps);
        }
        // The conflict has been shown, so saving again overwrites their steps.
        Some(Err(error)) => {
            if let Error::Stale { theirs, .. } = &error.0
                && let Some(theirs) = theirs.as_campaign()
            {
                base.set(theirs.steps.clone());
            }
        }
        _ => {}
    });
    let refusal = move || {
        refused.get().map(|error| match error.0 {
            Error::Stale { .. } => view! {
                <div class="callout" data-tone="warning" role="alert"><Icon name="dup"/>
                    <p><b>"Someone else changed this sequence meanwhile. "</b>"Save again to replace it with yours."</p>
                </div>
            }
            .into_any(),
            Error::Invalid(ref errors) if errors.iter().all(|error| error.field.starts_with("steps.")) => view! {
                <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>"Nothing was saved: some steps need attention."</p></div>
            }
            .into_any(),
            _ => view! { <Problem error/> }.into_any(),
        })
    };
    let arrange = move |event: ev::SubmitEvent| {
        let Ok(SaveSteps { steps, then, .. }) = SaveSteps::from_event(&event) else { return };
        if then.is_empty() {
            return;
        }
        event.prevent_default();
        event.stop_immediate_propagation();
        save.clear();
        rows.set(arranged(steps, &then));
        arrangement.update(|count| *count += 1);
    };
    let busy = move || save.pending().get().then_some("busy");
    let each = move || {
        let count = arrangement.get();
        rows.get().into_iter().enumerate().map(|(at, step)| ((count, at), step)).collect::<Vec<_>>()
    };
    view! {
        <section class="card" aria-labelledby="h-sequence">
            <header><h2 id="h-sequence">"Edit the sequence"</h2></header>
            <div class="body">
                <ActionForm action=save attr:class="stack g-s4" attr:novalidate="" attr:data-unsaved=is_arranged on:submit:capture=arrange>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="base" value=move || base.with(|base| serde_json::to_string(base).unwrap_or_default())/>
                    // Enter presses the first button of a form.
                    <button class="sr" type="submit" tabindex="-1" aria-hidden="true">"Save"</button>
                    {refusal}
                    // A moved step gets new inputs, because their names hold its position.
                    <For each=each key=|(key, _)| *key let(((_, at), step))><StepInputs at step waiting refused/></For>
                    <div class="row wrap">
                        <button class="btn primary" type="submit" data-state=busy>"Save sequence"</button>
                        <button class="btn" type="submit" name="then" value="add" data-state=busy><Icon name="plus"/>"Add a step"</button>
                        <a class="btn ghost" href=Tab::Sequence.href(id) on:click=move |_| save.clear()>"Cancel"</a>
                    </div>
                </ActionForm>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn StepInputs(
    at: usize,
    step: StepFields,
    /// Number of leads whose next step it is, by step id.
    waiting: StoredValue<Vec<(String, i64)>>,
    refused: Memo<Option<crate::AppError>>,
) -> impl IntoView {
    let leads = waiting.with_value(|waiting| waiting.iter().find(|(id, _)| *id == step.id).map_or(0, |(_, leads)| *leads));
    let removed = (leads > 0).then(|| {
        let who = if leads == 1 { "1 lead comes".to_owned() } else { format!("{} leads come", grouped(leads)) };
        let they = if leads == 1 {
            "it continues with the next remaining step or finishes"
        } else {
            "they continue with the next remaining step or finish"
        };
        view! { <p class="muted small">{format!("{who} to this step next. If you remove the step, {they} the campaign.")}</p> }
    });
    let name = move |field: &str| format!("steps[{at}][{field}]");
    let on = move |field: &'static str| {
        Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| error.0.on_field(&format!("steps.{at}.{field}")))))
    };
    let kinds = StepKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned())).collect();
    view! {
        <fieldset class="stack g-s3 boxed">
            <legend class="strong px-s1">{format!("Step {}", at + 1)}</legend>
            <input type="hidden" name=name("id") value=step.id/>
            <div class="grid">
                <div class="span-6"><Field label="Title" name=name("title") value=step.title error=on("title") required=true autocomplete="off"/></div>
                <div class="span-3"><SelectField label="Type" name=name("kind") options=kinds value=step.kind error=on("kind")/></div>
                <div class="span-3"><Field label="Wait (days)" name=name("delayDays") kind="number" value=step.delay_days error=on("delayDays") autocomplete="off"/></div>
            </div>
            <Field
                label="Text" name=name("content") kind="textarea" value=step.content error=on("content")
                hint="Fields of the lead in braces: {firstName}, {company}, {custom.industry}"
            />
            {removed}
            <div class="row between wrap">
                <label class="row"><input class="check" type="checkbox" name=name("active") value="true" checked=step.active/>"Active"</label>
                <span class="row">
                    {(at > 0).then(|| view! {
                        <button class="btn sm" type="submit" name="then" value=format!("up-{at}")><Icon name="up"/>{format!("Move step {} up", at + 1)}</button>
                    })}
                    <button class="btn sm danger" type="submit" name="then" value=format!("remove-{at}")>
                        <Icon name="trash"/>{format!("Remove step {}", at + 1)}
                    </button>
                </span>
            </div>
        </fieldset>
    }
    .into_any()
}
