//! All collections, and making one.

mod create;

use super::{
    stock::{
        Stock,
        listing::{Found, Words, after, listing},
        stock_page,
    },
    uses::UseCount,
    whole::WaitingPage,
};
use crate::{
    api::{page::Page, uses::Use, vectors::CollectionView},
    ui::{
        components::{pager::Pager, time::RelativeTime},
        server_fns::{
            collections::list_collections,
            session::{encode, with_session},
            uses::list_uses,
        },
    },
};
use create::CreateDialog;
use leptos::prelude::*;

/// `/collections`.
#[component]
pub fn CollectionsPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(stock_page(Stock::Collections))}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Collections" rows=4 /> }
}

async fn read(after: Option<String>) -> Found<CollectionView> {
    let page = with_session(|| list_collections(after.clone())).await?;
    // Without the uses the list is still worth showing.
    let uses = with_session(|| list_uses("collection".to_owned())).await.unwrap_or_default();
    Ok((page, uses))
}

/// The page with what it reads.
pub(super) fn collections_page() -> AnyView {
    let after = after();
    let found = Resource::new(move || after.get(), read);
    let words = Words {
        title: "Collections",
        make: ("New collection", "new-collection"),
        icon: "collection",
        none: (
            "No collections yet",
            "A collection holds your documents so that steps can search them by meaning and by words. Make one, then drop files into it.",
        ),
    };
    listing(
        words,
        found,
        |page, uses| view! { <List page uses /> }.into_any(),
        |open| view! { <CreateDialog open /> }.into_any(),
    )
}

#[component]
fn List(page: Page<CollectionView>, uses: Vec<Use>) -> impl IntoView {
    let older = page.next.map(|next| format!("/collections?after={}", encode(&next)));
    view! {
        <div class="table-wrap">
            <table class="table" data-testid="collections-table">
                <thead>
                    <tr>
                        <th>"Name"</th>
                        <th class="end">"Documents"</th>
                        <th>"Vectors"</th>
                        <th>"Used by"</th>
                        <th class="end">"Changed"</th>
                    </tr>
                </thead>
                <tbody>
                    {page
                        .items
                        .into_iter()
                        .map(|collection| {
                            let mine: Vec<_> =
                                uses.iter().filter(|u| u.target == collection.name).cloned().collect();
                            view! { <Row collection uses=mine /> }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
        <Pager next=older />
    }
    .into_any()
}

#[component]
fn Row(collection: CollectionView, uses: Vec<Use>) -> impl IntoView {
    let count = collection.document_count;
    view! {
        <tr data-testid="collection-row">
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/collections/{}", encode(&collection.name))>
                    {collection.name.clone()}
                </a>
            </td>
            <td class="end num">
                {grouped(count)}
                <span class="phone-only">{if count == 1 { " document" } else { " documents" }}</span>
            </td>
            <td class="muted wide-only">{vectors_word(&collection)}</td>
            <td class="muted wide-only">
                <UseCount uses />
            </td>
            <td class="end faint">
                <RelativeTime at=collection.updated_at />
            </td>
        </tr>
    }
    .into_any()
}

/// Where the vectors come from, in words.
pub(super) fn vectors_word(collection: &CollectionView) -> String {
    let from = match collection.embedding_model.as_deref() {
        // As its makers write it.
        Some("all-minilm-l6-v2") => "all-MiniLM-L6-v2",
        Some(name) => name,
        None => "Your own",
    };
    format!("{from}, {} dimensions", collection.dimension)
}

/// `1,204`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 20_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "20,000", "1,234,567"]
        );
    }
}
