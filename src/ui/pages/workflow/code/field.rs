//! A field for expressions and prompts: its text in colours, the list of completions, the result below.

use super::{
    PATH_TYPE, Place,
    entry::{Entry, Purpose},
    knowing::{Knowing, Target},
    menu::MenuList,
    preview::Preview,
    tokens,
};
use crate::{ui::browser::typing, workflow::expression::Form};
use leptos::prelude::*;
use serde_json::Value;

/// A text with expressions in it. Grows with its text; `is_line` keeps it on one line of thought, without line breaks.
#[component]
pub(in super::super) fn CodeField(
    #[prop(into)] id: String,
    #[prop(into)] text: Signal<String>,
    write: Callback<String>,
    place: Place,
    /// What the field holds: what the preview evaluates.
    #[prop(into)]
    value: Signal<Value>,
    #[prop(optional)] is_line: bool,
    #[prop(default = 1)] rows: u32,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] invalid: MaybeProp<bool>,
) -> impl IntoView {
    let knowing = expect_context::<Knowing>();
    let form = place.form().unwrap_or(Form::Template);
    let node = place.node;
    knowing.running.need_last();

    let entry = Entry::new(Purpose { knowing, node, form, is_line, text, write });
    let Entry { area, menu, chosen, cursor, .. } = entry;
    let has_focus = RwSignal::new(false);
    let take = Callback::new(move |row| entry.take(&row));
    let insert = Callback::new(move |path: String| entry.insert(&path));
    let on_focus = {
        let id = id.clone();
        move |_| {
            has_focus.set(true);
            knowing.target.set_value(Some(Target { id: id.clone(), insert }));
        }
    };
    {
        let id = id.clone();
        on_cleanup(move || {
            knowing.target.try_update_value(|target| {
                if target.as_ref().is_some_and(|t| t.id == id) {
                    *target = None;
                }
            });
        });
    }

    let pair = Memo::new(move |_| {
        let at = cursor.get();
        has_focus.get().then(|| text.with(|t| tokens::pair_at(t, &tokens::tokens(t, form), at))).flatten()
    });
    let (list_id, mark_id) = (format!("{id}-list"), format!("{id}-mark"));
    let preview_id = format!("{id}-result");
    let from = Memo::new(move |_| menu.with(|m| m.as_ref().map(|m| m.range.start)));
    let layer = {
        let mark_id = mark_id.clone();
        move || text.with(|t| tokens::html(t, form, pair.get(), from.get().map(|at| (at, mark_id.as_str()))))
    };
    let is_open = Memo::new(move |_| menu.with(Option::is_some));
    let active = {
        let list_id = list_id.clone();
        move || is_open.get().then(|| format!("{list_id}-{}", chosen.get()))
    };
    let controls = list_id.clone();
    view! {
        <div
            class="codefield"
            class:is-line=is_line
            class:is-invalid=move || invalid.get() == Some(true)
            style=format!("--rows: {rows}")
        >
            <div class="codefield__scroll">
                <div class="codefield__layer" aria-hidden="true" inner_html=layer></div>
                <textarea
                    node_ref=area
                    id=id.clone()
                    rows="1"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    placeholder=placeholder
                    aria-label=label
                    aria-invalid=move || (invalid.get() == Some(true)).to_string()
                    aria-describedby=preview_id.clone()
                    aria-autocomplete="list"
                    role=move || is_open.get().then_some("combobox")
                    aria-expanded=move || is_open.get().then_some("true")
                    aria-controls=move || is_open.get().then(|| controls.clone())
                    aria-activedescendant=active
                    prop:value=move || text.get()
                    on:input=move |_| entry.changed()
                    on:keydown=move |event| entry.key(&event)
                    on:keyup=move |_| entry.follow()
                    on:click=move |_| {
                        entry.follow();
                        entry.close();
                    }
                    on:focus=on_focus
                    on:blur=move |_| {
                        has_focus.set(false);
                        entry.close();
                    }
                    on:drop=move |event: leptos::ev::DragEvent| {
                        entry.dropped.set_value(typing::dragged(&event, PATH_TYPE));
                    }
                ></textarea>
            </div>
            <MenuList menu chosen list_id mark_id take />
        </div>
        <Preview id=preview_id place value />
    }
    .into_any()
}
