//! One table: its rows as a grid, filtered and sorted by the address, so that a look at them can be linked, and read
//! without a script.

mod cell;
mod filters;
mod grid;
mod import;
mod new_row;
mod record;
mod wanted;

use super::{
    collections::grouped,
    error::ErrorView,
    form::FormState,
    layout::TopBar,
    stock::{Stock, stock_page},
    uses::UsesWarning,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::tables::{RowPage, Table},
    ui::{
        components::{
            confirm::Confirm,
            empty::{Empty, SkeletonRows},
            icon::Icon,
            pager::Pager,
            toast::Toasts,
        },
        server_fns::{
            error::UiError,
            session::{encode, with_session},
            tables::{delete_table, get_table, list_rows},
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;
use wanted::Wanted;

/// `/tables/:name`.
#[component]
pub fn TablePage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(stock_page(Stock::Table))}</Suspense> }.into_any()
}

fn crumbs() -> Vec<(String, String)> {
    vec![("/tables".to_owned(), "Tables".to_owned())]
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Table" crumbs=crumbs() rows=10 class="content content--wide" /> }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Shown {
    table: RwSignal<Table>,
    /// Raised when rows came.
    changes: RwSignal<u32>,
}

impl Shown {
    fn name(self) -> String {
        self.table.with_untracked(|t| t.name.clone())
    }

    /// The table is another one now: reads its rows anew.
    fn changed(self, table: Table) {
        self.table.set(table);
        self.changes.update(|n| *n += 1);
    }
}

type RowsRead = Resource<Result<(Wanted, RowPage), (Wanted, UiError)>>;

/// The rows, with what was asked for once the columns are known.
async fn read(wanted: Wanted) -> Result<(Wanted, RowPage), (Wanted, UiError)> {
    let name = wanted.table.clone();
    let wanted = match wanted.needs_columns() {
        true => match with_session(|| get_table(name.clone())).await {
            Ok(table) => wanted.settled(&table.columns),
            Err(error) => return Err((wanted, error)),
        },
        false => wanted,
    };
    match with_session(|| list_rows(name.clone(), wanted.query())).await {
        Ok(page) => Ok((wanted, page)),
        Err(error) => Err((wanted, error)),
    }
}

/// The page with what it reads.
pub(super) fn table_page() -> AnyView {
    // All that is read is asked for here and not within what it gives: browser and server must ask in the same order.
    let wanted = Wanted::read();
    let name = Memo::new(move |_| wanted.with(|w| w.table.clone()));
    let changes = RwSignal::new(0);
    let found: Resource<Result<Table, UiError>> = Resource::new(
        move || name.get(),
        |name| async move { with_session(|| get_table(name.clone())).await },
    );
    let rows: RowsRead = Resource::new(move || (wanted.get(), changes.get()), |(wanted, _)| read(wanted));
    view! {
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(table) => table_view(Shown { table: RwSignal::new(table), changes }, rows),
                    Err(error) => view! { <FailedPage title="Table" crumbs=crumbs() error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The page itself.
fn table_view(shown: Shown, rows: RowsRead) -> AnyView {
    let name = shown.name();
    let (adding, importing, asking) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    view! {
        <Title text=name.clone() />
        <TopBar title=name.clone() crumbs=crumbs()>
            <button
                type="button"
                class="btn btn--ghost btn--icon needs-script"
                title="Delete the table"
                aria-label="Delete the table"
                data-testid="delete-table"
                on:click=move |_| asking.set(true)
            >
                <Icon name="trash" />
            </button>
            <a
                class="btn"
                href=format!("/api/tables/{}/export", encode(&name))
                download=format!("{name}.csv")
                rel="external"
                title="Export as CSV"
                data-testid="export-csv"
            >
                <Icon name="download" />
                <span class="wide-only">"Export"</span>
            </a>
            <button
                type="button"
                class="btn needs-script"
                title="Import a CSV file"
                data-testid="import-csv"
                on:click=move |_| importing.set(true)
            >
                <Icon name="upload" />
                <span class="wide-only">"Import"</span>
            </button>
            <button
                type="button"
                class="btn btn--primary needs-script"
                data-testid="add-row"
                on:click=move |_| adding.set(true)
            >
                <Icon name="plus" />
                "Add row"
            </button>
        </TopBar>
        <main class="content content--wide">
            <Transition fallback=|| view! { <SkeletonRows rows=10 /> }>
                {move || Suspend::new(async move {
                    match rows.await {
                        Err((wanted, error)) => {
                            view! {
                                <filters::Toolbar wanted=wanted.clone() shown />
                                <Refused error wanted />
                            }
                                .into_any()
                        }
                        Ok((wanted, page)) => view! { <Rows page wanted shown importing /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
        <new_row::NewRow open=adding shown />
        <import::ImportDialog open=importing shown />
        <Delete shown asking />
    }
    .into_any()
}

/// Rows could not be read: the filter may be the reason, so that there is a way without it.
#[component]
fn Refused(error: UiError, wanted: Wanted) -> impl IntoView {
    if wanted.is_plain() {
        return view! { <ErrorView error /> }.into_any();
    }
    let text = error.errors.first().map_or(error.message.clone(), |first| first.message.clone());
    view! {
        <div class="table-wrap" role="alert">
            <Empty icon="filter" title="These rows could not be read" text>
                <a class="btn" href=wanted.plain().href()>
                    "Show all rows"
                </a>
            </Empty>
        </div>
    }
    .into_any()
}

#[component]
fn Rows(page: RowPage, wanted: Wanted, shown: Shown, importing: RwSignal<bool>) -> impl IntoView {
    if page.items.is_empty() && wanted.filters.is_empty() && wanted.after.is_none() {
        return view! { <NoRows importing /> }.into_any();
    }
    let plain = wanted.plain().href();
    let body = if page.items.is_empty() {
        view! {
            <div class="table-wrap" data-testid="no-rows">
                <Empty icon="filter" title="No rows fit" text="No row meets all of these conditions. Take one away.">
                    <a class="btn" href=plain>
                        "Show all rows"
                    </a>
                </Empty>
            </div>
        }
        .into_any()
    } else {
        view! { <grid::Grid page=page.clone() wanted=wanted.clone() /> }.into_any()
    };
    let first = wanted.after.is_some().then(|| Wanted { after: None, ..wanted.clone() }.href());
    let next = page.next.map(|next| Wanted { after: Some(next), ..wanted.clone() }.href());
    view! {
        <filters::Toolbar wanted=wanted.clone() shown />
        {body}
        <Pager first next words=("First page", "Next page") />
    }
    .into_any()
}

#[component]
fn NoRows(importing: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="table-wrap" data-testid="empty-table">
            <Empty
                icon="table"
                title="No rows yet"
                text="Import a CSV file, add a row, or let a “Write rows” step of a workflow fill it."
            >
                <button type="button" class="btn needs-script" on:click=move |_| importing.set(true)>
                    <Icon name="upload" />
                    "Import a CSV file"
                </button>
            </Empty>
        </div>
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
        let call = with_session(move || delete_table(name.clone()));
        let done = move |()| {
            toasts.success(gone);
            navigate("/tables", Default::default());
        };
        state.run_or(call, done, move |error| toasts.failure(error.message));
    });
    let name = Signal::derive(move || shown.table.with(|t| t.name.clone()));
    let title = Signal::derive(move || shown.table.with(|t| format!("Delete “{}”?", t.name)));
    view! {
        <Confirm open=asking title verb="Delete table" pending=state.pending() confirmed>
            <p>
                {move || match shown.table.with(|t| u64::try_from(t.row_count).unwrap_or_default()) {
                    0 => "It holds no rows.".to_owned(),
                    1 => "Its one row is gone for good.".to_owned(),
                    n => format!("Its {} rows are gone for good.", grouped(n)),
                }}
            </p>
            <UsesWarning open=asking kind="table" name text="These steps use it:" />
        </Confirm>
    }
    .into_any()
}
