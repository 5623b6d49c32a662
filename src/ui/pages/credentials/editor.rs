//! The form of a new credential, and of another value for one that is there.

use super::kinds::{look, value_of};
use crate::{
    api::credentials::{Credential, CredentialCreate, CredentialKind, CredentialUpdate, SecretValue},
    ui::{
        components::{
            dialog::{Dialog, DialogFoot},
            field::Field,
            icon::Icon,
            tags::TagField,
            toast::Toasts,
        },
        pages::form::{FormError, FormState},
        server_fns::{
            credentials::{create_credential, update_credential},
            session::with_session,
        },
    },
};
use leptos::prelude::*;

/// What the form is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    New,
    Replace(Credential),
}

/// The dialog; open while there is a wish.
#[component]
pub(super) fn Editor(wish: RwSignal<Option<Wish>>, changed: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    // Each follows the other, and neither wakes it for nothing.
    Effect::new(move |_| {
        let wanted = wish.with(Option::is_some);
        if open.get_untracked() != wanted {
            open.set(wanted);
        }
    });
    Effect::new(move |_| {
        if !open.get() && wish.with_untracked(Option::is_some) {
            wish.set(None);
        }
    });
    let title = Signal::derive(move || match wish.get() {
        Some(Wish::Replace(credential)) => format!("Replace “{}”", credential.name),
        _ => "New credential".to_owned(),
    });
    view! {
        <Dialog open title wide=true testid="credential-dialog">
            {move || wish.get().map(|wish| view! { <Form wish open changed /> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(wish: Wish, open: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let replaced = match wish {
        Wish::New => None,
        Wish::Replace(credential) => Some(credential),
    };
    let is_new = replaced.is_none();
    let name = RwSignal::new(String::new());
    let kind = RwSignal::new(replaced.as_ref().map_or(CredentialKind::Bearer, |c| c.kind));
    let hosts = RwSignal::new(replaced.as_ref().map(|c| c.allowed_hosts.clone()).unwrap_or_default());
    let before = hosts.get_untracked();
    // Two are enough for every kind; they live and die with the form.
    let typed = StoredValue::new([RwSignal::new(String::new()), RwSignal::new(String::new())]);
    let id = replaced.map(|c| c.id);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let texts = typed.with_value(|t| t.map(|s| s.get_untracked()));
        let value = match value_of(kind.get_untracked(), &texts) {
            Ok(value) => SecretValue(value),
            Err(part) => return state.refuse("value", &format!("{} is missing.", part.label)),
        };
        let allowed_hosts = hosts.get_untracked();
        let done = move |saved: Credential| {
            open.set(false);
            toasts.success(format!("“{}” is saved. Its value is not shown again.", saved.name));
            changed.run(());
        };
        match id {
            None => {
                let body = CredentialCreate {
                    name: name.get_untracked(),
                    kind: kind.get_untracked(),
                    value,
                    allowed_hosts,
                };
                state.run(with_session(move || create_credential(body.clone())), done);
            }
            Some(id) => {
                let allowed_hosts = (allowed_hosts != before).then_some(allowed_hosts);
                let body = CredentialUpdate { value, allowed_hosts };
                state.run(with_session(move || update_credential(id, body.clone())), done);
            }
        }
    };
    view! {
        <form on:submit=submit class="dialog__form" autocomplete="off">
            <div class="dialog__body">
                {is_new.then(|| view! { <NameAndKind name kind state /> })}
                {move || view! { <Parts kind=kind.get() typed=typed.get_value() state is_new /> }}
                <Field
                    id="credential-hosts"
                    label="Allowed hosts"
                    hint="The only places the value may be sent to, such as `api.example.org` or `*.example.org`."
                    error=state.field("allowed_hosts")
                    side=Signal::derive(move || {
                        let is_optional = kind.get() == CredentialKind::Postgres;
                        if is_optional { "optional: the address names it".to_owned() } else { String::new() }
                    })
                >
                    <TagField
                        id="credential-hosts"
                        value=hosts
                        placeholder="api.example.org"
                        invalid=state.is_wrong("allowed_hosts")
                    />
                </Field>
                <FormError state fields=&["name", "kind", "value", "allowed_hosts"] />
            </div>
            <DialogFoot open testid="credential-save" disabled=state.pending()>
                {if is_new { "Save credential" } else { "Replace value" }}
            </DialogFoot>
        </form>
    }
    .into_any()
}

#[component]
fn NameAndKind(name: RwSignal<String>, kind: RwSignal<CredentialKind>, state: FormState) -> impl IntoView {
    view! {
        <Field
            id="credential-name"
            label="Name"
            hint="What steps call it, such as “Weather API”."
            error=state.field("name")
        >
            <input
                class="input"
                id="credential-name"
                autofocus
                required
                maxlength="100"
                autocomplete="off"
                aria-invalid=move || state.is_wrong("name").get().to_string()
                prop:value=name
                on:input=move |event| name.set(event_target_value(&event))
            />
        </Field>
        <fieldset class="fieldset">
            <legend>"Kind"</legend>
            <div class="kinds">
                {CredentialKind::ALL
                    .map(|each| {
                        let look = look(each);
                        view! {
                            <label class="kind" data-kind=each.as_str()>
                                <input
                                    type="radio"
                                    name="kind"
                                    prop:checked=move || kind.get() == each
                                    on:change=move |_| kind.set(each)
                                />
                                <Icon name=look.icon />
                                <span>
                                    <strong>{look.word}</strong>
                                    <small>{look.meaning}</small>
                                </span>
                            </label>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// The fields of a kind.
#[component]
fn Parts(
    kind: CredentialKind,
    typed: [RwSignal<String>; 2],
    state: FormState,
    is_new: bool,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let last = look(kind).parts.len() - 1;
    look(kind)
        .parts
        .iter()
        .zip(typed)
        .enumerate()
        .map(|(index, (part, text))| {
            let id = format!("credential-value-{index}");
            let label = if is_new { part.label.to_owned() } else { format!("New {}", part.label.to_lowercase()) };
            let error = Signal::derive(move || {
                if index == last { state.field("value").get() } else { String::new() }
            });
            view! {
                <Field id=id.clone() label error>
                    <div class="input-group">
                        <input
                            class="input"
                            class:input--code=part.is_secret
                            id=id
                            type=move || if part.is_secret && !shown.get() { "password" } else { "text" }
                            autocomplete="new-password"
                            autocapitalize="none"
                            spellcheck="false"
                            placeholder=part.placeholder
                            aria-invalid=move || state.is_wrong("value").get().to_string()
                            data-testid=format!("credential-value-{index}")
                            prop:value=text
                            on:input=move |event| text.set(event_target_value(&event))
                        />
                        {part
                            .is_secret
                            .then(|| {
                                view! {
                                    <span class="input-group__end">
                                        <button
                                            type="button"
                                            class="btn btn--ghost btn--icon btn--sm"
                                            aria-label=move || if shown.get() { "Hide the value" } else { "Show the value" }
                                            aria-pressed=move || shown.get().to_string()
                                            on:click=move |_| shown.update(|s| *s = !*s)
                                        >
                                            {move || {
                                                view! { <Icon name=if shown.get() { "eye-off" } else { "eye" } /> }
                                            }}
                                        </button>
                                    </span>
                                }
                            })}
                    </div>
                </Field>
            }
        })
        .collect_view()
        .into_any()
}
