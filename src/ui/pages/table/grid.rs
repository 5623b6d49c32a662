//! The rows as a grid: sorted by its head, walked through with the arrow keys, each row opened with Enter.

use super::{cell::cell, record::RecordDialog, wanted::Wanted};
use crate::{
    api::tables::{CREATED_AT_COLUMN, Column, ColumnType, ID_COLUMN, Row, RowPage},
    ui::{
        browser::grid::{mark_of, move_focus, row_of},
        components::icon::Icon,
        pages::tables::{type_icon, type_word},
    },
};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn Grid(page: RowPage, wanted: Wanted) -> impl IntoView {
    let opened = RwSignal::new(None::<usize>);
    let created = Column { name: CREATED_AT_COLUMN.to_owned(), kind: ColumnType::Timestamp };
    let columns: Vec<_> = page.columns.into_iter().chain([created]).collect();
    let rows = page.items;
    let heads = columns
        .iter()
        .map(|column| view! { <Head column=column.clone() wanted=wanted.clone() /> })
        .collect_view();
    let body = rows.iter().enumerate().map(|(index, row)| line(index, row, &columns)).collect_view();
    let keys = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" {
            // Else the button that has the focus by then would be pressed with it.
            event.prevent_default();
            opened.set(row_of(&event));
        } else {
            move_focus(&event);
        }
    };
    view! {
        <div class="grid-wrap" tabindex="-1" data-testid="grid">
            <table class="grid" role="grid">
                <thead>
                    <tr>
                        <th class="grid__mark" scope="col">
                            <a
                                href=wanted.sorted(ID_COLUMN).href()
                                data-noscroll=""
                                title="The number of the row; click to sort"
                                aria-label="Number of the row"
                            >
                                "#"
                            </a>
                        </th>
                        {heads}
                    </tr>
                </thead>
                <tbody
                    on:keydown=keys
                    on:click=move |event| {
                        if let Some(row) = mark_of(&event) {
                            opened.set(Some(row));
                        }
                    }
                    on:dblclick=move |event| opened.set(row_of(&event))
                >
                    {body}
                </tbody>
            </table>
        </div>
        <RecordDialog rows columns opened />
    }
    .into_any()
}

#[component]
fn Head(column: Column, wanted: Wanted) -> impl IntoView {
    let sorting = wanted.sorting(&column.name);
    let (aria, icon) = match sorting {
        None => ("none", "sort-up"),
        Some(true) => ("ascending", "sort-up"),
        Some(false) => ("descending", "sort-down"),
    };
    view! {
        <th scope="col" aria-sort=aria data-column=column.name.clone()>
            <a
                class="grid__head"
                class:is-sorted=sorting.is_some()
                href=wanted.sorted(&column.name).href()
                data-noscroll=""
                title=format!("{} ({}); click to sort", column.name, type_word(column.kind))
            >
                <Icon name=type_icon(column.kind) />
                <span>{column.name.clone()}</span>
                <span class="grid__sort">
                    <Icon name=icon class="icon--sm" />
                </span>
            </a>
        </th>
    }
    .into_any()
}

fn line(index: usize, row: &Row, columns: &[Column]) -> AnyView {
    let number = row.get(ID_COLUMN).map(Value::to_string).unwrap_or_default();
    let label = format!("Open row {number}");
    let cells = columns
        .iter()
        .map(|column| {
            let value = row.get(&column.name).unwrap_or(&Value::Null);
            let is_number = value.is_number();
            view! {
                <td role="gridcell" tabindex="-1" class:is-number=is_number>
                    {cell(value, column.kind)}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr data-row=index data-testid="grid-row">
            <td class="grid__mark" role="gridcell" tabindex=if index == 0 { "0" } else { "-1" } aria-label=label>
                <span class="grid__number">{number}</span>
                <span class="grid__open" aria-hidden="true">
                    <Icon name="expand" class="icon--sm" />
                </span>
            </td>
            {cells}
        </tr>
    }
    .into_any()
}
