//! Asks for the input of a run. The text stays for the next one.

use super::{
    problems::go_to,
    run_form::{RunForm, rows},
    running::{Running, input_value},
};
use crate::{
    ui::{
        canvas::editing::Editing,
        components::{
            dialog::Dialog,
            empty::Notice,
            field::{Field, prose},
            icon::Icon,
        },
    },
    workflow::check::{Problem, Severity},
};
use leptos::prelude::*;
use serde_json::Value;

/// Asked only where a step has a pinned output.
#[component]
fn UsePinned() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let pinned = Memo::new(move |_| {
        editing.version.track();
        editing.read(|d| {
            let pinned = d.nodes.iter().filter(|n| n.settings.pinned_output.is_some());
            pinned.map(|n| n.name.clone()).collect::<Vec<_>>()
        })
    });
    move || {
        let names = pinned.get();
        (!names.is_empty()).then(|| {
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="use-pinned"
                        prop:checked=move || running.use_pinned.get()
                        on:change=move |event| running.use_pinned.set(event_target_checked(&event))
                    />
                    <span>
                        "Use pinned outputs" <small>"Does not run " {names.join(", ")} ", but takes what is pinned there."</small>
                    </span>
                </label>
            }
        })
    }
}

/// What keeps the workflow from running, before somebody presses Run: each a way to its field.
#[component]
fn Mistakes() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let errors = Memo::new(move |_| {
        editing.problems.with(|all| {
            all.iter().filter(|p| p.severity == Severity::Error).cloned().collect::<Vec<Problem>>()
        })
    });
    move || {
        let all = errors.get();
        if all.is_empty() || running.error.with(Option::is_some) {
            return None;
        }
        let count = all.len();
        let words = if count == 1 {
            "A mistake keeps this workflow from running. Mend it first:".to_owned()
        } else {
            format!("{count} mistakes keep this workflow from running. Mend them first:")
        };
        let rows = all
            .into_iter()
            .take(5)
            .map(move |problem| {
                let node = problem.node.clone().unwrap_or_else(|| "Workflow".to_owned());
                let message = problem.message.clone();
                view! {
                    <li>
                        <button
                            type="button"
                            class="link run-mistake"
                            on:click=move |_| {
                                running.asking.set(false);
                                go_to(editing, &problem);
                            }
                        >
                            {node}
                        </button>
                        ": "
                        {prose(&message)}
                    </li>
                }
            })
            .collect_view();
        Some(view! {
            <div data-testid="run-mistakes">
                <Notice tone="tone-red" icon="alert">
                    <p>{words}</p>
                    <ul class="notice__list">{rows}</ul>
                </Notice>
            </div>
        })
    }
}

/// The input as text or JSON.
#[component]
fn RawInput() -> impl IntoView {
    let running = expect_context::<Running>();
    let kind = move || match running.input.with(|text| input_value(text)) {
        Value::Null => "no input",
        Value::String(_) => "sent as text",
        Value::Object(_) => "sent as a JSON object",
        Value::Array(_) => "sent as a JSON list",
        Value::Number(_) => "sent as a number",
        Value::Bool(_) => "sent as true or false",
    };
    // Begins like JSON but is none: most likely a slip.
    let slip = move || {
        running.input.with(|text| {
            let text = text.trim();
            if !text.starts_with(['{', '[']) {
                return String::new();
            }
            match serde_json::from_str::<Value>(text) {
                Ok(_) => String::new(),
                Err(e) => format!(
                    "This is no JSON (line {}, column {}); it would be sent as text.",
                    e.line(),
                    e.column()
                ),
            }
        })
    };
    view! {
        <Field
            id="run-input"
            label="Input"
            hint="Text, or any JSON. Steps read it as {input}."
            side=Signal::derive(move || kind().to_owned())
            error=Signal::derive(slip)
        >
            <textarea
                class="input input--code run-input"
                id="run-input"
                data-testid="run-input"
                rows="9"
                spellcheck="false"
                autofocus
                placeholder="Type or paste what the workflow shall work on"
                prop:value=move || running.input.get()
                on:input=move |event| running.input.set(event_target_value(&event))
            >
                {running.input.get_untracked()}
            </textarea>
        </Field>
    }
    .into_any()
}

/// The form or the text, and the switch between them.
#[component]
fn Input() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let rows = rows(editing);
    let has_rows = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    // A text that is no object has no fields; it is not thrown away for them.
    let fits = Memo::new(move |_| {
        running.input.with(|text| matches!(input_value(text), Value::Null | Value::Object(_)))
    });
    let is_form = Memo::new(move |_| has_rows.get() && running.as_form.get() && fits.get());
    let button = move |form: bool, word: &'static str, testid: &'static str| {
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (is_form.get() == form).to_string()
                data-testid=testid
                on:click=move |_| running.as_form.set(form)
            >
                {word}
            </button>
        }
    };
    view! {
        <div class="run-ways">
            {move || {
                has_rows
                    .get()
                    .then(|| {
                        view! {
                            <div class="segmented" role="group" aria-label="How the input is written">
                                {button(true, "Form", "input-form")} {button(false, "JSON", "input-json")}
                            </div>
                        }
                    })
            }}
            <span class="spacer"></span>
            <button
                type="button"
                class="btn btn--ghost btn--sm"
                data-testid="shape-input"
                title="Say which fields a run is asked for"
                on:click=move |_| {
                    running.asking.set(false);
                    running.shaping.set(true);
                }
            >
                <Icon name="sliders" class="icon--sm" />
                {move || if has_rows.get() { "Change the fields" } else { "Make a form" }}
            </button>
        </div>
        {move || {
            (has_rows.get() && running.as_form.get() && !fits.get())
                .then(|| {
                    view! {
                        <p class="field__error is-warning" role="status">
                            "The text below is no JSON object, so the form cannot show it. Mend it, or empty it."
                        </p>
                    }
                })
        }}
        {move || if is_form.get() { view! { <RunForm rows /> }.into_any() } else { view! { <RawInput /> }.into_any() }}
    }
    .into_any()
}

#[component]
pub fn RunDialog() -> impl IntoView {
    let running = expect_context::<Running>();
    // What was refused before may have been mended since.
    Effect::new(move |_| {
        if running.asking.get() {
            running.error.set(None);
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        running.start();
    };
    view! {
        <Dialog open=running.asking title="Run this workflow" wide=true testid="run-dialog">
            <form on:submit=submit>
                <div class="dialog__body">
                    <Mistakes />
                    <Input />
                    <UsePinned />
                    {move || {
                        running
                            .error
                            .get()
                            .map(|error| {
                                let problems = error
                                    .problems
                                    .iter()
                                    .take(5)
                                    .map(|p| {
                                        let node = p.node.clone().unwrap_or_else(|| "Workflow".to_owned());
                                        view! { <li>{node} ": " {prose(&p.message)}</li> }
                                    })
                                    .collect_view();
                                let message = if error.problems.is_empty() {
                                    error.message
                                } else {
                                    "The workflow has mistakes that would make the run fail. Mend these, then run it again."
                                        .to_owned()
                                };
                                view! {
                                    <div data-testid="run-refused">
                                        <Notice tone="tone-red" icon="alert">
                                            <p>{message}</p>
                                            <ul class="notice__list">{problems}</ul>
                                        </Notice>
                                    </div>
                                }
                            })
                    }}
                </div>
                <div class="dialog__foot">
                    <button type="button" class="btn btn--ghost" on:click=move |_| running.asking.set(false)>
                        "Cancel"
                    </button>
                    <button
                        type="submit"
                        class="btn btn--primary"
                        data-testid="run-start"
                        disabled=move || running.starting.get()
                    >
                        <Icon name="play" />
                        {move || if running.starting.get() { "Starting…" } else { "Run" }}
                        <kbd>"Ctrl ↵"</kbd>
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
