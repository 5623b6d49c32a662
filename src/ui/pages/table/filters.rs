//! What stands above the grid: how many rows, the conditions that hold, and a form for one more.

use super::{
    Shown,
    wanted::{Filter, Wanted, kind_of, value_of},
};
use crate::{
    api::tables::{CREATED_AT_COLUMN, Column, ColumnType, ID_COLUMN},
    ui::{
        components::{
            field::{Field, Select},
            icon::Icon,
        },
        pages::collections::grouped,
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde_json::Value;

const OPERATORS: [(&str, &str); 8] = [
    ("eq", "is"),
    ("ne", "is not"),
    ("contains", "contains"),
    ("gt", "is more than"),
    ("gte", "is at least"),
    ("lt", "is less than"),
    ("lte", "is at most"),
    ("in", "is one of"),
];

/// What can be asked of a type of column.
fn operators(kind: ColumnType) -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATORS.into_iter().filter(move |(op, _)| match kind {
        ColumnType::Boolean => matches!(*op, "eq" | "ne"),
        ColumnType::Integer | ColumnType::Real | ColumnType::Timestamp => *op != "contains",
        ColumnType::Text | ColumnType::Json => true,
    })
}

#[component]
pub(super) fn Toolbar(wanted: Wanted, shown: Shown) -> impl IntoView {
    let all = move || match shown.table.with(|t| u64::try_from(t.row_count).unwrap_or_default()) {
        1 => "1 row".to_owned(),
        n => format!("{} rows", grouped(n)),
    };
    let chips = wanted
        .filters
        .iter()
        .enumerate()
        .map(|(index, filter)| view! { <Chip filter=filter.clone() without=wanted.without(index).href() /> })
        .collect_view();
    let is_filtered = !wanted.filters.is_empty();
    let plain = wanted.plain().href();
    view! {
        <div class="toolbar">
            <div class="filters">
                <AddFilter wanted=wanted.clone() shown />
                {chips}
                {is_filtered
                    .then(|| {
                        view! {
                            <a class="btn btn--ghost btn--sm" href=plain data-noscroll="">
                                "Clear"
                            </a>
                        }
                    })}
            </div>
            <span class="spacer"></span>
            <span class="count" data-testid="row-count">
                {all}
                {is_filtered.then_some(" in all")}
            </span>
        </div>
    }
    .into_any()
}

#[component]
fn Chip(filter: Filter, without: String) -> impl IntoView {
    let word = OPERATORS
        .iter()
        .find(|(op, _)| *op == filter.operator)
        .map_or(filter.operator.clone(), |(_, w)| (*w).to_owned());
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let value = match &filter.value {
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => text(other),
    };
    let value = if value.is_empty() { "empty".to_owned() } else { value };
    view! {
        <span class="filter-chip" data-testid="filter">
            <span>{filter.column.clone()}</span>
            <span class="faint">{word}</span>
            <span class="filter-chip__value" title=value.clone()>
                {value.clone()}
            </span>
            <a href=without data-noscroll="" aria-label=format!("Remove the filter on {}", filter.column)>
                <Icon name="x" class="icon--sm" />
            </a>
        </span>
    }
    .into_any()
}

/// A condition more: a plain form whose fields go into the address.
#[component]
fn AddFilter(wanted: Wanted, shown: Shown) -> impl IntoView {
    let columns = shown.table.with_untracked(|t| t.columns.clone());
    let own = [(ID_COLUMN, ColumnType::Integer), (CREATED_AT_COLUMN, ColumnType::Timestamp)]
        .map(|(name, kind)| Column { name: name.to_owned(), kind });
    let choices = StoredValue::new(columns.into_iter().chain(own).collect::<Vec<_>>());
    let first = choices.with_value(|c| c.first().map(|c| c.name.clone()).unwrap_or_default());
    let column = RwSignal::new(first);
    let operator = RwSignal::new("eq".to_owned());
    let text = RwSignal::new(String::new());
    let kind = Memo::new(move |_| column.with(|name| choices.with_value(|c| kind_of(name, c))));
    let names = choices.with_value(|c| c.iter().map(|c| c.name.clone()).collect::<Vec<_>>());
    let navigate = use_navigate();
    let (filter_text, order) = (wanted.filter_text(), wanted.order.clone());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let mut wanted = wanted.clone();
        let operator = operator.get_untracked();
        let value = text.with_untracked(|text| value_of(kind.get_untracked(), &operator, text));
        wanted.add(Filter { column: column.get_untracked(), operator, value });
        navigate(&wanted.href(), Default::default());
    };
    let choose_column = Callback::new(move |name: String| {
        column.set(name);
        let fits = operators(kind.get_untracked()).any(|(op, _)| operator.with_untracked(|now| now == op));
        if !fits {
            operator.set("eq".to_owned());
        }
    });
    view! {
        <details class="drop">
            <summary class="btn btn--sm" data-testid="filter-open">
                <Icon name="filter" class="icon--sm" />
                "Filter"
            </summary>
            <form class="drop__panel" method="get" on:submit=submit>
                <Field id="filter-column" label="Column">
                    <Select id="filter-column" name="column" on_change=choose_column>
                        {names
                            .into_iter()
                            .map(|name| {
                                let mine = name.clone();
                                view! {
                                    <option value=name.clone() prop:selected=move || column.with(|c| *c == mine)>
                                        {name.clone()}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </Select>
                </Field>
                <Field id="filter-op" label="Condition">
                    <Select id="filter-op" name="op" on_change=Callback::new(move |word| operator.set(word))>
                        {move || {
                            operators(kind.get())
                                .map(|(op, word)| {
                                    view! {
                                        <option value=op prop:selected=move || operator.with(|o| o == op)>
                                            {word}
                                        </option>
                                    }
                                })
                                .collect_view()
                        }}
                    </Select>
                </Field>
                <Field id="filter-value" label="Value">
                    <input
                        class="input"
                        id="filter-value"
                        name="value"
                        autocomplete="off"
                        placeholder=move || placeholder(kind.get(), &operator.get())
                        data-testid="filter-value"
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </Field>
                <input type="hidden" name="where" value=filter_text />
                <input type="hidden" name="order" value=order />
                <div class="drop__foot">
                    <button type="submit" class="btn btn--primary btn--sm" data-testid="filter-add">
                        "Add filter"
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn placeholder(kind: ColumnType, operator: &str) -> &'static str {
    match (kind, operator) {
        (ColumnType::Integer | ColumnType::Real, "in") => "1, 2, 3",
        (_, "in") => "first, second",
        (ColumnType::Integer | ColumnType::Real, _) => "0",
        (ColumnType::Boolean, _) => "true or false",
        (ColumnType::Timestamp, _) => "2026-11-23T09:00:00Z",
        _ => "",
    }
}
