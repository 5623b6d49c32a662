//! All tables, and making one.

mod create;

use super::{
    collections::grouped,
    stock::{
        Stock,
        listing::{Found, Words, after, listing},
        stock_page,
    },
    uses::UseCount,
    whole::WaitingPage,
};
use crate::{
    api::{
        page::Page,
        tables::{ColumnType, Table},
        uses::Use,
    },
    ui::{
        components::{icon::Icon, pager::Pager, time::RelativeTime},
        server_fns::{
            session::{encode, with_session},
            tables::list_tables,
            uses::list_uses,
        },
    },
};
use create::CreateDialog;
use leptos::prelude::*;

/// `/tables`.
#[component]
pub fn TablesPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(stock_page(Stock::Tables))}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Tables" rows=4 /> }
}

async fn read(after: Option<String>) -> Found<Table> {
    let page = with_session(|| list_tables(after.clone())).await?;
    // Without the uses the list is still worth showing.
    let uses = with_session(|| list_uses("table".to_owned())).await.unwrap_or_default();
    Ok((page, uses))
}

/// The page with what it reads.
pub(super) fn tables_page() -> AnyView {
    let after = after();
    let found = Resource::new(move || after.get(), read);
    let words = Words {
        title: "Tables",
        make: ("New table", "new-table"),
        icon: "table",
        none: (
            "No tables yet",
            "Steps write rows here and read them back. Make a table and import a CSV file, or let a step make one with its first row.",
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
fn List(page: Page<Table>, uses: Vec<Use>) -> impl IntoView {
    let older = page.next.map(|next| format!("/tables?after={}", encode(&next)));
    view! {
        <div class="table-wrap">
            <table class="table" data-testid="tables-table">
                <thead>
                    <tr>
                        <th>"Name"</th>
                        <th class="end">"Rows"</th>
                        <th>"Columns"</th>
                        <th>"Used by"</th>
                        <th class="end">"Changed"</th>
                    </tr>
                </thead>
                <tbody>
                    {page
                        .items
                        .into_iter()
                        .map(|table| {
                            let mine: Vec<_> = uses.iter().filter(|u| u.target == table.name).cloned().collect();
                            view! { <Row table uses=mine /> }
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
fn Row(table: Table, uses: Vec<Use>) -> impl IntoView {
    const SHOWN: usize = 4;
    let rest = table.columns.len().saturating_sub(SHOWN);
    let count = u64::try_from(table.row_count).unwrap_or_default();
    view! {
        <tr data-testid="table-row">
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/tables/{}", encode(&table.name))>
                    {table.name.clone()}
                </a>
            </td>
            <td class="end num">
                {grouped(count)} <span class="phone-only">{if count == 1 { " row" } else { " rows" }}</span>
            </td>
            <td class="wide-only">
                <div class="hosts">
                    {table
                        .columns
                        .into_iter()
                        .take(SHOWN)
                        .map(|column| {
                            view! {
                                <span class="tag tag--column" title=type_word(column.kind)>
                                    <Icon name=type_icon(column.kind) />
                                    <span class="truncate">{column.name}</span>
                                </span>
                            }
                        })
                        .collect_view()}
                    {(rest > 0).then(|| view! { <span class="faint">{format!("+{rest}")}</span> })}
                </div>
            </td>
            <td class="muted wide-only">
                <UseCount uses />
            </td>
            <td class="end faint">
                <RelativeTime at=table.updated_at />
            </td>
        </tr>
    }
    .into_any()
}

/// The icon of a type of column.
pub(super) fn type_icon(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer | ColumnType::Real => "hash",
        ColumnType::Text => "letters",
        ColumnType::Boolean => "toggle",
        ColumnType::Timestamp => "calendar",
        ColumnType::Json => "braces",
    }
}

/// A type of column, in words.
pub(super) fn type_word(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "Whole number",
        ColumnType::Real => "Number",
        ColumnType::Text => "Text",
        ColumnType::Boolean => "True or false",
        ColumnType::Timestamp => "Time",
        ColumnType::Json => "JSON",
    }
}
