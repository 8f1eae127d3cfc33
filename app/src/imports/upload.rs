//! `/imports/new`: a drop zone, which is a file input. Without scripts the form posts the file; with scripts a progress bar is shown.

use crate::{
    layout::{AllowedPage, Topbar},
    ui::Icon,
};
use domain::{Permission, Problem, imports::Import};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_navigate;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{File, FormData, HtmlInputElement, ProgressEvent, XmlHttpRequest};

const TO: &str = "/api/imports";

thread_local! {
    /// The upload in progress. A thread-local, because a browser tab has one thread and one page; a server never uploads.
    static REQUEST: RefCell<Option<XmlHttpRequest>> = const { RefCell::new(None) };
}

fn abort() {
    if let Some(request) = REQUEST.take() {
        _ = request.abort();
    }
}

/// Bytes sent, and bytes in total.
#[derive(Debug, Clone, PartialEq)]
struct Sending {
    file: String,
    sent: f64,
    total: f64,
}

#[component]
pub fn NewImport() -> impl IntoView {
    let sending = RwSignal::new(None::<Sending>);
    let failure = RwSignal::new(None::<String>);
    let navigate = use_navigate();

    let choose = move |event: ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        failure.set(None);
        sending.set(Some(Sending { file: file.name(), sent: 0.0, total: file.size() }));
        let navigate = navigate.clone();
        let done = move |answer: Result<Import, String>| {
            sending.set(None);
            match answer {
                Ok(import) => navigate(&format!("/imports/{}", import.id), leptos_router::NavigateOptions::default()),
                Err(why) => {
                    input.set_value("");
                    failure.set(Some(why));
                }
            }
        };
        let moved = move |sent| sending.update(|sending| sending.iter_mut().for_each(|sending| sending.sent = sent));
        if let Ok(sent) = send(&file, moved, done) {
            REQUEST.set(Some(sent));
        } else {
            sending.set(None);
            failure.set(Some("The browser could not read this file; choose it again".to_owned()));
        }
    };
    let cancel = move |_| {
        abort();
        sending.set(None);
    };
    // Aborts the upload when the page is left. In the browser only.
    Effect::new(move |_| on_cleanup(abort));

    view! {
        <AllowedPage to=Permission::Import title="Import a file" home=("/imports", "Imports")>
            <Topbar title="Import a file" crumb=("/imports", "Imports") />
            <super::page::Steps at=1 />
            <div class="scroll"><div class="page"><div class="settings">
                <form class="stack g-s4" method="post" action=TO enctype="multipart/form-data">
                    <div class="drop" data-state=move || sending.with(|sending| sending.as_ref().map(|_| "busy"))>
                        <Icon name="import" />
                        <p><label for="file"><b>"Choose a file"</b>" or drop it here"</label></p>
                        <p class="muted small" id="file-hint">"Leads or orders, as CSV or TSV of any size. The first row must hold the column names. Encoding and separator are detected automatically."</p>
                        <input
                            type="file" name="file" id="file" required accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
                            aria-describedby="file-hint file-error" aria-invalid=move || failure.with(|failure| failure.as_ref().map(|_| "true"))
                            disabled=move || sending.with(Option::is_some) on:change=choose
                        />
                    </div>
                    <div class="field" id="file-error" aria-live="polite">
                        {move || failure.get().map(|why| view! { <p class="error"><Icon name="warn" />{why}</p> })}
                    </div>
                    {move || sending.with(Option::is_some).then(|| view! {
                        <section class="card" aria-label="Upload"><div class="body stack top-s35">
                            <div class="row between">
                                <b class="trunc">{move || sending.with(|sending| sending.as_ref().map(|sending| sending.file.clone()))}</b>
                                <button class="btn sm" type="button" on:click=cancel><Icon name="x" />"Cancel"</button>
                            </div>
                            <progress
                                class="progress" aria-label="Sent" max=move || sending.with(|sending| sending.as_ref().map(|sending| sending.total.max(1.0)))
                                value=move || sending.with(|sending| sending.as_ref().map(|sending| sending.sent))
                            ></progress>
                            <p class="small muted num">{move || sending.with(|sending| sending.as_ref().map(|sending| format!(
                                "{} of {}", super::words::bytes(sending.sent as i64), super::words::bytes(sending.total as i64)
                            )))}</p>
                        </div></section>
                    })}
                    <div class="noscript-only"><button class="btn primary" type="submit">"Upload"</button></div>
                </form>
                <p class="muted">"Next, you match the columns to fields. Nothing is imported until you start, and an import can be undone."</p>
            </div></div></div>
        </AllowedPage>
    }
    .into_any()
}

/// Uploads the file. Calls `moved` with the number of bytes sent, then `done` with the import or an error message.
fn send(
    file: &File,
    moved: impl Fn(f64) + 'static,
    done: impl FnOnce(Result<Import, String>) + 'static,
) -> Result<XmlHttpRequest, JsValue> {
    let form = FormData::new()?;
    form.append_with_blob_and_filename("file", file, &file.name())?;
    let request = XmlHttpRequest::new()?;
    request.open_with_async("POST", TO, true)?;
    request.set_request_header("Accept", "application/json")?;

    let upload = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| moved(event.loaded()));
    request.upload()?.set_onprogress(Some(upload.into_js_value().unchecked_ref()));

    let answered = request.clone();
    let ended = Closure::once_into_js(move || {
        let body = answered.response_text().ok().flatten().unwrap_or_default();
        done(match answered.status() {
            Ok(201) => serde_json::from_str(&body).map_err(|_| "The upload may have worked; check the list of imports".to_owned()),
            Ok(0) | Err(_) => Err("The connection was lost during the upload; nothing was imported. Choose the file again".to_owned()),
            Ok(status) => Err(serde_json::from_str::<Problem>(&body).map_or_else(
                |_| format!("The file was refused (error {status}); choose it again, or another one"),
                |problem| problem.detail,
            )),
        });
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
    request.send_with_opt_form_data(Some(&form))?;
    Ok(request)
}
