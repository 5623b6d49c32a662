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
mod later;
mod notes;
mod outline;
mod overlay;
mod palette;
mod panes;
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
use crate::ui::{
    canvas::{
        editing::Editing,
        minimap::MinimapShown,
        surface::Canvas,
        toolbar::{OutlineShown, Toolbar},
    },
    components::run_feed::RunFeed,
    server_fns::{
        error::UiError,
        session::with_session,
        workflows::{OpenWorkflow, get_workflow},
    },
};
use leptos::{either::Either, prelude::*, text_prop::TextProp};
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
    // What is shown, and which of two places it has: another workflow takes the other one. In the same place the new
    // page would be drawn into the old, whose signals are gone by then.
    let shown = StoredValue::new((id.get_untracked(), false));
    let other_place = move || {
        shown.try_update_value(|(of, place)| {
            let now = id.get_untracked();
            *place ^= now != *of;
            *of = now;
            *place
        })
    };
    view! {
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                let page = match workflow.await {
                    Ok(opened) => editor(opened),
                    Err(error) => view! { <FailedPage title="Workflow" crumbs=vec![("/".to_owned(), "Workflows".to_owned())] error /> }.into_any(),
                };
                if other_place() == Some(true) { Either::Right(page) } else { Either::Left(page) }
            })}
        </Suspense>
    }
    .into_any()
}

/// The editor itself: canvas, saving and keys; the rest of it comes when these stand (`later`).
fn editor(opened: OpenWorkflow) -> AnyView {
    let OpenWorkflow { id, is_active, revision, document } = opened;
    let (description, schema) = (document.description.clone(), document.input_schema.clone());
    let editing = Editing::new(document);
    let feed = RunFeed::default();
    let saving = Saving::start(id, revision, schema.clone(), editing);
    let running = Running::new(id, editing, saving, feed, schema.as_ref());
    provide_context(editing);
    provide_context(feed);
    provide_context(saving);
    provide_context(running);
    MinimapShown::provide();
    let sizes = panes::Sizes::provide(editing);
    let desk = keys::Desk::new(editing, running);
    provide_context(desk);
    provide_context(OutlineShown(desk.outline));
    keys::listen(desk);
    clipboard::listen(desk);
    keys::offer(desk);
    desk.later.begin(desk);
    run_if_asked(id, running);
    view! {
        <Title text=tab_title(editing) />
        <header::Header id description is_active />
        <main
            class="editor"
            class:is-docked=move || running.dock.get().is_some()
            data-testid="editor"
            data-whole=move || desk.later.tools().map(|_| "true")
            style=move || sizes.css()
        >
            <Canvas />
            <Empty />
            <Toolbar tidy=Callback::new(move |()| {
                keys::act::tidy(desk);
            }) />
            <later::Inside />
            <dock::Dock />
            <later::Steps />
        </main>
        <later::Outside />
    }
    .into_any()
}

/// What the tab of the browser is called. The server puts it in when the page is made, on any thread, where the page's
/// signals are out of reach: there it is the text alone. The browser asks for it once more when the page has gone.
fn tab_title(editing: Editing) -> TextProp {
    if cfg!(feature = "ssr") {
        return TextProp::from(editing.name.get_untracked());
    }
    TextProp::from(move || editing.name.try_get().unwrap_or_default())
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
