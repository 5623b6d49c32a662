//! The workflow page: canvas edge to edge, palette and config beside it, the dock below.

mod clipboard;
mod code;
mod config;
mod conflict;
mod dock;
mod find;
mod header;
mod input_dialog;
mod keys;
mod known;
mod notes;
mod outline;
mod palette;
mod problems;
mod run_dialog;
mod run_form;
mod running;
mod saving;
mod schema;
mod settings;
mod several;
mod widgets;

use super::{layout::TopBar, runs::parse_id, whole::FailedPage};
use crate::{
    api::{models::ModelView, workflows::WorkflowDetail},
    ui::{
        canvas::{
            editing::Editing,
            minimap::{Minimap, MinimapShown},
            surface::Canvas,
            toolbar::Toolbar,
        },
        components::{announce::AnnounceRun, run_feed::RunFeed},
        server_fns::{
            error::UiError,
            models::list_models,
            session::with_session,
            workflows::{get_workflow, list_known_workflows},
        },
    },
    workflow::{check::KnownWorkflow, document::Workflow},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map, use_query_map},
};
use running::Running;
use saving::Saving;
use uuid::Uuid;

/// `/workflows/:id`.
#[component]
pub fn WorkflowPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(workflow_page())}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! {
        <TopBar title="Workflow" />
        <main class="editor" aria-busy="true">
            <div class="canvas"></div>
        </main>
    }
}

/// The page with what it reads. The browser loads it when it first opens a workflow.
#[lazy]
pub fn workflow_page() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("id")));
    let workflow = Resource::new(
        move || id.get(),
        |id| async move {
            let id =
                parse_id(id.as_deref())?.ok_or_else(|| UiError::not_found("There is no such workflow."))?;
            with_session(|| get_workflow(id)).await
        },
    );
    let models = Resource::new(|| (), |()| with_session(list_models));
    let known = Resource::new(|| (), |()| with_session(list_known_workflows));
    view! {
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                // First: only what is waited for first is followed when the address goes to another workflow.
                let workflow = workflow.await;
                let (models, known) = (models.await.unwrap_or_default(), known.await.ok());
                match workflow {
                    Ok(detail) => editor(detail, models, known),
                    Err(error) => view! { <FailedPage title="Workflow" crumbs=vec![("/".to_owned(), "Workflows".to_owned())] error /> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The editor itself: canvas, forms, checker.
fn editor(detail: WorkflowDetail, models: Vec<ModelView>, known: Option<Vec<KnownWorkflow>>) -> AnyView {
    let id = detail.id;
    let editing = Editing::new(Workflow::from(&detail));
    let feed = RunFeed::default();
    let saving = Saving::start(id, detail.revision, detail.input_schema.clone(), editing);
    let running = Running::new(id, editing, saving, feed, detail.input_schema.as_ref());
    provide_context(editing);
    provide_context(feed);
    provide_context(saving);
    provide_context(running);
    code::Knowing::provide(editing, running);
    MinimapShown::provide();
    problems::watch(editing, &models, known.clone(), known::Known::provide());
    provide_context(StoredValue::new(models));
    provide_context(StoredValue::new(known.unwrap_or_default()));
    let desk = keys::Desk::new(editing, running);
    provide_context(desk);
    keys::listen(desk);
    clipboard::listen(desk);
    keys::offer(desk);
    run_if_asked(id, running);
    view! {
        <Title text=move || editing.name.get() />
        <header::Header id description=detail.description is_active=detail.is_active />
        <main class="editor" data-testid="editor">
            <Canvas />
            <saving::ConflictBar />
            <Empty />
            <Minimap />
            <Toolbar />
            <palette::Palette />
            <find::Find />
            <config::ConfigPanel />
            <dock::Dock />
            <outline::Outline />
        </main>
        <run_dialog::RunDialog />
        <AnnounceRun feed />
        <input_dialog::InputDialog />
        <keys::Help />
    }
    .into_any()
}

/// Asks for the input of a run at once where the address says so, as the palette of commands makes it.
fn run_if_asked(id: Uuid, running: Running) {
    let query = use_query_map();
    let navigate = use_navigate();
    Effect::new(move |_| {
        if query.with(|q| q.get("do")).as_deref() == Some("run") {
            running.asking.set(true);
            let options = NavigateOptions { replace: true, scroll: false, ..Default::default() };
            navigate(&format!("/workflows/{id}"), options);
        }
    });
}

/// What a canvas without steps says.
#[component]
fn Empty() -> impl IntoView {
    let editing = expect_context::<Editing>();
    move || {
        (editing.cards.with(Vec::is_empty) && editing.papers.all.with(Vec::is_empty)).then(|| {
            view! {
                <div class="editor__empty">
                    <h2>"An empty canvas"</h2>
                    <p>"Add the first step, then draw from its dot to the next one."</p>
                    <button
                        type="button"
                        class="btn btn--primary"
                        on:click=move |_| editing.palette.set(Some(Default::default()))
                    >
                        "Add a step"
                    </button>
                </div>
            }
        })
    }
}
