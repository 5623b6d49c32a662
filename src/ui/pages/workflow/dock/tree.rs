//! A JSON value as a tree that stays quick however large it is: only the rows in sight are drawn. With a `root`, its
//! values can be dragged into a field or inserted there with Enter.

use super::{
    super::code::{Knowing, PATH_TYPE, path_text},
    rows::{Open, Row, Shape, at, window},
};
use crate::ui::{
    browser::{self, typing},
    components::{icon::Icon, toast::Toasts},
};
use leptos::{attr::custom::custom_attribute, prelude::*};
use serde_json::Value;
use std::sync::Arc;

/// Height of a row, as the style has it.
const ROW: i32 = 22;
/// Rows that are drawn: more than a window can show.
const DRAWN: usize = 80;
/// Rows above the window that are drawn too; the window moves by as many.
const STEP: usize = 20;

#[component]
pub(super) fn Tree(
    id: String,
    value: Arc<Value>,
    /// The expression that the value is; none where it cannot be named.
    #[prop(optional_no_strip)]
    root: Option<String>,
    /// What it is, for screen readers.
    label: &'static str,
) -> impl IntoView {
    let knowing = expect_context::<Knowing>();
    let toasts = expect_context::<Toasts>();
    let open = RwSignal::new(Open::default());
    let first = RwSignal::new(0_usize);
    let active = RwSignal::new(0_usize);
    let value = StoredValue::new(value);
    let root = StoredValue::new(root);
    let seen = Memo::new(move |_| {
        let first = first.get();
        value.with_value(|v| open.with(|open| (first, window(v, open, first, DRAWN))))
    });
    let can_insert = root.with_value(Option::is_some);
    let path_of =
        move |row: &Row| root.with_value(|r| path_text(r.as_deref().unwrap_or_default(), &row.path));
    let insert = move |row: &Row| {
        if !knowing.insert(path_of(row)) {
            toasts.failure("Choose a field of the step first: click into it, then insert the value.");
        }
    };
    let press = move |row: &Row| match row.shape {
        Shape::Branch { .. } => open.update(|o| o.turn(&row.path)),
        Shape::More(_) => open.update(|o| o.more(&row.path)),
        Shape::Leaf(_) => {}
    };
    let row_at = move |index: usize| {
        value.with_value(|v| open.with_untracked(|open| window(v, open, index, 1).0)).into_iter().next()
    };
    let list_id = StoredValue::new(id.clone());
    let go = move |to: usize| {
        let last = seen.with_untracked(|(_, (_, total))| total.saturating_sub(1));
        active.set(to.min(last));
        list_id.with_value(|id| typing::show_row(id, to.min(last), ROW));
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let now = active.get_untracked();
        let Some(row) = row_at(now) else { return };
        match event.key().as_str() {
            "ArrowDown" => go(now + 1),
            "ArrowUp" => go(now.saturating_sub(1)),
            "PageDown" => go(now + 10),
            "PageUp" => go(now.saturating_sub(10)),
            "Home" => go(0),
            "End" => go(usize::MAX - 1),
            "ArrowRight" if matches!(row.shape, Shape::Branch { is_open: false, .. }) => press(&row),
            "ArrowRight" => go(now + 1),
            "ArrowLeft" if matches!(row.shape, Shape::Branch { is_open: true, .. }) => press(&row),
            "ArrowLeft" => {
                // To the branch that it is in.
                let parent = (0..now).rev().find(|i| row_at(*i).is_some_and(|r| r.depth < row.depth));
                go(parent.unwrap_or(0));
            }
            "Enter" if can_insert && !matches!(row.shape, Shape::More(_)) => insert(&row),
            "Enter" | " " => press(&row),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let scrolled = move |event: leptos::ev::Event| {
        let top = typing::scrolled(&event) / f64::from(ROW);
        let wanted = (top.max(0.0) as usize / STEP * STEP).saturating_sub(STEP);
        if wanted != first.get_untracked() {
            first.set(wanted);
        }
    };
    let row_id = {
        let id = id.clone();
        move |index: usize| format!("{id}-{index}")
    };
    let active_id = {
        let row_id = row_id.clone();
        move || row_id(active.get())
    };
    let height = move || seen.with(|(_, (_, total))| format!("height: {}px", *total as i32 * ROW));
    let draw = move || {
        let (first, (rows, _)) = seen.get();
        let row_id = row_id.clone();
        rows.into_iter()
            .enumerate()
            .map(|(offset, row)| {
                let index = first + offset;
                let row = StoredValue::new(row);
                let Row { depth, key, shape, text, .. } = row.get_value();
                let is_open = match shape {
                    Shape::Branch { is_open, .. } => Some(is_open),
                    _ => None,
                };
                let class = match shape {
                    Shape::Leaf(class) => class,
                    _ => "json__meta",
                };
                let text = match shape {
                    Shape::More(left) => format!("{} more of {left} …", left.min(super::rows::PAGE * 10)),
                    _ => text,
                };
                let is_value = !matches!(shape, Shape::More(_));
                let path = row.with_value(path_of);
                let top = index as i32 * ROW;
                let (dragged, hook) = (path.clone(), path.clone());
                view! {
                    <div
                        id=row_id(index)
                        class="tree__row"
                        class:is-active=move || active.get() == index
                        role="treeitem"
                        {custom_attribute("aria-level", (depth + 1).to_string())}
                        aria-expanded=is_open.map(|o| o.to_string())
                        aria-selected=move || (active.get() == index).to_string()
                        style=format!("top: {top}px; --depth: {depth}")
                        draggable=(can_insert && is_value).then_some("true")
                        data-path=hook
                        on:click=move |_| {
                            active.set(index);
                            row.with_value(press);
                        }
                        on:dragstart=move |event| typing::drag(&event, &[(PATH_TYPE, dragged.as_str()), ("text/plain", dragged.as_str())])
                    >
                        <span class="tree__mark" aria-hidden="true">
                            {is_open.map(|o| if o { "▾" } else { "▸" })}
                        </span>
                        {(!key.is_empty()).then(|| view! { <span class="json__key">{key}": "</span> })}
                        <span class=format!("truncate {class}")>{text}</span>
                        {is_value
                            .then(|| {
                                view! {
                                    <span class="tree__deeds">
                                        {can_insert
                                            .then(|| {
                                                view! {
                                                    <TreeButton
                                                        icon="plus"
                                                        word="Insert into the field"
                                                        press=Callback::new(move |()| row.with_value(insert))
                                                    />
                                                }
                                            })}
                                        {(!path.is_empty())
                                            .then(|| {
                                                view! {
                                                    <TreeButton
                                                        icon="braces"
                                                        word="Copy the path"
                                                        press=Callback::new(move |()| {
                                                            if browser::copy(&path) {
                                                                toasts.success(format!("Copied {path}"));
                                                            }
                                                        })
                                                    />
                                                }
                                            })}
                                        <TreeButton
                                            icon="copy"
                                            word="Copy the value"
                                            press=Callback::new(move |()| {
                                                let text = value
                                                    .with_value(|v| row.with_value(|r| at(v, &r.path).map(super::value::plain)));
                                                if text.is_some_and(|text| browser::copy(&text)) {
                                                    toasts.success("Copied the value");
                                                }
                                            })
                                        />
                                    </span>
                                }
                            })}
                    </div>
                }
            })
            .collect_view()
    };
    view! {
        <div
            class="tree"
            id=id
            role="tree"
            tabindex="0"
            aria-label=label
            aria-activedescendant=active_id
            on:keydown=keys
            on:scroll=scrolled
            data-testid="tree"
        >
            <div class="tree__rows" role="presentation" style=height>
                {draw}
            </div>
        </div>
    }
    .into_any()
}

/// Keys reach the same: Enter inserts, and what is copied can be copied as a whole.
#[component]
fn TreeButton(icon: &'static str, word: &'static str, press: Callback<()>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="tree__deed"
            tabindex="-1"
            title=word
            aria-label=word
            // The field keeps the focus, and with it the place that is written at.
            on:mousedown=move |event| event.prevent_default()
            on:click=move |event| {
                event.stop_propagation();
                press.run(());
            }
        >
            <Icon name=icon class="icon--sm" />
        </button>
    }
}
