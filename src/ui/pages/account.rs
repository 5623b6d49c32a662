//! Register and sign in: one column, works as a plain form before the page is live.

use crate::ui::{
    components::{
        empty::Notice,
        field::{Field, Password},
        icon::Mark,
    },
    server_fns::{
        account::{Register, SignIn},
        error::UiError,
        session::encode,
    },
};
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Make an account.
pub fn register_page() -> AnyView {
    let action = ServerAction::<Register>::new();
    let error =
        Signal::derive(move || action.value().with(|v| v.as_ref().and_then(|r| r.as_ref().err().cloned())));
    let password = RwSignal::new(String::new());
    view! {
        <Frame title="Create your account" lead="Draw a workflow, run it, see what every step did.">
            <FormError error />
            <ActionForm action attr:class="form" attr:data-testid="register-form">
                <Next />
                <TextField id="username" label="User name" autocomplete="username" error focus=true />
                <TextField id="email" label="E-mail" autocomplete="email" error />
                <Field
                    id="password"
                    label="Password"
                    error=of_field(error, "password")
                    side=Signal::derive(move || password.with(|p| strength(p)).to_owned())
                >
                    <Password
                        id="password"
                        name="password"
                        autocomplete="new-password"
                        value=password
                        invalid=Signal::derive(move || !of_field(error, "password").get().is_empty())
                    />
                </Field>
                <Submit pending=action.pending() word="Create account" busy="Creating…" />
            </ActionForm>
            <p class="auth__other">"Have an account? " <OtherPage href="/sign-in" word="Sign in" /></p>
        </Frame>
    }
    .into_any()
}

/// Come back.
pub fn sign_in_page() -> AnyView {
    let action = ServerAction::<SignIn>::new();
    let error =
        Signal::derive(move || action.value().with(|v| v.as_ref().and_then(|r| r.as_ref().err().cloned())));
    let password = RwSignal::new(String::new());
    view! {
        <Frame title="Sign in" lead="Go on where you left off.">
            <FormError error />
            <ActionForm action attr:class="form" attr:data-testid="sign-in-form">
                <Next />
                <TextField id="username" label="User name or e-mail" autocomplete="username" error focus=true />
                <Field id="password" label="Password" error=of_field(error, "password")>
                    <Password
                        id="password"
                        name="password"
                        autocomplete="current-password"
                        value=password
                        invalid=Signal::derive(move || !of_field(error, "password").get().is_empty())
                    />
                </Field>
                <Submit pending=action.pending() word="Sign in" busy="Signing in…" />
            </ActionForm>
            <p class="auth__other">"New here? " <OtherPage href="/register" word="Create an account" /></p>
        </Frame>
    }
    .into_any()
}

fn of_field(error: Signal<Option<UiError>>, name: &'static str) -> Signal<String> {
    Signal::derive(move || error.with(|e| e.as_ref().and_then(|e| e.field(name))).unwrap_or_default())
}

#[component]
fn TextField(
    id: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    error: Signal<Option<UiError>>,
    #[prop(optional)] focus: bool,
) -> impl IntoView {
    let text = of_field(error, id);
    view! {
        <Field id label error=text>
            <input
                class="input input--big"
                id=id
                name=id
                type=if id == "email" { "email" } else { "text" }
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                autofocus=focus
                maxlength="254"
                aria-invalid=move || (!text.get().is_empty()).to_string()
                aria-describedby=format!("{id}-error")
            />
        </Field>
    }
}

#[component]
fn Submit(#[prop(into)] pending: Signal<bool>, word: &'static str, busy: &'static str) -> impl IntoView {
    view! {
        <button
            class="btn btn--primary btn--wide auth__submit"
            type="submit"
            aria-disabled=move || pending.get().to_string()
            data-testid="submit"
        >
            {move || if pending.get() { busy } else { word }}
        </button>
    }
}

#[component]
fn Frame(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title />
        <main class="auth">
            <div class="auth__column">
                <a class="auth__brand" href="/" aria-label="Millrace">
                    <Mark />
                </a>
                <h1>{title}</h1>
                <p class="auth__lead">{lead}</p>
                {children()}
            </div>
        </main>
    }
}

/// Errors that belong to no field.
#[component]
fn FormError(error: Signal<Option<UiError>>) -> impl IntoView {
    move || {
        error.get().filter(|e| e.errors.is_empty()).map(|e| {
            view! {
                <div class="auth__error" data-testid="form-error">
                    <Notice tone="tone-red" icon="alert">
                        {e.message}
                    </Notice>
                </div>
            }
        })
    }
}

/// Carries the address to come back to.
#[component]
fn Next() -> impl IntoView {
    let query = use_query_map();
    move || query.with(|q| q.get("next")).map(|next| view! { <input type="hidden" name="next" value=next /> })
}

#[component]
fn OtherPage(href: &'static str, word: &'static str) -> impl IntoView {
    let query = use_query_map();
    let target = move || match query.with(|q| q.get("next")) {
        Some(next) => format!("{href}?next={}", encode(&next)),
        None => href.to_owned(),
    };
    view! { <a href=target>{word}</a> }
}

/// How hard a password is to guess, in a word: by length and by kinds of characters.
fn strength(password: &str) -> &'static str {
    let length = password.chars().count();
    let kinds = [
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_uppercase),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ]
    .into_iter()
    .filter(|k| *k)
    .count();
    let distinct = password.chars().collect::<std::collections::HashSet<_>>().len();
    match (length, kinds, distinct) {
        (0, ..) => "",
        (..8, ..) => "Too short",
        (_, _, ..5) => "Weak",
        (16.., ..) | (12.., 3.., _) => "Strong",
        (12.., ..) | (_, 3.., _) => "Good",
        _ => "Fair",
    }
}

#[cfg(test)]
mod tests {
    use super::strength;

    #[test]
    fn strength_grows_with_length_and_kinds() {
        let words = [
            "",
            "abc123",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcdefgh",
            "Abcdef12",
            "correct horse battery",
            "aB3!efghijkl",
        ]
        .map(strength);
        assert_eq!(words, ["", "Too short", "Weak", "Fair", "Good", "Strong", "Strong"]);
    }
}
