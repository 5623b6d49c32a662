//! The dialog that makes an empty workflow.

use crate::ui::{
    components::{
        dialog::{Dialog, DialogFoot},
        field::Field,
    },
    pages::form::{FormError, FormState},
    server_fns::{
        session::with_session,
        workflows::{CreateWorkflow, create_workflow},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

#[component]
pub fn CreateDialog(open: RwSignal<bool>) -> impl IntoView {
    let state = FormState::new();
    let (name, description) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let both = (name.get_untracked(), description.get_untracked());
        // The reply leads to the new workflow.
        state.run(with_session(move || create_workflow(both.0.clone(), both.1.clone())), |()| ());
    };
    view! {
        <Dialog open title="New workflow" testid="create-dialog">
            <form method="post" action=CreateWorkflow::url() class="dialog__form" on:submit=make>
                <div class="dialog__body">
                    <Field id="new-name" label="Name" error=state.field("name")>
                        <input
                            class="input"
                            id="new-name"
                            name="name"
                            autofocus
                            required
                            maxlength="200"
                            autocomplete="off"
                            placeholder="Summarise support mail"
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                    </Field>
                    <Field
                        id="new-description"
                        label="Description"
                        side="optional"
                        error=state.field("description")
                    >
                        <textarea
                            class="input"
                            id="new-description"
                            name="description"
                            maxlength="2000"
                            rows="3"
                            on:input=move |event| description.set(event_target_value(&event))
                        ></textarea>
                    </Field>
                    <FormError state fields=&["name", "description"] />
                </div>
                <DialogFoot open testid="create-submit" disabled=state.pending()>
                    "Create"
                </DialogFoot>
            </form>
        </Dialog>
    }
    .into_any()
}
