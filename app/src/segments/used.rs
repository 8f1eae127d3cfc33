//! Where a segment is in use: the segments and views whose rules name it.

use crate::{leads::Listing, ui::Icon, views::Views};
use domain::{segments::SegmentUse, text::grouped};
use leptos::prelude::*;

#[component]
pub fn UsedBy(used: Memo<SegmentUse>) -> impl IntoView {
    let views = expect_context::<Views>();
    let list = move || {
        let SegmentUse { segments, views: named, private_views } = used.get();
        let segments = segments.into_iter().map(|one| {
            view! { <li><Icon name="segments" small=true/><a class="trunc body" dir="auto" href=format!("/segments/{}", one.id)>{one.name}</a></li> }
        });
        let named = named.into_iter().map(|one| {
            let href = views.find(one.id).map(|view| Listing::of_view(view.id, view.query).href());
            view! { <li><Icon name="rows" small=true/><a class="trunc body" dir="auto" href=href>{one.name}</a></li> }
        });
        let private = (private_views > 0).then(|| {
            let views = if private_views == 1 { "private view of someone else" } else { "private views of others" };
            view! { <li class="muted">{format!("{} {views}", grouped(private_views))}</li> }
        });
        view! { <ul class="list plain tight">{segments.collect_view()}{named.collect_view()}{private}</ul> }
    };
    view! {
        <Show when=move || used.with(|used| !used.is_empty())>
            <section class="stack g-s15" aria-labelledby="h-used">
                <h3 class="label" id="h-used">"Used by"</h3>
                <Transition>{list}</Transition>
            </section>
        </Show>
    }
    .into_any()
}
