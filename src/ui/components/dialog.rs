//! A modal dialog on the browser's own `<dialog>`: it keeps the focus inside and closes on Esc.

use super::icon::Icon;
use crate::ui::browser;
use leptos::{html, prelude::*, web_sys};

fn show(dialog: web_sys::HtmlDialogElement) {
    let _ = dialog.show_modal();
    // What it holds may be built only now.
    request_animation_frame(move || browser::focus_first(&dialog));
}

/// Shown while `open` is true; Esc and the cross set it to false.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] description: Option<Oco<'static, str>>,
    #[prop(optional)] wide: bool,
    #[prop(optional)] testid: &'static str,
    children: Children,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = element.get() {
            if wanted && !dialog.open() && dialog.is_connected() {
                show(dialog);
            } else if wanted && !dialog.open() {
                // Asked for while its page is still being built.
                request_animation_frame(move || {
                    if open.try_get_untracked() == Some(true) && !dialog.open() {
                        show(dialog);
                    }
                });
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
    view! {
        <dialog
            node_ref=element
            class=if wide { "dialog dialog--wide" } else { "dialog" }
            data-testid=testid
            aria-label=move || title.get()
            on:close=move |_| open.set(false)
        >
            <div class="dialog__head">
                <div>
                    <h2>{move || title.get()}</h2>
                    {description.map(|text| view! { <p>{text.to_string()}</p> })}
                </div>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label="Close"
                    on:click=move |_| open.set(false)
                >
                    <Icon name="x" />
                </button>
            </div>
            {children()}
        </dialog>
    }
}

/// The foot of a dialog's form: leave it, or send it. The children are the words of the button that sends.
#[component]
pub fn DialogFoot(
    open: RwSignal<bool>,
    /// Of the button that sends.
    testid: &'static str,
    #[prop(into)] disabled: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="dialog__foot">
            <button type="button" class="btn btn--ghost" on:click=move |_| open.set(false)>
                "Cancel"
            </button>
            <button type="submit" class="btn btn--primary" data-testid=testid disabled=disabled>
                {children()}
            </button>
        </div>
    }
    .into_any()
}
