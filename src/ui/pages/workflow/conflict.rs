//! The question when somebody else saved in between, and what differs between the document here and the one that somebody else saved, before one of them is chosen.

use super::saving::{SaveState, Saving};
use crate::{
    ui::{
        canvas::{compare::Words, editing::Editing},
        components::{dialog::Dialog, icon::Icon, toast::Toasts},
        pages::versions::compared::Compared,
        server_fns::{session::with_session, workflows::get_workflow},
    },
    workflow::{diff::diff, document::Workflow},
};
use leptos::prelude::*;

/// Asks for theirs and opens the dialog. Copies are the same.
#[derive(Clone, Copy)]
pub struct Compare {
    open: RwSignal<bool>,
    theirs: RwSignal<Option<Workflow>>,
}

impl Compare {
    /// Closed.
    #[must_use]
    pub fn new() -> Self {
        Self { open: RwSignal::new(false), theirs: RwSignal::new(None) }
    }

    /// Reads what the server has and shows it against what is here.
    pub fn ask(self, saving: Saving, toasts: Toasts) {
        leptos::task::spawn_local(async move {
            match with_session(|| get_workflow(saving.id)).await {
                Ok(saved) => {
                    self.theirs.try_set(Some(saved.document));
                    self.open.try_set(true);
                }
                Err(error) => toasts.failure(error.message),
            }
        });
    }
}

/// The dialog: the drawing, the list, and both ways out.
#[component]
pub fn CompareDialog(compare: Compare, settle: Callback<bool>) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let saving = expect_context::<Saving>();
    let Compare { open, theirs } = compare;
    Effect::new(move |_| {
        if saving.state.get() != SaveState::Conflict && open.get_untracked() {
            open.set(false);
        }
    });
    let body = move || {
        let theirs = theirs.get().filter(|_| open.get())?;
        // The name is not part of what is saved here.
        let mine = editing.read(|d| Workflow {
            name: theirs.name.clone(),
            description: theirs.description.clone(),
            vars: theirs.vars.clone(),
            ..d.clone()
        });
        let changes = diff(&theirs, &mine);
        Some(view! { <Compared old=theirs new=mine changes words=Words::CONFLICT /> })
    };
    let choose = move |keep_mine: bool| {
        open.set(false);
        settle.run(keep_mine);
    };
    view! {
        <Dialog
            open
            title="Yours against theirs"
            description="What your version of this workflow has, seen from the one that was saved somewhere else."
            wide=true
            testid="compare-dialog"
        >
            <div class="compare-dialog" tabindex="0" role="region" aria-label="What differs">
                {body}
            </div>
            <div class="dialog__foot">
                <button type="button" class="btn" on:click=move |_| choose(false)>
                    "Load theirs"
                </button>
                <button type="button" class="btn btn--danger" on:click=move |_| choose(true)>
                    "Keep mine"
                </button>
            </div>
        </Dialog>
    }
    .into_any()
}

/// The question when somebody else saved in between.
#[component]
pub fn ConflictBar() -> impl IntoView {
    let saving = expect_context::<Saving>();
    let settle = Action::new_local(move |keep_mine: &bool| saving.settle(*keep_mine));
    let toasts = expect_context::<Toasts>();
    let compare = Compare::new();
    let bar = move || {
        let state = saving.state.get();
        let text = match &state {
            SaveState::Conflict => {
                "This workflow was changed somewhere else after you opened it. Your changes are not saved."
                    .to_owned()
            }
            SaveState::Refused(reason) => format!("The last change is not saved: {reason}"),
            _ => return None,
        };
        let conflict = state == SaveState::Conflict;
        Some(view! {
            <div class="editor__bar notice tone-red" role="alert" data-testid="conflict">
                <Icon name="alert" />
                <div>{text}</div>
                {conflict
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn--sm"
                                data-testid="conflict-compare"
                                on:click=move |_| compare.ask(saving, toasts)
                            >
                                "Compare"
                            </button>
                            <button
                                type="button"
                                class="btn btn--sm"
                                on:click=move |_| {
                                    settle.dispatch(false);
                                }
                            >
                                "Load theirs"
                            </button>
                            <button
                                type="button"
                                class="btn btn--sm btn--danger"
                                on:click=move |_| {
                                    settle.dispatch(true);
                                }
                            >
                                "Keep mine"
                            </button>
                        }
                    })}
            </div>
        })
    };
    let choose = Callback::new(move |keep_mine: bool| {
        settle.dispatch(keep_mine);
    });
    view! {
        {bar}
        <CompareDialog compare settle=choose />
    }
    .into_any()
}
