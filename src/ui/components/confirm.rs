//! A question before something is gone for good.

use super::dialog::Dialog;
use leptos::prelude::*;

/// Shown while `open` is true; `confirmed` is told once. The children say what will be gone.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// The word of the button, such as "Delete collection".
    verb: &'static str,
    #[prop(into)] pending: Signal<bool>,
    confirmed: Callback<()>,
    children: Children,
) -> impl IntoView {
    view! {
        <Dialog open title testid="confirm">
            <div class="dialog__body dialog__body--text">{children()}</div>
            <div class="dialog__foot">
                <button type="button" class="btn btn--ghost" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <button
                    type="button"
                    class="btn btn--danger-solid"
                    data-testid="confirm-yes"
                    disabled=pending
                    on:click=move |_| confirmed.run(())
                >
                    {verb}
                </button>
            </div>
        </Dialog>
    }
    .into_any()
}
