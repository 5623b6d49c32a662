//! The fields of the dialog.

use super::{Fork, Replaced, draft::slip};
use crate::ui::components::{
    field::{Field, Select},
    icon::Icon,
};
use leptos::prelude::*;

#[component]
pub(super) fn From() -> impl IntoView {
    let fork = expect_context::<Fork>();
    view! {
        <Field id="fork-from" label="Run again from" error=Signal::derive(move || fork.refused("from_node"))>
            <Select id="fork-from" on_change=Callback::new(move |name| fork.from.set(name))>
                <option value="" prop:selected=move || fork.from.with(String::is_empty)>
                    "what the changes below reach"
                </option>
                {move || {
                    fork.steps(false)
                        .into_iter()
                        .map(|name| {
                            let (mine, label) = (name.clone(), name.clone());
                            view! {
                                <option value=name prop:selected=move || fork.from.with(|f| *f == mine)>
                                    {label}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </Select>
        </Field>
    }
    .into_any()
}

#[component]
pub(super) fn Version() -> impl IntoView {
    let fork = expect_context::<Fork>();
    let number = fork.live.detail.with_untracked(|d| d.run.summary.version);
    view! {
        <Field id="fork-version" label="On version">
            <Select
                id="fork-version"
                on_change=Callback::new(move |word: String| fork.current.set(word == "current"))
            >
                <option value="same" prop:selected=move || !fork.current.get()>
                    {format!("{number}, that of this run")}
                </option>
                <option value="current" prop:selected=move || fork.current.get()>
                    "the workflow as it is now"
                </option>
            </Select>
        </Field>
    }
    .into_any()
}

#[component]
pub(super) fn Input() -> impl IntoView {
    let fork = expect_context::<Fork>();
    let side = move || {
        if fork.input.with(|text| !slip(text).is_empty()) {
            return "";
        }
        let is_changed = fork.draft().changed_input(&fork.original_input()).is_some();
        if is_changed { "changed" } else { "as it was" }
    };
    let error = Signal::derive(move || {
        let refused = fork.refused("input_data");
        if refused.is_empty() { fork.input.with(|text| slip(text)) } else { refused }
    });
    view! {
        <Field id="fork-input" label="Input of the run, as JSON" side=Signal::derive(move || side().to_owned()) error>
            <textarea
                class="input input--code"
                id="fork-input"
                rows="6"
                spellcheck="false"
                data-testid="fork-input"
                aria-invalid=move || error.with(|e| !e.is_empty()).to_string()
                prop:value=move || fork.input.get()
                on:input=move |event| fork.input.set(event_target_value(&event))
            ></textarea>
        </Field>
    }
    .into_any()
}

/// Outputs to change, each with the step it belongs to.
#[component]
pub(super) fn Outputs() -> impl IntoView {
    let fork = expect_context::<Fork>();
    let free = move || {
        let taken = fork.outputs.with(|list| list.iter().map(|r| r.node.get()).collect::<Vec<_>>());
        fork.steps(true).into_iter().find(|name| !taken.contains(name))
    };
    view! {
        <For each=move || fork.outputs.get() key=|r| r.key let:replaced>
            <Output replaced />
        </For>
        {move || {
            free().map(|node| {
                view! {
                    <button
                        type="button"
                        class="btn btn--sm fork__add"
                        data-testid="fork-add-output"
                        on:click=move |_| fork.replace(node.clone())
                    >
                        <Icon name="plus" class="icon--sm" />
                        "Change the output of a step"
                    </button>
                }
            })
        }}
    }
    .into_any()
}

#[component]
fn Output(replaced: Replaced) -> impl IntoView {
    let fork = expect_context::<Fork>();
    let Replaced { key, node, text } = replaced;
    let id = format!("fork-output-{key}");
    let error = Signal::derive(move || {
        let refused = fork.refused(&format!("outputs.{}", node.get()));
        if refused.is_empty() { text.with(|t| slip(t)) } else { refused }
    });
    let choose = Callback::new(move |name: String| {
        text.set(fork.given(&name));
        node.set(name);
    });
    view! {
        <div class="fork__output" data-testid="fork-output">
            <div class="fork__of">
                <Select id=format!("{id}-step") label="Step whose output is changed" on_change=choose>
                    {move || {
                        fork.steps(true)
                            .into_iter()
                            .map(|name| {
                                let (mine, label) = (name.clone(), name.clone());
                                view! {
                                    <option value=name prop:selected=move || node.with(|n| *n == mine)>
                                        {label}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                </Select>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon"
                    aria-label="Leave this output as it was"
                    title="Leave this output as it was"
                    on:click=move |_| fork.outputs.update(|list| list.retain(|r| r.key != key))
                >
                    <Icon name="x" class="icon--sm" />
                </button>
            </div>
            <Field id=id.clone() label="gives, as JSON" error>
                <textarea
                    class="input input--code"
                    id=id
                    rows="6"
                    spellcheck="false"
                    data-testid="fork-output-text"
                    aria-invalid=move || error.with(|e| !e.is_empty()).to_string()
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
            </Field>
        </div>
    }
    .into_any()
}
