//! The documents, newest first: a line each that opens to the whole text and what is known of it.

use super::{
    Shown,
    finder::Wanted,
    uploads::{DropZone, Uploads},
};
use crate::{
    api::{page::Page, vectors::DocumentView},
    ui::{
        components::{
            button::CopyButton, empty::Empty, icon::Icon, json::JsonTree, pager::Pager, time::RelativeTime,
            toast::Toasts,
        },
        server_fns::{collections::delete_document, session::with_session},
    },
};
use leptos::prelude::*;
use serde_json::{Map, Value};

pub(super) const PAGE: u32 = 50;
/// Letters of a document's first line.
const PREVIEW: usize = 220;

#[component]
pub(super) fn Documents(
    page: Page<DocumentView>,
    wanted: Wanted,
    shown: Shown,
    uploads: Uploads,
    pasting: RwSignal<bool>,
) -> impl IntoView {
    if page.items.is_empty() && wanted.after.is_none() {
        return view! { <Nothing shown uploads pasting /> }.into_any();
    }
    view! { <List page wanted shown /> }.into_any()
}

#[component]
fn Nothing(shown: Shown, uploads: Uploads, pasting: RwSignal<bool>) -> impl IntoView {
    if shown.collection.with_untracked(|c| c.embeds_text) {
        return view! { <DropZone uploads pasting /> }.into_any();
    }
    let (name, dimension) = shown.collection.with_untracked(|c| (c.name.clone(), c.dimension));
    view! {
        <div class="table-wrap">
            <Empty
                icon="braces"
                title="No vectors yet"
                text=format!("A program adds them: POST /api/vectors/collections/{name}/documents with texts and vectors of {dimension} numbers.")
            >
                <a class="btn" href="/api/docs" rel="external">
                    "Documentation of the HTTP interface"
                </a>
            </Empty>
        </div>
    }
    .into_any()
}

#[component]
fn List(page: Page<DocumentView>, wanted: Wanted, shown: Shown) -> impl IntoView {
    let is_first = wanted.after.is_none();
    let newest = Wanted { after: None, ..wanted.clone() }.href();
    let older = page.next.map(|next| Wanted { after: Some(next), ..wanted }.href());
    view! {
        <section aria-labelledby="documents">
            <div class="section__head">
                <h2 id="documents">"Documents"</h2>
                <span class="spacer"></span>
                <span class="faint">"Newest first"</span>
            </div>
            <div class="table-wrap" data-testid="documents">
                {page.items.into_iter().map(|document| view! { <Document document shown /> }).collect_view()}
            </div>
            <Pager first=(!is_first).then_some(newest) next=older />
        </section>
    }
    .into_any()
}

#[component]
fn Document(document: DocumentView, shown: Shown) -> impl IntoView {
    let DocumentView { id, content, metadata, created_at } = document;
    let mut preview: String = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = preview.char_indices().nth(PREVIEW) {
        preview.truncate(cut);
    }
    let preview = if preview.is_empty() { "(no text, only a vector)".to_owned() } else { preview };
    let tree = (!metadata.is_empty()).then(|| {
        let value = Value::Object(metadata.clone());
        view! {
            <div class="data-box">
                <JsonTree value />
            </div>
        }
    });
    let copied = content.clone();
    view! {
        <details class="doc" data-testid="document">
            <summary>
                <Icon name="chevron-right" class="icon--sm" />
                <span class="truncate" dir="auto">
                    {preview}
                </span>
                <span class="doc__pairs">
                    <Pairs metadata />
                </span>
                <RelativeTime at=created_at />
            </summary>
            <div class="doc__open">
                <div class="data-box">
                    <span class="data-box__copy needs-script">
                        <CopyButton text=move |()| copied.clone() what="text" />
                    </span>
                    <div class="data-box__text" dir="auto" data-testid="document-text">
                        {content}
                    </div>
                </div>
                {tree}
                <div class="doc__foot">
                    <code>{id.to_string()}</code>
                    <span class="spacer"></span>
                    <DeleteButton id shown />
                </div>
            </div>
        </details>
    }
    .into_any()
}

/// Asked for twice, since there is no way back.
#[component]
fn DeleteButton(id: uuid::Uuid, shown: Shown) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let asking = RwSignal::new(false);
    let press = move |_| {
        if !asking.get_untracked() {
            asking.set(true);
            return;
        }
        let name = shown.name();
        leptos::task::spawn_local(async move {
            match with_session(|| delete_document(name.clone(), id)).await {
                Ok(()) => {
                    toasts.success("The document is deleted.");
                    shown.changed();
                }
                Err(error) => toasts.failure(error.message),
            }
        });
    };
    view! {
        <button
            type="button"
            class="btn btn--sm btn--danger needs-script"
            data-testid="delete-document"
            on:click=press
            on:blur=move |_| asking.set(false)
        >
            {move || if asking.get() { "Really delete?" } else { "Delete" }}
        </button>
    }
}

/// The first things that are known of a document.
#[component]
pub(super) fn Pairs(metadata: Map<String, Value>) -> impl IntoView {
    metadata
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .take(4)
        .map(|(key, value)| {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            view! {
                <span class="pair" title=format!("{key}: {text}")>
                    <span>{key.clone()}</span>
                    <b>{text.clone()}</b>
                </span>
            }
        })
        .collect_view()
}
