//! Title that can be rewritten in place, the state of saving, Run.

use super::{
    keys::Desk,
    running::{DockTab, Running},
    saving::SaveMark,
};
use crate::{
    ui::{
        canvas::editing::Editing,
        components::{heading::Arrival, icon::Icon, status::StatusChip, toast::Toasts},
        pages::active::ActiveSwitch,
        server_fns::{session::with_session, workflows::rename_workflow},
    },
    workflow::check::Severity,
};
use leptos::{html, prelude::*};
use uuid::Uuid;

#[component]
pub fn Header(id: Uuid, description: String, is_active: bool) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let toasts = expect_context::<Toasts>();
    let field = NodeRef::<html::Input>::new();
    let description = StoredValue::new(description);
    let rename = Action::new(move |name: &String| {
        let name = name.clone();
        async move {
            match with_session(|| rename_workflow(id, name.clone(), description.get_value())).await {
                Ok(name) => editing.name.set(name),
                Err(error) => {
                    editing.name.notify();
                    toasts.failure(error.field("name").unwrap_or(error.message));
                }
            }
        }
    });
    let commit = move || {
        let Some(field) = field.get_untracked() else { return };
        let wanted = field.value().trim().to_owned();
        if wanted.is_empty() {
            field.set_value(&editing.name.get_untracked());
        } else if wanted != editing.name.get_untracked() {
            rename.dispatch(wanted);
        }
    };
    // That a canvas without steps has none is no news.
    let errors = move || {
        if editing.cards.with(Vec::is_empty) {
            return 0;
        }
        editing.problems.with(|all| all.iter().filter(|p| p.severity == Severity::Error).count())
    };
    let heading = NodeRef::<html::H1>::new();
    Arrival::focus(heading);
    view! {
        <header class="topbar topbar--editor">
            <div class="topbar__title">
                <span class="crumb wide-only">
                    <a href="/">"Workflows"</a>
                    <Icon name="chevron-right" class="icon--sm" />
                </span>
                <h1 class="title-field" node_ref=heading tabindex="-1">
                    <input
                        node_ref=field
                        aria-label="Name of the workflow"
                        maxlength="200"
                        spellcheck="false"
                        autocomplete="off"
                        data-testid="workflow-name"
                        value=editing.name.get_untracked()
                        prop:value=move || editing.name.get()
                        on:change=move |_| commit()
                        on:keydown=move |event| {
                            if let ("Enter" | "Escape", Some(field)) = (event.key().as_str(), field.get_untracked()) {
                                if event.key() == "Escape" {
                                    field.set_value(&editing.name.get_untracked());
                                }
                                let _ = field.blur();
                            }
                        }
                    />
                </h1>
                <SaveMark />
            </div>
            <div class="topbar__actions">
                {move || {
                    let count = errors();
                    (count > 0)
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="btn btn--ghost problem-count"
                                    data-testid="problem-count"
                                    on:click=move |_| running.dock.set(Some(DockTab::Problems))
                                >
                                    <Icon name="alert" />
                                    {count}
                                    <span class="wide-only">{if count == 1 { "problem" } else { "problems" }}</span>
                                </button>
                            }
                        })
                }}
                <a class="btn btn--ghost" href=format!("/workflows/{id}/runs") title="Run history" data-testid="runs-link">
                    <Icon name="history" />
                    <span class="wide-only">"Runs"</span>
                </a>
                <a
                    class="btn btn--ghost"
                    href=format!("/workflows/{id}/triggers")
                    title="Triggers: schedules, webhooks, whom to tell of failures"
                    aria-label="Triggers"
                    data-testid="triggers-link"
                >
                    <Icon name="bolt" />
                    <span class="wide-only">"Triggers"</span>
                </a>
                <ActiveSwitch id is_active />
                <a
                    class="btn btn--ghost"
                    href=format!("/workflows/{id}/versions")
                    title="Versions: what changed, and the way back"
                    aria-label="Versions"
                    data-testid="versions-link"
                >
                    <Icon name="versions" />
                    <span class="wide-only">"Versions"</span>
                </a>
                <Delete /> <RunButton />
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn RunButton() -> impl IntoView {
    let running = expect_context::<Running>();
    let desk = expect_context::<Desk>();
    view! {
        {move || {
            let status = running.feed.status.get()?;
            (!status.is_terminal()).then(|| view! { <StatusChip status=status.as_str() /> })
        }}
        {move || {
            if running.is_going_on() {
                view! {
                    <button
                        type="button"
                        class="btn btn--danger"
                        data-testid="stop-button"
                        title="Stop the run (Ctrl+Enter)"
                        on:click=move |_| desk.later.with(move |tools| (tools.stop)(running))
                    >
                        <Icon name="stop" />
                        "Stop"
                    </button>
                }
                    .into_any()
            } else {
                view! {
                    <button
                        type="button"
                        class="btn btn--primary"
                        data-testid="run-button"
                        title="Run (Ctrl+Enter)"
                        on:click=move |_| running.asking.set(true)
                    >
                        <Icon name="play" />
                        "Run"
                    </button>
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}

/// Deletes the workflow on the second press.
#[component]
fn Delete() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let asking = RwSignal::new(false);
    let press = move |_| {
        if asking.get_untracked() {
            desk.later.with(move |tools| (tools.delete)(desk));
        } else {
            asking.set(true);
        }
    };
    view! {
        <button
            type="button"
            class="btn btn--ghost"
            class:btn--icon=move || !asking.get()
            class:is-asking=asking
            title="Delete the workflow"
            aria-label=move || if asking.get() { "Really delete the workflow?" } else { "Delete the workflow" }
            data-testid="delete-workflow"
            on:click=press
            on:blur=move |_| asking.set(false)
        >
            <Icon name="trash" />
            {move || asking.get().then_some("Really delete?")}
        </button>
    }
    .into_any()
}
