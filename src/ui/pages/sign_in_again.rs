//! The session has ended while a page is open: whoever was signed in gives the password, and everything goes on where it
//! stopped. Nothing that was written is lost.

use super::{
    form::{FormError, FormState},
    layout::Who,
};
use crate::ui::{
    browser::{self, link},
    components::field::{Field, Password},
    server_fns::{account, session::sign_in_path},
};
use leptos::{html, prelude::*};

/// A dialog that stays until somebody is signed in.
pub fn sign_in_again() -> AnyView {
    let Who(who) = expect_context::<Who>();
    let name = who.get_untracked();
    let state = FormState::new();
    let password = RwSignal::new(String::new());
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        // It is built by now, but not yet in the page.
        request_animation_frame(move || {
            if !dialog.open() {
                let _ = dialog.show_modal();
                browser::focus("again-password");
            }
        });
    });
    let hidden = name.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        state.run(account::sign_in_again(name.clone(), password.get_untracked()), |()| link::go_on());
    };
    view! {
        <dialog
            class="dialog"
            node_ref=element
            aria-labelledby="again-title"
            data-testid="sign-in-again"
            on:cancel=move |event: leptos::ev::Event| event.prevent_default()
        >
            <div class="dialog__head">
                <div>
                    <h2 id="again-title">"Sign in to go on"</h2>
                    <p>"Your session has ended. What you wrote is kept on this page and is saved once you are signed in."</p>
                </div>
            </div>
            <form class="dialog__form" on:submit=submit>
                <div class="dialog__body">
                    <input type="hidden" name="username" autocomplete="username" value=hidden.clone() />
                    <Field
                        id="again-password"
                        label=format!("Password of {hidden}")
                        error=state.field("password")
                    >
                        <Password
                            id="again-password"
                            name="password"
                            autocomplete="current-password"
                            value=password
                            invalid=state.is_wrong("password")
                        />
                    </Field>
                    <FormError state fields=&["password"] />
                </div>
                <div class="dialog__foot">
                    <button
                        type="button"
                        class="btn btn--ghost"
                        on:click=move |_| browser::go_to(&sign_in_path(&browser::here()))
                    >
                        "Use another account"
                    </button>
                    <button
                        type="submit"
                        class="btn btn--primary"
                        data-testid="again-submit"
                        disabled=state.pending()
                    >
                        "Sign in"
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
