//! One collection: what is in it, what a search finds, files on their way into it. What is looked for is in the
//! address, so that a search can be linked, and read without a script.

mod documents;
mod facts;
mod finder;
mod hits;
mod paste;
mod uploads;

use super::{
    error::ErrorView,
    form::FormState,
    layout::TopBar,
    stock::{Stock, stock_page},
    uses::UsesWarning,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::{
        page::Page,
        vectors::{CollectionView, DocumentView, SearchBody, SearchHit, SearchMode},
    },
    ui::{
        components::{confirm::Confirm, empty::SkeletonRows, icon::Icon, toast::Toasts},
        pages::collections::grouped,
        server_fns::{
            collections::{delete_collection, get_collection, list_documents, search_collection},
            error::UiError,
            session::with_session,
        },
    },
};
use finder::Wanted;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use uploads::Uploads;

/// `/collections/:name`.
#[component]
pub fn CollectionPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(stock_page(Stock::Collection))}</Suspense> }.into_any()
}

fn crumbs() -> Vec<(String, String)> {
    vec![("/collections".to_owned(), "Collections".to_owned())]
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Collection" crumbs=crumbs() rows=6 /> }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Shown {
    collection: RwSignal<CollectionView>,
    /// Raised when documents came or went.
    changes: RwSignal<u32>,
}

impl Shown {
    fn name(self) -> String {
        self.collection.with_untracked(|c| c.name.clone())
    }

    /// Documents came or went: reads what depends on them anew.
    fn changed(self) {
        let name = self.name();
        leptos::task::spawn_local(async move {
            if let Ok(collection) = with_session(|| get_collection(name.clone())).await {
                self.collection.try_set(collection);
            }
        });
        self.changes.try_update(|n| *n += 1);
    }
}

/// What stands below the search field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Content {
    Documents(Page<DocumentView>),
    Hits(SearchMode, Vec<SearchHit>),
}

type Contents = Resource<Result<Content, UiError>>;

async fn read(wanted: Wanted) -> Result<Content, UiError> {
    let name = wanted.collection;
    if wanted.query.is_empty() {
        return with_session(|| list_documents(name.clone(), wanted.after.clone(), documents::PAGE))
            .await
            .map(Content::Documents);
    }
    // Texts cannot be compared by meaning with vectors that came from elsewhere.
    let mode = match with_session(|| get_collection(name.clone())).await?.embeds_text {
        true => wanted.mode,
        false => SearchMode::Lexical,
    };
    let body =
        SearchBody { query: Some(wanted.query), top_k: Some(hits::SHOWN), mode, ..SearchBody::default() };
    let reply = with_session(|| search_collection(name.clone(), body.clone())).await?;
    Ok(Content::Hits(mode, reply.results))
}

/// The page with what it reads.
pub(super) fn collection_page() -> AnyView {
    // All that is read is asked for here and not within what it gives: browser and server must ask in the same order.
    let wanted = Wanted::read();
    let name = Memo::new(move |_| wanted.with(|w| w.collection.clone()));
    let changes = RwSignal::new(0);
    let found: Resource<Result<CollectionView, UiError>> = Resource::new(
        move || name.get(),
        |name| async move { with_session(|| get_collection(name.clone())).await },
    );
    let contents: Contents = Resource::new(move || (wanted.get(), changes.get()), |(wanted, _)| read(wanted));
    view! {
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(collection) => {
                        let shown = Shown { collection: RwSignal::new(collection), changes };
                        collection_view(shown, wanted, contents)
                    }
                    Err(error) => view! { <FailedPage title="Collection" crumbs=crumbs() error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The page itself.
fn collection_view(shown: Shown, wanted: Memo<Wanted>, contents: Contents) -> AnyView {
    let name = shown.name();
    let embeds = shown.collection.with_untracked(|c| c.embeds_text);
    let uploads = Uploads::of(&name);
    uploads.on_arrival(shown);
    let (pasting, asking) = (RwSignal::new(false), RwSignal::new(false));
    // Where nothing is there is nothing to look for.
    let has_some = Memo::new(move |_| {
        shown.collection.with(|c| c.document_count > 0) || wanted.with(|w| !w.query.is_empty())
    });
    let (listed, dropped) = (uploads.clone(), uploads.clone());
    view! {
        <Title text=name.clone() />
        <TopBar title=name.clone() crumbs=crumbs()>
            <button
                type="button"
                class="btn btn--ghost btn--icon needs-script"
                title="Delete the collection"
                aria-label="Delete the collection"
                data-testid="delete-collection"
                on:click=move |_| asking.set(true)
            >
                <Icon name="trash" />
            </button>
            {embeds
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn needs-script"
                            title="Paste text"
                            data-testid="paste-text"
                            on:click=move |_| pasting.set(true)
                        >
                            <Icon name="pencil" />
                            <span class="wide-only">"Paste text"</span>
                        </button>
                        <uploads::ChooseFiles uploads=uploads.clone() />
                    }
                })}
        </TopBar>
        <main class="content">
            <facts::Facts collection=shown.collection />
            {embeds.then(|| view! { <uploads::UploadList uploads=listed /> })}
            {move || has_some.get().then(|| view! { <finder::Finder wanted shown /> })}
            <Transition fallback=|| view! { <SkeletonRows rows=6 /> }>
                {move || {
                    let uploads = dropped.clone();
                    Suspend::new(async move {
                        let content = contents.await;
                        let wanted = wanted.get_untracked();
                        match content {
                            Err(error) => view! { <ErrorView error /> }.into_any(),
                            Ok(Content::Documents(page)) => {
                                view! { <documents::Documents page wanted shown uploads pasting /> }.into_any()
                            }
                            Ok(Content::Hits(mode, hits)) => view! { <hits::Hits mode hits wanted /> }.into_any(),
                        }
                    })
                }}
            </Transition>
        </main>
        <paste::PasteDialog open=pasting collection=name.clone() />
        <Delete shown asking />
    }
    .into_any()
}

#[component]
fn Delete(shown: Shown, asking: RwSignal<bool>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let navigate = use_navigate();
    let confirmed = Callback::new(move |()| {
        let (name, navigate) = (shown.name(), navigate.clone());
        let gone = format!("“{name}” is deleted.");
        let call = with_session(move || delete_collection(name.clone()));
        let done = move |()| {
            toasts.success(gone);
            navigate("/collections", Default::default());
        };
        state.run_or(call, done, move |error| toasts.failure(error.message));
    });
    let name = Signal::derive(move || shown.collection.with(|c| c.name.clone()));
    let title = Signal::derive(move || shown.collection.with(|c| format!("Delete “{}”?", c.name)));
    view! {
        <Confirm open=asking title verb="Delete collection" pending=state.pending() confirmed>
            <p>
                {move || match shown.collection.with(|c| c.document_count) {
                    0 => "It holds no documents.".to_owned(),
                    1 => "Its one document is gone for good.".to_owned(),
                    n => format!("Its {} documents are gone for good.", grouped(n)),
                }}
            </p>
            <UsesWarning open=asking kind="collection" name text="These steps fail until they name another one:" />
        </Confirm>
    }
    .into_any()
}
