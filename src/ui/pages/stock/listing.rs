//! What the lists of collections and of tables share: the button that makes one, what is said while there is none, the
//! dialog.

use crate::{
    api::{page::Page, uses::Use},
    ui::{
        components::{
            empty::{Empty, SkeletonRows},
            icon::Icon,
        },
        pages::{error::ErrorView, layout::TopBar},
        server_fns::error::UiError,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What such a page says.
#[derive(Clone, Copy)]
pub(in super::super) struct Words {
    pub title: &'static str,
    /// The button that makes one, and its name in tests.
    pub make: (&'static str, &'static str),
    pub icon: &'static str,
    /// While there is none: what is missing, and what it is good for.
    pub none: (&'static str, &'static str),
}

/// One page of the list, with what uses the things on it.
pub(in super::super) type Found<T> = Result<(Page<T>, Vec<Use>), UiError>;

/// Where the page of the list begins.
pub(in super::super) fn after() -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get("after")))
}

/// The page. `?new` opens the dialog at once, as the palette of commands asks for it.
pub(in super::super) fn listing<T: Clone + Send + Sync + 'static>(
    words: Words,
    found: Resource<Found<T>>,
    list: fn(Page<T>, Vec<Use>) -> AnyView,
    dialog: fn(RwSignal<bool>) -> AnyView,
) -> AnyView {
    let query = use_query_map();
    let creating = RwSignal::new(false);
    Effect::new(move |_| {
        if query.with_untracked(|q| q.get("new").is_some()) {
            creating.set(true);
        }
    });
    view! {
        <Title text=words.title />
        <TopBar title=words.title>
            <button
                type="button"
                class="btn btn--primary needs-script"
                data-testid=words.make.1
                on:click=move |_| creating.set(true)
            >
                <Icon name="plus" />
                {words.make.0}
            </button>
        </TopBar>
        <main class="content">
            <Transition fallback=|| view! { <SkeletonRows rows=4 /> }>
                {move || Suspend::new(async move {
                    match found.await {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok((page, _)) if page.items.is_empty() => view! { <Nothing words creating /> }.into_any(),
                        Ok((page, uses)) => list(page, uses),
                    }
                })}
            </Transition>
        </main>
        {dialog(creating)}
    }
    .into_any()
}

#[component]
fn Nothing(words: Words, creating: RwSignal<bool>) -> impl IntoView {
    let (title, text) = words.none;
    view! {
        <div class="table-wrap">
            <Empty icon=words.icon title text>
                <button type="button" class="btn needs-script" on:click=move |_| creating.set(true)>
                    <Icon name="plus" />
                    "Make the first one"
                </button>
            </Empty>
        </div>
    }
    .into_any()
}
