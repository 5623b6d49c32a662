//! Steps that wait for a person: what they ask, and the answer, in place.

use super::live::Live;
use crate::{
    api::runs::NodeExecutionView,
    ui::{
        components::{
            each::Each,
            field::Field,
            icon::Icon,
            time::{Countdown, RelativeTime},
            toast::Toasts,
        },
        pages::refusal::told,
        server_fns::{
            runs::{ApproveRun, approve_run},
            session::with_session,
        },
    },
};
use leptos::prelude::*;
use serde_json::Value;
use server_fn::ServerFn;
use uuid::Uuid;

/// One card for each step that asks.
#[component]
pub(super) fn Approvals() -> impl IntoView {
    let live = expect_context::<Live>();
    let asking = Memo::new(move |_| {
        live.detail.with(|d| {
            let asks = |s: &&NodeExecutionView| s.asks_a_person();
            d.node_executions.iter().filter(asks).map(|s| s.id).collect::<Vec<Uuid>>()
        })
    });
    let show = Callback::new(|id| view! { <Ask id /> }.into_any());
    view! { <Each ids=asking show /> }
}

#[component]
fn Ask(id: Uuid) -> impl IntoView {
    let live = expect_context::<Live>();
    let step = live.detail.with_untracked(|d| d.node_executions.iter().find(|s| s.id == id).cloned());
    let done = Callback::new(move |()| live.read_soon());
    step.map(|step| view! { <AskCard step workflow=live.workflow run=live.run done /> })
}

/// What one step asks, with the two answers.
#[component]
pub(in crate::ui::pages) fn AskCard(
    step: NodeExecutionView,
    workflow: Uuid,
    run: Uuid,
    /// Told when an answer was given or refused.
    done: Callback<()>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let id = step.id;
    let message = step.output_data.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    let node = step.node_name.clone();
    let comment = RwSignal::new(String::new());
    let pending = StoredValue::new(false);
    // The button that was pressed says what is meant; Enter in the field presses the first.
    let meant = StoredValue::new(true);
    let asked = StoredValue::new(node.clone());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_value() {
            return;
        }
        pending.set_value(true);
        let (node, approved, comment) = (asked.get_value(), meant.get_value(), Some(comment.get_untracked()));
        leptos::task::spawn_local(async move {
            let call = || approve_run(workflow, run, node.clone(), approved, comment.clone());
            match with_session(call).await {
                Ok(_) if approved => toasts.success(format!("{node}: approved. The run goes on.")),
                Ok(_) => toasts.success(format!("{node}: rejected.")),
                Err(error) => toasts.failure(told(error)),
            }
            if pending.try_set_value(false).is_none() {
                done.run(());
            }
        });
    };
    let field = format!("comment-{id}");
    let (label, hook, title) = (format!("{node} asks"), node.clone(), node.clone());
    view! {
        <section class="card ask" aria-label=label data-testid="approval" data-node-name=hook>
            <div class="ask__head">
                <span class="tile cat-human">
                    <Icon name="user" class="icon--sm" />
                </span>
                <h2>{title}</h2>
                <span class="muted">"waits for your decision"</span>
                <span class="spacer"></span>
                <span class="faint">
                    {match (step.due_at, step.started_at) {
                        (Some(at), _) => view! { "Gives up " <Countdown at /> }.into_any(),
                        (None, Some(at)) => view! { "Asked " <RelativeTime at /> }.into_any(),
                        (None, None) => ().into_any(),
                    }}
                </span>
            </div>
            <p class="prose" data-testid="approval-message">
                {message}
            </p>
            <form method="post" action=ApproveRun::url() class="ask__form" on:submit=submit>
                <input type="hidden" name="workflow" value=workflow.to_string() />
                <input type="hidden" name="run" value=run.to_string() />
                <input type="hidden" name="node" value=node />
                <Field id=field.clone() label="Comment" side="optional">
                    <input
                        class="input"
                        id=field
                        name="comment"
                        maxlength="2000"
                        autocomplete="off"
                        data-testid="approval-comment"
                        on:input=move |event| comment.set(event_target_value(&event))
                    />
                </Field>
                <div class="ask__buttons">
                    <button
                        type="submit"
                        name="approved"
                        value="true"
                        class="btn btn--primary"
                        data-testid="approve"
                        on:click=move |_| meant.set_value(true)
                    >
                        <Icon name="check" />
                        "Approve"
                    </button>
                    <button
                        type="submit"
                        name="approved"
                        value="false"
                        class="btn btn--danger"
                        data-testid="reject"
                        on:click=move |_| meant.set_value(false)
                    >
                        <Icon name="x" />
                        "Reject"
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
