//! What a run of the workflow is asked for: the schema of its input, which makes the form in the run dialog.

use super::{
    running::Running,
    schema::{SchemaEditor, Shaping},
};
use crate::ui::{
    canvas::editing::Editing,
    components::{dialog::Dialog, icon::Icon},
};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub fn InputDialog() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let schema = move || editing.read(|d| d.input_schema.clone()).unwrap_or_default();
    let shaping = Shaping::new(&schema());
    let slip = RwSignal::new(false);
    // What was typed and is no JSON yet is still there when the dialog is opened again.
    Effect::new(move |_| {
        if running.shaping.get() && shaping.value().is_ok() {
            shaping.take(&schema());
            slip.set(false);
        }
    });
    let take = move |value: Value| {
        editing.change(None, |document| document.input_schema = (!value.is_null()).then_some(value));
        running.shaping.set(false);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match shaping.value() {
            Ok(value) => take(value),
            Err(_) => slip.set(true),
        }
    };
    let remove = move |_| {
        shaping.take(&Value::Null);
        take(Value::Null);
    };
    view! {
        <Dialog
            open=running.shaping
            title="Input of this workflow"
            description="What a run is asked for. The fields make the form in the run dialog, and other inputs are refused."
            wide=true
            testid="input-dialog"
        >
            <form on:submit=submit>
                <div class="dialog__body">
                    <SchemaEditor id="input-schema".to_owned() shaping changed=Callback::new(move |()| slip.set(false)) />
                    {move || {
                        slip.get()
                            .then(|| {
                                view! {
                                    <p class="field__error" role="alert">
                                        <Icon name="alert" />
                                        <span>"Mend the JSON first; it is kept until then."</span>
                                    </p>
                                }
                            })
                    }}
                </div>
                <div class="dialog__foot">
                    <button type="button" class="btn btn--ghost" data-testid="input-any" on:click=remove>
                        "Take any input"
                    </button>
                    <span class="spacer"></span>
                    <button type="button" class="btn btn--ghost" on:click=move |_| running.shaping.set(false)>
                        "Cancel"
                    </button>
                    <button type="submit" class="btn btn--primary" data-testid="input-save">
                        "Keep"
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
