//! One row, all of it: every column in full, and the way to the rows before and after.

use super::cell::cell;
use crate::{
    api::tables::{Column, ColumnType, ID_COLUMN, Row},
    ui::{
        components::{button::CopyButton, dialog::Dialog, icon::Icon, json::JsonTree},
        pages::tables::type_icon,
    },
};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn RecordDialog(
    rows: Vec<Row>,
    columns: Vec<Column>,
    opened: RwSignal<Option<usize>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    // Each follows the other, and neither wakes it for nothing.
    Effect::new(move |_| {
        let wanted = opened.with(Option::is_some);
        if open.get_untracked() != wanted {
            open.set(wanted);
        }
    });
    Effect::new(move |_| {
        if !open.get() && opened.with_untracked(Option::is_some) {
            opened.set(None);
        }
    });
    let count = rows.len();
    let rows = StoredValue::new((rows, columns));
    let title = Signal::derive(move || {
        let number = opened.get().and_then(|index| {
            rows.with_value(|(rows, _)| {
                rows.get(index).and_then(|row| row.get(ID_COLUMN).map(Value::to_string))
            })
        });
        number.map_or_else(|| "Row".to_owned(), |number| format!("Row {number}"))
    });
    let go = move |by: isize| {
        opened.update(|now| {
            *now = now.and_then(|index| index.checked_add_signed(by)).filter(|index| *index < count).or(*now);
        });
    };
    view! {
        <Dialog open title wide=true testid="record">
            <div class="dialog__body">
                <dl class="record">
                    {move || {
                        opened
                            .get()
                            .and_then(|index| {
                                rows.with_value(|(rows, columns)| rows.get(index).map(|row| fields(row, columns)))
                            })
                    }}
                </dl>
            </div>
            <div class="dialog__foot">
                <button
                    type="button"
                    class="btn btn--ghost"
                    disabled=move || opened.get().is_none_or(|index| index == 0)
                    on:click=move |_| go(-1)
                >
                    <Icon name="arrow-left" class="icon--sm" />
                    "Previous"
                </button>
                <button
                    type="button"
                    class="btn btn--ghost"
                    disabled=move || opened.get().is_none_or(|index| index + 1 >= count)
                    on:click=move |_| go(1)
                >
                    "Next"
                    <Icon name="arrow-right" class="icon--sm" />
                </button>
                <span class="spacer"></span>
                <button type="button" class="btn" on:click=move |_| open.set(false)>
                    "Close"
                </button>
            </div>
        </Dialog>
    }
    .into_any()
}

fn fields(row: &Row, columns: &[Column]) -> AnyView {
    columns
        .iter()
        .map(|column| {
            let value = row.get(&column.name).cloned().unwrap_or_default();
            let copied = match &value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let shown = match value {
                Value::String(text) if matches!(column.kind, ColumnType::Text) => text.into_any(),
                value @ (Value::Object(_) | Value::Array(_)) => view! { <JsonTree value /> }.into_any(),
                value => cell(&value, column.kind),
            };
            view! {
                <dt>
                    <Icon name=type_icon(column.kind) />
                    {column.name.clone()}
                </dt>
                <dd>
                    <div class="record__value">{shown}</div>
                    {(!copied.is_empty()).then(|| view! { <CopyButton text=move |()| copied.clone() /> })}
                </dd>
            }
        })
        .collect_view()
        .into_any()
}
