//! Named secrets: what there is, where each may go, what uses it. A value goes in and is never shown again.

mod editor;
mod kinds;
mod row;

use super::{
    error::ErrorView,
    layout::TopBar,
    stock::{Stock, stock_page},
    whole::WaitingPage,
};
use crate::{
    api::{credentials::Credential, uses::Use},
    ui::{
        components::{
            empty::{Empty, SkeletonRows},
            icon::Icon,
        },
        server_fns::{credentials::list_credentials, error::UiError, session::with_session, uses::list_uses},
    },
};
use editor::{Editor, Wish};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use row::CredentialRow;

/// `/credentials`.
#[component]
pub fn CredentialsPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(stock_page(Stock::Credentials))}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Credentials" rows=4 /> }
}

async fn read() -> Result<(Vec<Credential>, Vec<Use>), UiError> {
    let list = with_session(list_credentials).await?;
    // Without the uses the list is still worth showing.
    let uses = with_session(|| list_uses("credential".to_owned())).await.unwrap_or_default();
    Ok((list, uses))
}

/// The page with what it reads.
pub(super) fn credentials_page() -> AnyView {
    let found = Resource::new(|| (), |()| read());
    let wish = RwSignal::new(None::<Wish>);
    let changed = Callback::new(move |()| found.refetch());
    // The editor of a step leads here to make one.
    let query = use_query_map();
    Effect::new(move |_| {
        if query.with_untracked(|q| q.get("new").is_some()) {
            wish.set(Some(Wish::New));
        }
    });
    view! {
        <Title text="Credentials" />
        <TopBar title="Credentials">
            <button
                type="button"
                class="btn btn--primary needs-script"
                data-testid="new-credential"
                on:click=move |_| wish.set(Some(Wish::New))
            >
                <Icon name="plus" />
                "New credential"
            </button>
        </TopBar>
        <main class="content">
            <p class="lead">
                "A step uses a credential by its name, and only towards the hosts it is allowed for. Values are kept encrypted and never shown again."
            </p>
            <Transition fallback=|| view! { <SkeletonRows rows=4 /> }>
                {move || Suspend::new(async move {
                    match found.await {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok((list, _)) if list.is_empty() => view! { <Nothing wish /> }.into_any(),
                        Ok((list, uses)) => view! { <List list uses wish changed /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
        <Editor wish changed />
    }
    .into_any()
}

#[component]
fn Nothing(wish: RwSignal<Option<Wish>>) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <Empty
                icon="key"
                title="No credentials yet"
                text="Keep the token of an API or the address of a database here, and steps can use it without showing it."
            >
                <button type="button" class="btn needs-script" on:click=move |_| wish.set(Some(Wish::New))>
                    <Icon name="plus" />
                    "Add the first one"
                </button>
            </Empty>
        </div>
    }
    .into_any()
}

#[component]
fn List(
    list: Vec<Credential>,
    uses: Vec<Use>,
    wish: RwSignal<Option<Wish>>,
    changed: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <table class="table" data-testid="credentials-table">
                <thead>
                    <tr>
                        <th>"Name"</th>
                        <th>"Kind"</th>
                        <th>"Allowed hosts"</th>
                        <th>"Used by"</th>
                        <th class="end">"Value set"</th>
                        <th class="end">
                            <span class="sr-only">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {list
                        .into_iter()
                        .map(|credential| {
                            let id = credential.id.to_string();
                            let mine: Vec<_> = uses
                                .iter()
                                .filter(|u| u.target == credential.name || u.target == id)
                                .cloned()
                                .collect();
                            view! { <CredentialRow credential uses=mine wish changed /> }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}
