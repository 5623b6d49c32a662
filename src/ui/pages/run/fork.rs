//! A new run out of this one with something changed: from which step, on which version, with which input, with which
//! outputs instead of those that steps gave.

mod draft;
mod fields;

use super::live::Live;
use crate::{
    api::runs::NodeStatus,
    ui::{
        components::{dialog::Dialog, empty::Notice, icon::Icon},
        pages::{refusal::told, stand_in},
        server_fns::{error::UiError, runs::fork_run, session::with_session},
    },
};
use draft::{Draft, pretty};
use fields::{From, Input, Outputs, Version};
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
    let pending = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(request), false) = (made.get_untracked(), pending.get_untracked()) else { return };
        pending.set(true);
        fork.error.set(None);
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            match with_session(|| fork_run(live.workflow, live.run, request.clone())).await {
                Ok(made) => {
                    fork.open.try_set(false);
                    navigate(
                        &format!("/workflows/{}/runs/{}", live.workflow, made.run_id),
                        Default::default(),
                    );
                }
                Err(error) => {
                    fork.error.try_set(Some(error));
                }
            }
            pending.try_set(false);
        });
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
                        {move || {
                            if made.with(Result::is_ok) {
                                fork.draft().in_words(&fork.original_input())
                            } else {
                                "Mend what is marked above, then start.".to_owned()
                            }
                        }}
                    </span>
                    <span class="spacer"></span>
                    <button type="button" class="btn btn--ghost" on:click=move |_| fork.open.set(false)>
                        "Close"
                    </button>
                    <button
                        type="submit"
                        class="btn btn--primary"
                        data-testid="fork-start"
                        disabled=move || made.with(Result::is_err) || pending.get()
                    >
                        <Icon name="fork" />
                        {move || if pending.get() { "Starting…" } else { "Start the new run" }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
