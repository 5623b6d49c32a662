//! A text that is pasted instead of sent as a file.

use super::uploads::Uploads;
use crate::ui::{
    browser::files::Picked,
    components::{
        dialog::{Dialog, DialogFoot},
        field::Field,
    },
};
use leptos::prelude::*;

#[component]
pub(super) fn PasteDialog(open: RwSignal<bool>, collection: String) -> impl IntoView {
    view! {
        <Dialog
            open
            title="Paste text"
            description="Long texts are split into parts, and each part can be found by itself."
            wide=true
            testid="paste-dialog"
        >
            {move || open.get().then(|| view! { <Form open uploads=Uploads::of(&collection) /> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(open: RwSignal<bool>, uploads: Uploads) -> impl IntoView {
    let (title, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = match title.with_untracked(|t| t.trim().replace(['/', '\\'], " ")) {
            name if name.is_empty() => "Pasted text.txt".to_owned(),
            name if name.ends_with(".txt") || name.ends_with(".md") => name,
            name => format!("{name}.txt"),
        };
        if let Some(file) = text.with_untracked(|text| Picked::text(&name, text)) {
            uploads.add(vec![file]);
            open.set(false);
        }
    };
    view! {
        <form on:submit=submit class="dialog__form">
            <div class="dialog__body">
                <Field id="paste-title" label="Title" side="optional" hint="Kept with each part, so that an answer can name its source.">
                    <input
                        class="input"
                        id="paste-title"
                        maxlength="200"
                        autocomplete="off"
                        on:input=move |event| title.set(event_target_value(&event))
                    />
                </Field>
                <Field id="paste-text" label="Text">
                    <textarea
                        class="input"
                        id="paste-text"
                        rows="12"
                        autofocus
                        data-testid="paste-area"
                        on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                </Field>
            </div>
            <DialogFoot open testid="paste-add" disabled=move || text.with(|t| t.trim().is_empty())>
                "Add text"
            </DialogFoot>
        </form>
    }
    .into_any()
}
