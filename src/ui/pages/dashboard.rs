//! The start page: workflows, templates, recent runs.

use super::{
    active::ActiveSwitch, error::ErrorView, layout::TopBar, runs::RunsTable, templates::TemplateCards,
};
use crate::{
    api::workflows::WorkflowSummary,
    ui::{
        components::{
            dialog::Dialog, empty::SkeletonRows, field::Field, icon::Icon, spark::Sparkline,
            status::StatusChip, time::RelativeTime,
        },
        server_fns::{
            runs::{RunsWanted, list_runs},
            session::with_session,
            workflows::{CreateWorkflow, list_templates, list_workflows},
        },
    },
};
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

/// What one has, or where to start.
#[component]
pub fn Dashboard() -> impl IntoView {
    let workflows = Resource::new(|| (), |()| with_session(|| list_workflows(None)));
    let templates = Resource::new(|| (), |()| with_session(list_templates));
    let runs = Resource::new(
        || (),
        |()| with_session(|| list_runs(RunsWanted { top_level: true, ..RunsWanted::default() }, None, 6)),
    );
    let creating = RwSignal::new(false);
    view! {
        <Title text="Workflows" />
        <TopBar title="Workflows">
            <button
                type="button"
                class="btn btn--primary"
                data-testid="new-workflow"
                on:click=move |_| creating.set(true)
            >
                <Icon name="plus" />
                "New workflow"
            </button>
        </TopBar>
        <main class="content">
            <Transition fallback=|| view! { <SkeletonRows /> }>
                {move || Suspend::new(async move {
                    let (workflows, templates, runs) = (workflows.await, templates.await, runs.await);
                    match workflows {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok(page) if page.items.is_empty() => {
                            view! { <FirstVisit templates=templates.unwrap_or_default() /> }.into_any()
                        }
                        Ok(page) => {
                            let runs = runs.map(|page| page.items).unwrap_or_default();
                            view! {
                                <WorkflowList items=page.items />
                                {(!runs.is_empty())
                                    .then(|| {
                                        view! {
                                            <section class="section" aria-labelledby="recent">
                                                <div class="section__head">
                                                    <h2 id="recent">"Recent runs"</h2>
                                                    <span class="spacer"></span>
                                                    <a class="btn btn--ghost btn--sm" href="/runs">
                                                        "All runs"
                                                        <Icon name="arrow-right" class="icon--sm" />
                                                    </a>
                                                </div>
                                                <RunsTable runs=runs show_workflow=true />
                                            </section>
                                        }
                                    })}
                                {templates
                                    .ok()
                                    .filter(|templates| !templates.is_empty())
                                    .map(|templates| {
                                        view! {
                                            <section class="section" aria-labelledby="templates">
                                                <div class="section__head">
                                                    <h2 id="templates">"Start from a template"</h2>
                                                </div>
                                                <TemplateCards templates />
                                            </section>
                                        }
                                    })}
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </main>
        <CreateDialog open=creating />
    }
    .into_any()
}

#[component]
fn FirstVisit(templates: Vec<crate::api::workflows::TemplateView>) -> impl IntoView {
    let (title, lead) = if templates.is_empty() {
        ("Draw your first workflow", "Press New workflow, add a step, and draw from its dot to the next one.")
    } else {
        (
            "Start from a template",
            "Each one is a working workflow: open it, press Run, watch every step. Or begin with an empty canvas.",
        )
    };
    view! {
        <section class="first-visit" data-testid="first-visit">
            <h2>{title}</h2>
            <p>{lead}</p>
            <TemplateCards templates />
        </section>
    }
}

#[component]
fn WorkflowList(items: Vec<WorkflowSummary>) -> impl IntoView {
    let count = items.len();
    let search = RwSignal::new(String::new());
    let items = StoredValue::new(items);
    let shown = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        items.with_value(|items| {
            items
                .iter()
                .filter(|w| {
                    w.name.to_lowercase().contains(&wanted) || w.description.to_lowercase().contains(&wanted)
                })
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    view! {
        <section class="section" aria-labelledby="workflows">
            <div class="section__head">
                <h2 id="workflows">"Your workflows"</h2>
                <span class="count">{count}</span>
                <span class="spacer"></span>
                <div class="search dashboard__search" hidden=count < 6>
                    <Icon name="search" class="icon--sm" />
                    <input
                        class="input input--search"
                        type="search"
                        placeholder="Search"
                        aria-label="Search workflows"
                        on:input=move |event| search.set(event_target_value(&event))
                    />
                </div>
            </div>
            <div class="table-wrap">
                <table class="table" data-testid="workflows-table">
                    <thead>
                        <tr>
                            <th>"Name"</th>
                            <th>"Steps"</th>
                            <th>"Last 20 runs"</th>
                            <th>"Last run"</th>
                            <th>"Triggers"</th>
                            <th class="end">"Changed"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || shown.get() key=|w| w.id let:workflow>
                            <WorkflowRow workflow />
                        </For>
                    </tbody>
                </table>
                {move || {
                    shown
                        .with(Vec::is_empty)
                        .then(|| view! { <p class="table-none">"No workflow has these words in its name or description."</p> })
                }}
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn WorkflowRow(workflow: WorkflowSummary) -> impl IntoView {
    let last = workflow.recent_runs.first().cloned();
    view! {
        <tr>
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/workflows/{}", workflow.id) data-testid="workflow-link">
                    {workflow.name}
                </a>
                <small>{workflow.description}</small>
            </td>
            <td class="muted">
                {workflow.node_count}
                <span class="phone-only">{if workflow.node_count == 1 { " step" } else { " steps" }}</span>
            </td>
            <td class="wide-only">
                <Sparkline runs=workflow.recent_runs />
            </td>
            <td>
                {match last {
                    Some(run) => {
                        view! {
                            <span class="last-run">
                                <StatusChip status=run.status.as_str() small=true />
                                <span class="faint">
                                    <RelativeTime at=run.created_at />
                                </span>
                            </span>
                        }
                            .into_any()
                    }
                    None => view! { <span class="faint">"Never run"</span> }.into_any(),
                }}
            </td>
            <td>
                <ActiveSwitch id=workflow.id is_active=workflow.is_active />
            </td>
            <td class="end faint wide-only">
                <RelativeTime at=workflow.updated_at />
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn CreateDialog(open: RwSignal<bool>) -> impl IntoView {
    let action = ServerAction::<CreateWorkflow>::new();
    let error = move |name: &'static str| {
        action.value().with(|v| {
            let error = v.as_ref().and_then(|r| r.as_ref().err());
            error.and_then(|e| {
                e.field(name).or_else(|| (name == "name" && e.errors.is_empty()).then(|| e.message.clone()))
            })
        })
    };
    view! {
        <Dialog open title="New workflow" testid="create-dialog">
            <ActionForm action>
                <div class="dialog__body">
                    <Field id="new-name" label="Name" error=Signal::derive(move || error("name").unwrap_or_default())>
                        <input
                            class="input"
                            id="new-name"
                            name="name"
                            autofocus
                            required
                            maxlength="200"
                            autocomplete="off"
                            placeholder="Summarise support mail"
                        />
                    </Field>
                    <Field
                        id="new-description"
                        label="Description"
                        side="optional"
                        error=Signal::derive(move || error("description").unwrap_or_default())
                    >
                        <textarea
                            class="input"
                            id="new-description"
                            name="description"
                            maxlength="2000"
                            rows="3"
                        ></textarea>
                    </Field>
                </div>
                <div class="dialog__foot">
                    <button type="button" class="btn btn--ghost" on:click=move |_| open.set(false)>
                        "Cancel"
                    </button>
                    <button
                        type="submit"
                        class="btn btn--primary"
                        data-testid="create-submit"
                        aria-disabled=move || action.pending().get().to_string()
                    >
                        "Create"
                    </button>
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}
