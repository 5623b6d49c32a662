//! Any value that a step took or gave: as a tree, as a table where it is a list of objects, or raw, page by page.

use super::{
    columns::{cell, columns},
    tree::Tree,
};
use crate::ui::{browser::typing, components::button::CopyButton};
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;

/// Bytes of raw text that are shown, and more at each asking.
const PAGE: usize = 60_000;
/// Height of a table's row; rows drawn; how far the window moves at once.
const ROW: usize = 28;
const DRAWN: usize = 60;
const STEP: usize = 15;

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Tree,
    Table,
    Raw,
}

/// A value as text that is copied: text as it is, everything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

#[component]
pub(super) fn ValueView(
    id: &'static str,
    value: Arc<Value>,
    #[prop(optional_no_strip)] root: Option<String>,
    label: &'static str,
    testid: &'static str,
) -> impl IntoView {
    let look = expect_context::<RwSignal<Look>>();
    let is_text = value.is_string();
    let table = StoredValue::new(columns(&value));
    let has_table = table.with_value(Option::is_some);
    let shown = Memo::new(move |_| match look.get() {
        Look::Table if !has_table => Look::Tree,
        look => look,
    });
    let value = StoredValue::new(value);
    let root = StoredValue::new(root);
    let choice = move |to: Look, word: &'static str| {
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (shown.get() == to).to_string()
                data-testid=format!("look-{}", word.to_lowercase())
                on:click=move |_| look.set(to)
            >
                {word}
            </button>
        }
    };
    view! {
        <div class="value" data-testid=testid>
            <div class="value__bar">
                {(!is_text)
                    .then(|| {
                        view! {
                            <div class="segmented" role="group" aria-label="How it is shown">
                                {choice(Look::Tree, "Tree")}
                                {has_table.then(|| choice(Look::Table, "Table"))}
                                {choice(Look::Raw, "Raw")}
                            </div>
                        }
                    })}
                <span class="spacer"></span>
                <CopyButton text=move |()| value.with_value(|v| plain(v)) />
            </div>
            {move || {
                let whole = value.get_value();
                match shown.get() {
                    // A text alone is read best as it is; with a name it can be inserted, so that it is a row.
                    Look::Tree if is_text && root.with_value(Option::is_none) => {
                        view! { <Raw value=whole is_text /> }.into_any()
                    }
                    Look::Tree => view! { <Tree id=format!("tree-{id}") value=whole root=root.get_value() label /> }.into_any(),
                    Look::Table => {
                        let columns = table.get_value().unwrap_or_default();
                        view! { <Table value=whole columns label /> }.into_any()
                    }
                    Look::Raw => view! { <Raw value=whole is_text /> }.into_any(),
                }
            }}
        </div>
    }
    .into_any()
}

/// The text, a page at a time.
#[component]
fn Raw(value: Arc<Value>, is_text: bool) -> impl IntoView {
    let text = StoredValue::new(plain(&value));
    let pages = RwSignal::new(1_usize);
    let length = text.with_value(String::len);
    let seen = move || text.with_value(|t| t[..end_of_page(t, pages.get() * PAGE)].to_owned());
    let class = if is_text { "value__text" } else { "value__text value__text--code" };
    view! {
        <div class="value__raw" tabindex="0" role="region" aria-label="Raw text">
            <div class=class>{seen}</div>
            {move || {
                let left = length.saturating_sub(pages.get() * PAGE);
                (left > 0)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn--sm"
                                data-testid="raw-more"
                                on:click=move |_| pages.update(|n| *n += 4)
                            >
                                {format!("Show more: {} KB are left", left / 1000 + 1)}
                            </button>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// That many bytes of a text, or a little less, where a letter ends.
fn end_of_page(text: &str, bytes: usize) -> usize {
    text.floor_char_boundary(bytes)
}

/// Rows that are in sight, between two empty ones as high as the others.
#[component]
fn Table(value: Arc<Value>, columns: Vec<String>, label: &'static str) -> impl IntoView {
    let total = value.as_array().map_or(0, Vec::len);
    let first = RwSignal::new(0_usize);
    let names = StoredValue::new(columns.clone());
    let width = columns.len() + 1;
    let scrolled = move |event: leptos::ev::Event| {
        let top = (typing::scrolled(&event) / ROW as f64).max(0.0) as usize;
        let wanted = (top / STEP * STEP).saturating_sub(STEP).min(total);
        if wanted != first.get_untracked() {
            first.set(wanted);
        }
    };
    let gap = move |rows: usize| {
        (rows > 0).then(|| {
            view! {
                <tr aria-hidden="true" style=format!("height: {}px", rows * ROW)>
                    <td colspan=width.to_string()></td>
                </tr>
            }
        })
    };
    let rows = move || {
        let from = first.get();
        let to = (from + DRAWN).min(total);
        let list = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
        let drawn = list[from..to]
            .iter()
            .enumerate()
            .map(|(offset, row)| {
                let cells = names.with_value(|names| {
                    names
                        .iter()
                        .map(|name| {
                            let text = cell(row, name);
                            view! { <td title=text.clone()>{text.clone()}</td> }
                        })
                        .collect_view()
                });
                view! {
                    <tr>
                        <th scope="row" class="num">
                            {from + offset}
                        </th>
                        {cells}
                    </tr>
                }
            })
            .collect_view();
        view! {
            {gap(from)}
            {drawn}
            {gap(total - to)}
        }
    };
    view! {
        <div class="value__table" tabindex="0" role="region" aria-label=label on:scroll=scrolled data-testid="value-table">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"#"</th>
                        {columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pages_end_between_letters() {
        assert_eq!(end_of_page("aüb", 2), 1);
        assert_eq!(end_of_page("aüb", 99), 4);
    }

    #[test]
    fn what_is_copied_is_text_or_json() {
        assert_eq!(plain(&json!("a\"b")), "a\"b");
        assert_eq!(plain(&json!({"a": 1})), "{\n  \"a\": 1\n}");
    }
}
