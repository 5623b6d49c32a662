//! The rows on the page, and the JSON beside them.

use super::{
    Mode, RowState, Shaping, read,
    rows::{Kind, Row, name_slip},
};
use crate::ui::components::{field::Select, icon::Icon};
use leptos::prelude::*;

/// Levels that can be added by hand.
const MAX_DEPTH: usize = 4;

#[component]
pub(in super::super) fn SchemaEditor(
    id: String,
    shaping: Shaping,
    /// Told after each change.
    changed: Callback<()>,
) -> impl IntoView {
    let button = move |to: Mode, word: &'static str, testid: &'static str| {
        let press = move |_| {
            match to {
                Mode::Rows => shaping.to_rows(),
                Mode::Json => shaping.to_json(),
            }
            changed.run(());
        };
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (shaping.mode.get() == to).to_string()
                data-testid=testid
                on:click=press
            >
                {word}
            </button>
        }
    };
    let slip = Memo::new(move |_| {
        let text = shaping.text.with(|text| read(text).err()).filter(|_| shaping.mode.get() == Mode::Json);
        let refused = shaping.refused.get();
        text.or((!refused.is_empty()).then_some(refused))
    });
    let whole_id = id.clone();
    view! {
        <div class="schema" id=whole_id data-testid="schema">
            <div class="segmented" role="group" aria-label="How the schema is shown">
                {button(Mode::Rows, "Fields", "schema-rows")} {button(Mode::Json, "JSON", "schema-json")}
            </div>
            {move || match shaping.mode.get() {
                Mode::Rows => row_list(shaping.rows, 0, changed),
                Mode::Json => {
                    view! {
                        <textarea
                            class="input input--code schema__json"
                            id=format!("{id}-json")
                            rows="9"
                            spellcheck="false"
                            aria-label="The schema as JSON"
                            aria-invalid=move || slip.with(Option::is_some).to_string()
                            data-testid="schema-text"
                            prop:value=move || shaping.text.get()
                            on:input=move |event| {
                                shaping.text.set(event_target_value(&event));
                                changed.run(());
                            }
                        ></textarea>
                    }
                        .into_any()
                }
            }}
            {move || {
                slip.get()
                    .map(|words| {
                        view! {
                            <p class="field__error" role="alert" data-testid="schema-slip">
                                <Icon name="alert" />
                                <span>{words} " What you typed is kept."</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// The rows of one object.
fn row_list(rows: RwSignal<Vec<RowState>>, depth: usize, changed: Callback<()>) -> AnyView {
    let add = move |_| {
        rows.update(|rows| rows.push(RowState::new(&Row::new(""))));
        changed.run(());
    };
    view! {
        <div class="schema__rows">
            <For each=move || rows.get() key=|r| r.key let:row>
                <RowView row rows depth changed />
            </For>
            <button type="button" class="btn btn--sm" data-testid="schema-add" on:click=add>
                <Icon name="plus" class="icon--sm" />
                "Add a field"
            </button>
        </div>
    }
    .into_any()
}

#[component]
fn RowView(
    row: RowState,
    rows: RwSignal<Vec<RowState>>,
    depth: usize,
    changed: Callback<()>,
) -> impl IntoView {
    let wrong = Memo::new(move |_| {
        rows.with(|rows| {
            let names: Vec<String> = rows.iter().map(|r| r.name.get()).collect();
            rows.iter().position(|r| r.key == row.key).and_then(|index| name_slip(&names, index))
        })
    });
    let text = move |signal: RwSignal<String>, event: leptos::ev::Event| {
        signal.set(event_target_value(&event));
        changed.run(());
    };
    let kinds = Kind::ALL.into_iter().filter(move |(kind, ..)| depth < MAX_DEPTH || !kind.is_nested());
    let kind_changed = Callback::new(move |key: String| {
        if let Some(kind) = Kind::of_key(&key) {
            row.kind.set(kind);
            changed.run(());
        }
    });
    view! {
        <div class="schema__row" data-testid="schema-row">
            <div class="schema__line">
                <input
                    class="input input--code"
                    aria-label="Name of the field"
                    placeholder="name"
                    autocomplete="off"
                    spellcheck="false"
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=move || row.name.get()
                    on:input=move |event| text(row.name, event)
                />
                <Select id=format!("schema-kind-{}", row.key) label="What it holds" on_change=kind_changed>
                    {kinds
                        .map(|(kind, key, word)| {
                            view! {
                                <option value=key prop:selected=move || row.kind.get() == kind>
                                    {word}
                                </option>
                            }
                        })
                        .collect_view()}
                </Select>
                <label class="check schema__required">
                    <input
                        type="checkbox"
                        prop:checked=move || row.required.get()
                        on:change=move |event| {
                            row.required.set(event_target_checked(&event));
                            changed.run(());
                        }
                    />
                    <span>"Required"</span>
                </label>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label=move || format!("Remove the field {}", row.name.get())
                    on:click=move |_| {
                        rows.update(|rows| rows.retain(|r| r.key != row.key));
                        changed.run(());
                    }
                >
                    <Icon name="x" class="icon--sm" />
                </button>
            </div>
            <input
                class="input schema__about"
                aria-label="What it is"
                placeholder="What it is, in a few words"
                autocomplete="off"
                prop:value=move || row.description.get()
                on:input=move |event| text(row.description, event)
            />
            {move || {
                (row.kind.get() == Kind::Choice)
                    .then(|| {
                        view! {
                            <input
                                class="input schema__about"
                                aria-label="The texts to choose from, with commas between them"
                                placeholder="low, normal, high"
                                autocomplete="off"
                                prop:value=move || row.choices.get()
                                on:input=move |event| text(row.choices, event)
                            />
                        }
                    })
            }}
            {move || wrong.get().map(|words| view! { <p class="field__error is-warning">{words}</p> })}
            {move || {
                row.kind
                    .get()
                    .is_nested()
                    .then(|| view! { <div class="schema__inner">{row_list(row.children, depth + 1, changed)}</div> })
            }}
        </div>
    }
    .into_any()
}
