//! A new run out of this one with something changed: from which step, on which version, with which input, with which
//! outputs instead of those that steps gave.

mod draft;

use super::live::Live;
use crate::{
    api::runs::NodeStatus,
    ui::{
        components::{
            dialog::Dialog,
            empty::Notice,
            field::{Field, Select},
            icon::Icon,
        },
        pages::{refusal::told, stand_in},
        server_fns::{error::UiError, runs::fork_run, session::with_session},
    },
};
use draft::{Draft, pretty, slip};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde_json::Value;

/// One output that shall stand instead of what its step gave.
#[derive(Clone, Copy)]
struct Replaced {
    key: u32,
    node: RwSignal<String>,
    text: RwSignal<String>,
}

/// What stands in the dialog. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Fork {
    live: Live,
    open: RwSignal<bool>,
    /// Empty: from the beginning.
    from: RwSignal<String>,
    current: RwSignal<bool>,
    input: RwSignal<String>,
    outputs: RwSignal<Vec<Replaced>>,
    error: RwSignal<Option<UiError>>,
}

impl Fork {
    pub fn new(live: Live) -> Self {
        Self {
            live,
            open: RwSignal::new(false),
            from: RwSignal::new(String::new()),
            current: RwSignal::new(false),
            input: RwSignal::new(live.detail.with_untracked(|d| pretty(&d.run.input_data))),
            outputs: RwSignal::new(Vec::new()),
            error: RwSignal::new(None),
        }
    }

    /// Opens the dialog, with that step chosen to start from.
    pub fn open_from(self, node: Option<&str>) {
        self.from.set(node.unwrap_or_default().to_owned());
        self.error.set(None);
        self.open.set(true);
    }

    /// Opens the dialog to change what that step gave.
    pub fn open_with_output(self, node: &str) {
        self.outputs.set(Vec::new());
        self.replace(node.to_owned());
        self.open_from(None);
    }

    /// Names of the steps, in the order in which they began.
    fn steps(self, only_done: bool) -> Vec<String> {
        self.live.detail.with(|d| {
            let mut names: Vec<String> = Vec::new();
            for step in &d.node_executions {
                let fits = !only_done || step.status == NodeStatus::Completed;
                if fits && !names.contains(&step.node_name) {
                    names.push(step.node_name.clone());
                }
            }
            names
        })
    }

    /// What a step gave, as text to change.
    fn given(self, node: &str) -> String {
        self.live.detail.with_untracked(|d| {
            let done =
                d.node_executions.iter().rfind(|s| s.node_name == node && s.status == NodeStatus::Completed);
            done.map(|step| pretty(&stand_in::value(step))).unwrap_or_default()
        })
    }

    /// One more output to change.
    fn replace(self, node: String) {
        let text = self.given(&node);
        self.outputs.update(|list| {
            let key = list.iter().map(|r| r.key + 1).max().unwrap_or(0);
            list.push(Replaced { key, node: RwSignal::new(node), text: RwSignal::new(text) });
        });
    }

    fn draft(self) -> Draft {
        Draft {
            from: self.from.get(),
            current: self.current.get(),
            input: self.input.get(),
            outputs: self.outputs.with(|list| list.iter().map(|r| (r.node.get(), r.text.get())).collect()),
        }
    }

    fn original_input(self) -> Value {
        self.live.detail.with(|d| d.run.input_data.clone())
    }

    /// The server's word about a field.
    fn refused(self, field: &str) -> String {
        self.error.with(|e| e.as_ref().and_then(|e| e.field(field))).unwrap_or_default()
    }
}

#[component]
pub(super) fn ForkDialog() -> impl IntoView {
    let fork = expect_context::<Fork>();
    let live = fork.live;
    let navigate = use_navigate();
    let made = Memo::new(move |_| fork.draft().request(&fork.original_input()));
    let start = Action::new(move |(): &()| {
        let request = made.get_untracked();
        async move {
            let Ok(request) = request else { return None };
            match with_session(|| fork_run(live.workflow, live.run, request.clone())).await {
                Ok(accepted) => Some(accepted.run_id),
                Err(error) => {
                    fork.error.set(Some(error));
                    None
                }
            }
        }
    });
    Effect::new(move |_| {
        if let Some(Some(run)) = start.value().get() {
            fork.open.set(false);
            navigate(&format!("/workflows/{}/runs/{run}", live.workflow), Default::default());
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if made.with_untracked(Result::is_ok) && !start.pending().get_untracked() {
            fork.error.set(None);
            start.dispatch(());
        }
    };
    view! {
        <Dialog
            open=fork.open
            title="Fork this run"
            description="A new run that takes over what you leave alone and runs the rest again."
            wide=true
            testid="fork-dialog"
        >
            <form on:submit=submit>
                <div class="dialog__body">
                    <div class="fork__pair">
                        <From />
                        <Version />
                    </div>
                    <Input />
                    <Outputs />
                    {move || {
                        let error = fork.error.get().filter(|e| e.errors.is_empty() || !e.problems.is_empty());
                        error.map(|error| {
                            view! {
                                <Notice tone="tone-red" icon="alert">
                                    <span data-testid="fork-refused">{told(error)}</span>
                                </Notice>
                            }
                        })
                    }}
                </div>
                <div class="dialog__foot">
                    <span class="muted fork__sum" data-testid="fork-sum">
                        {move || fork.draft().in_words(&fork.original_input())}
                    </span>
                    <span class="spacer"></span>
                    <button type="button" class="btn btn--ghost" on:click=move |_| fork.open.set(false)>
                        "Close"
                    </button>
                    <button
                        type="submit"
                        class="btn btn--primary"
                        data-testid="fork-start"
                        disabled=move || made.with(Result::is_err) || start.pending().get()
                    >
                        <Icon name="fork" />
                        {move || if start.pending().get() { "Starting…" } else { "Start the new run" }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn From() -> impl IntoView {
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
fn Version() -> impl IntoView {
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
fn Input() -> impl IntoView {
    let fork = expect_context::<Fork>();
    let side = move || {
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
fn Outputs() -> impl IntoView {
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
