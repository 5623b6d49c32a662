//! One run taken apart: the steps on the left, what one of them took, gave and said on the right. The chosen step
//! and tab are in the address, so that links to them work, also without a script.

mod inspector;

use super::{error::ErrorView, layout::TopBar, run_stream, runs::parse_id};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunDetail, RunStatus},
    ui::{
        components::{
            data::DataBox,
            empty::{Empty, Notice, SkeletonRows},
            icon::Icon,
            run_feed::RunFeed,
            status::StatusChip,
            time::{Elapsed, RelativeTime},
            toast::Toasts,
        },
        server_fns::{
            error::UiError,
            runs::{cancel_run, get_run},
            session::with_session,
        },
    },
    workflow::catalog,
};
use inspector::Inspector;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde_json::Value;
use uuid::Uuid;

/// `/workflows/:id/runs/:run_id`.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let ids = Memo::new(move |_| params.with(|p| (p.get("id"), p.get("run_id"))));
    let run = Resource::new(
        move || ids.get(),
        |(workflow, run)| async move {
            let both = parse_id(workflow.as_deref())?.zip(parse_id(run.as_deref())?);
            let (workflow, run) = both.ok_or_else(|| UiError::not_found("There is no such run."))?;
            with_session(|| get_run(workflow, run)).await
        },
    );
    let feed = RunFeed::default();
    follow(feed, run);
    provide_context(feed);
    view! {
        <Transition fallback=|| {
            view! {
                <TopBar title="Run" />
                <main class="content">
                    <SkeletonRows rows=6 />
                </main>
            }
        }>
            {move || Suspend::new(async move {
                match run.await {
                    Ok(detail) => run_view(detail).await,
                    Err(error) => {
                        view! {
                            <TopBar title="Run" crumbs=vec![("/runs".to_owned(), "Runs".to_owned())] />
                            <main class="content">
                                <ErrorView error />
                            </main>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

/// While the run goes on, listens to it and reads it again when something was stored.
fn follow(feed: RunFeed, run: Resource<Result<RunDetail, UiError>>) {
    let waiting = RwSignal::new(false);
    Effect::new(move |_| {
        let live = run.with(|r| {
            let summary = &r.as_ref()?.as_ref().ok()?.run.summary;
            (!summary.status.is_terminal()).then_some((summary.workflow_id, summary.id))
        });
        if let Some((workflow, id)) = live
            && feed.run.get_untracked() != Some(id)
        {
            feed.begin(id);
            run_stream::follow(feed, workflow, id);
        }
    });
    Effect::new(move |_| {
        if feed.changes.get() > 0 && !waiting.get_untracked() {
            waiting.set(true);
            let read_again = move || {
                waiting.set(false);
                run.refetch();
            };
            set_timeout(read_again, std::time::Duration::from_millis(250));
        }
    });
}

/// What happened in a run. The browser loads it when it first opens one.
#[lazy]
pub fn run_view(detail: RunDetail) -> AnyView {
    let RunDetail { run, node_executions: steps } = detail;
    let summary = run.summary;
    let query = use_query_map();
    let chosen = {
        let ids: Vec<_> = steps.iter().map(|s| s.id).collect();
        // What went wrong first, else what is going on, else the last that gave something.
        let first = |status| steps.iter().find(|s| s.status == status);
        let default = first(NodeStatus::Failed)
            .or(first(NodeStatus::Running))
            .or(steps.iter().rfind(|s| s.status == NodeStatus::Completed))
            .or(steps.last())
            .map(|s| s.id);
        Memo::new(move |_| {
            let wanted = query.with(|q| q.get("step")).and_then(|id| id.parse::<Uuid>().ok());
            wanted.filter(|id| ids.contains(id)).or(default)
        })
    };
    let crumbs = vec![
        (format!("/workflows/{}", summary.workflow_id), summary.workflow_name.clone()),
        (format!("/workflows/{}/runs", summary.workflow_id), "Runs".to_owned()),
    ];
    let steps_for_list = steps.clone();
    let steps = StoredValue::new(steps);
    let going_on = !summary.status.is_terminal();
    view! {
        <Title text=format!("Run of {}", summary.workflow_name) />
        <TopBar title=format!("Run {}", super::runs::short_id(summary.id)) crumbs>
            {going_on.then(|| view! { <CancelButton workflow=summary.workflow_id run=summary.id /> })}
            <a class="btn" href=format!("/workflows/{}", summary.workflow_id) data-testid="open-workflow">
                <Icon name="workflow" />
                <span class="wide-only">"Open workflow"</span>
            </a>
        </TopBar>
        <main class="content content--wide">
            <div class="run__head" data-testid="run-header">
                <StatusChip status=summary.status.as_str() />
                <span>
                    <Icon name="clock" class="icon--sm" />
                    <Elapsed started=summary.started_at ended=summary.completed_at />
                </span>
                <span>"Version " {summary.version}</span>
                <span>{super::runs::trigger_word(&summary.trigger).to_owned()} " run"</span>
                <RelativeTime at=summary.created_at />
            </div>
            {summary
                .error_message
                .clone()
                .map(|text| {
                    view! {
                        <Notice tone="tone-red" icon="alert">
                            <span data-testid="run-error">{text}</span>
                        </Notice>
                    }
                })}
            {run
                .blocked_reason
                .map(|text| {
                    view! {
                        <Notice tone="tone-amber" icon="pause">
                            {text}
                        </Notice>
                    }
                })} <RunData input=run.input_data output=run.output_data status=summary.status />
            <div class="run__body">
                <section class="card run__steps" aria-label="Steps">
                    <div class="card__head">
                        <h2>"Steps"</h2>
                        <span class="faint num">{steps_for_list.len()}</span>
                    </div>
                    <ol>
                        {steps_for_list
                            .into_iter()
                            .map(|step| view! { <StepRow step chosen /> })
                            .collect_view()}
                    </ol>
                </section>
                <section class="card run__inspector" aria-label="Chosen step" aria-live="off">
                    {move || {
                        let step = steps
                            .with_value(|steps| steps.iter().find(|s| Some(s.id) == chosen.get()).cloned());
                        match step {
                            Some(step) => view! { <Inspector step /> }.into_any(),
                            None => {
                                view! {
                                    <Empty
                                        icon="clock"
                                        title="No step has started"
                                        text="The run waits for its turn. Steps appear here as they start."
                                    />
                                }
                                    .into_any()
                            }
                        }
                    }}
                </section>
            </div>
        </main>
    }
    .into_any()
}

/// What went in and what came out of the run as a whole.
#[component]
fn RunData(input: Value, output: Value, status: RunStatus) -> impl IntoView {
    view! {
        <div class="run__data">
            <details class="card run__part">
                <summary>
                    <Icon name="chevron-right" class="icon--sm" />
                    "Input of the run"
                </summary>
                <div class="card__body">
                    <DataBox value=input testid="run-input-data" />
                </div>
            </details>
            {(status == RunStatus::Completed)
                .then(|| {
                    view! {
                        <details class="card run__part" open>
                            <summary>
                                <Icon name="chevron-right" class="icon--sm" />
                                "Output of the run"
                            </summary>
                            <div class="card__body">
                                <DataBox value=output testid="run-output" />
                            </div>
                        </details>
                    }
                })}
        </div>
    }
}

#[component]
fn StepRow(step: NodeExecutionView, chosen: Memo<Option<Uuid>>) -> impl IntoView {
    let query = use_query_map();
    let id = step.id;
    let href = move || match query.with(|q| q.get("tab")) {
        Some(tab) => format!("?step={id}&tab={tab}"),
        None => format!("?step={id}"),
    };
    let hook = step.node_name.clone();
    let known = catalog::find(&step.node_type);
    let (icon, category) = known.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    view! {
        <li>
            <a
                class="step"
                href=href
                aria-current=move || (chosen.get() == Some(id)).then_some("true")
                data-testid="step-row"
                data-node-name=hook
                data-state=step.status.as_str()
            >
                <span class=format!("tile cat-{category}")>
                    <Icon name=icon class="icon--sm" />
                </span>
                <span class="step__name">
                    <span class="truncate">{step.node_name}</span>
                    {(step.attempt > 1).then(|| view! { <small>"attempt " {step.attempt}</small> })}
                </span>
                <span class="step__time faint">
                    {(step.status != NodeStatus::Skipped)
                        .then(|| view! { <Elapsed started=step.started_at ended=step.completed_at /> })}
                </span>
                <StatusChip status=step.status.as_str() small=true />
            </a>
        </li>
    }
    .into_any()
}

#[component]
fn CancelButton(workflow: Uuid, run: Uuid) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let cancel = Action::new(move |(): &()| async move {
        if let Err(error) = with_session(|| cancel_run(workflow, run)).await {
            toasts.failure(error.message);
        }
    });
    view! {
        <button
            type="button"
            class="btn btn--danger"
            data-testid="cancel-run"
            on:click=move |_| {
                cancel.dispatch(());
            }
        >
            <Icon name="stop" />
            "Stop"
        </button>
    }
}
