//! Settings: looks, keys for programs, what this is.

use super::{
    error::ErrorView,
    layout::{SignOut, TopBar},
};
use crate::{
    api::auth::{ApiKey, ApiKeyCreated, Scope},
    ui::{
        components::{
            button::CopyButton,
            dialog::{Dialog, DialogFoot},
            empty::{Empty, Notice, SkeletonRows},
            field::Field,
            icon::Icon,
            theme::ThemeSwitch,
            time::RelativeTime,
            toast::Toasts,
        },
        server_fns::{
            api_keys::{create_api_key, delete_api_key, list_api_keys},
            error::UiError,
            session::with_session,
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

const SCOPES: [(Scope, &str, &str); 3] = [
    (Scope::Read, "Read", "See workflows, runs and models"),
    (Scope::Run, "Run", "Start and stop runs"),
    (Scope::Write, "Write", "Change and delete workflows"),
];

/// `/settings`.
pub fn settings_page() -> AnyView {
    view! {
        <Title text="Settings" />
        <TopBar title="Settings" />
        <main class="content content--narrow">
            <section class="section" aria-labelledby="looks">
                <div class="section__head">
                    <h2 id="looks">"Appearance"</h2>
                </div>
                <div class="card setting">
                    <div>
                        <h3>"Theme"</h3>
                        <p class="muted">"System follows the setting of your computer."</p>
                    </div>
                    <ThemeSwitch />
                </div>
            </section>
            <ApiKeys />
            <section class="section" aria-labelledby="account">
                <div class="section__head">
                    <h2 id="account">"Account"</h2>
                </div>
                <div class="card setting">
                    <div>
                        <h3>"This browser"</h3>
                        <p class="muted">"Ends the session here. Running workflows go on."</p>
                    </div>
                    <SignOut wide=true />
                </div>
            </section>
            <section class="section" aria-labelledby="about">
                <div class="section__head">
                    <h2 id="about">"About"</h2>
                </div>
                <div class="card card__body">
                    <dl class="kv">
                        <dt>"Millrace"</dt>
                        <dd>{env!("CARGO_PKG_VERSION")}</dd>
                        <dt>"Licence"</dt>
                        <dd>"Apache-2.0; the fonts Inter and JetBrains Mono under the SIL Open Font License 1.1"</dd>
                        <dt>"API"</dt>
                        <dd>
                            <a class="link" href="/api/docs" rel="external">
                                "Documentation of the HTTP interface"
                            </a>
                        </dd>
                    </dl>
                </div>
            </section>
        </main>
    }
    .into_any()
}

#[component]
fn ApiKeys() -> impl IntoView {
    let keys = Resource::new(|| (), |()| with_session(list_api_keys));
    let creating = RwSignal::new(false);
    let revoked = Callback::new(move |()| keys.refetch());
    view! {
        <section class="section" aria-labelledby="keys">
            <div class="section__head">
                <h2 id="keys">"API keys"</h2>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="btn btn--sm"
                    data-testid="new-key"
                    on:click=move |_| creating.set(true)
                >
                    <Icon name="plus" class="icon--sm" />
                    "New key"
                </button>
            </div>
            <Transition fallback=|| view! { <SkeletonRows rows=2 /> }>
                {move || Suspend::new(async move {
                    match keys.await {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok(keys) if keys.is_empty() => {
                            view! {
                                <div class="table-wrap">
                                    <Empty
                                        icon="key"
                                        title="No keys yet"
                                        text="A key lets a program read, run or change your workflows over HTTP."
                                    />
                                </div>
                            }
                                .into_any()
                        }
                        Ok(keys) => {
                            view! {
                                <div class="table-wrap">
                                    <table class="table" data-testid="keys-table">
                                        <thead>
                                            <tr>
                                                <th>"Name"</th>
                                                <th>"May"</th>
                                                <th>"Last used"</th>
                                                <th class="end">
                                                    <span class="sr-only">"Actions"</span>
                                                </th>
                                            </tr>
                                        </thead>
                                        <tbody>
                                            {keys
                                                .into_iter()
                                                .map(|key| view! { <KeyRow key_view=key revoked /> })
                                                .collect_view()}
                                        </tbody>
                                    </table>
                                </div>
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </section>
        <CreateKey open=creating created=Callback::new(move |()| keys.refetch()) />
    }
    .into_any()
}

#[component]
fn KeyRow(key_view: ApiKey, revoked: Callback<()>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let asking = RwSignal::new(false);
    let ApiKey { id, name, prefix, scopes, last_used_at, .. } = key_view;
    let may =
        SCOPES.iter().filter(|(s, ..)| scopes.contains(s)).map(|(_, word, _)| *word).collect::<Vec<_>>();
    let revoke = Action::new(move |(): &()| async move {
        match with_session(|| delete_api_key(id)).await {
            Ok(()) => {
                toasts.success("The key opens nothing any more.");
                revoked.run(());
            }
            Err(error) => toasts.failure(error.message),
        }
    });
    let press = move |_| {
        if asking.get_untracked() {
            revoke.dispatch(());
        } else {
            asking.set(true);
        }
    };
    view! {
        <tr>
            <td class="cell-main">
                <strong class="strong">{name}</strong>
                <small class="mono">{prefix} "…"</small>
            </td>
            <td class="muted">{may.join(", ")}</td>
            <td class="faint">
                {match last_used_at {
                    Some(at) => view! { <RelativeTime at /> }.into_any(),
                    None => "Never used".into_any(),
                }}
            </td>
            <td class="end">
                <button
                    type="button"
                    class="btn btn--sm btn--danger"
                    data-testid="revoke-key"
                    on:click=press
                    on:blur=move |_| asking.set(false)
                >
                    {move || if asking.get() { "Really revoke?" } else { "Revoke" }}
                </button>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn CreateKey(open: RwSignal<bool>, created: Callback<()>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let scopes = RwSignal::new(vec![Scope::Read, Scope::Run]);
    let error = RwSignal::new(None::<UiError>);
    let made = RwSignal::new(None::<ApiKeyCreated>);
    Effect::new(move |_| {
        if open.get() {
            made.set(None);
            error.set(None);
            name.set(String::new());
        }
    });
    let create = Action::new(move |(): &()| async move {
        let (label, scopes) = (name.get_untracked(), scopes.get_untracked());
        match with_session(|| create_api_key(label.clone(), scopes.clone())).await {
            Ok(key) => {
                made.set(Some(key));
                created.run(());
            }
            Err(e) => error.set(Some(e)),
        }
    });
    let name_error = Signal::derive(move || {
        error.with(|e| {
            e.as_ref().map(|e| e.field("name").unwrap_or_else(|| e.message.clone())).unwrap_or_default()
        })
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        create.dispatch(());
    };
    view! {
        <Dialog open title="New API key" testid="key-dialog">
            {move || match made.get() {
                Some(key) => view! { <ShowKey key_text=key.key open /> }.into_any(),
                None => {
                    view! {
                        <form on:submit=submit>
                            <div class="dialog__body">
                                <Field id="key-name" label="Name" hint="What uses it, such as “nightly import”." error=name_error>
                                    <input
                                        class="input"
                                        id="key-name"
                                        autofocus
                                        required
                                        maxlength="100"
                                        autocomplete="off"
                                        prop:value=name
                                        on:input=move |event| name.set(event_target_value(&event))
                                    />
                                </Field>
                                <fieldset class="fieldset">
                                    <legend>"What it may do"</legend>
                                    {SCOPES
                                        .map(|(scope, word, meaning)| {
                                            view! {
                                                <label class="check">
                                                    <input
                                                        type="checkbox"
                                                        prop:checked=move || scopes.with(|s| s.contains(&scope))
                                                        on:change=move |event| {
                                                            let on = event_target_checked(&event);
                                                            scopes
                                                                .update(|s| {
                                                                    s.retain(|x| *x != scope);
                                                                    if on {
                                                                        s.push(scope);
                                                                    }
                                                                });
                                                        }
                                                    />
                                                    <span>{word} <small>{meaning}</small></span>
                                                </label>
                                            }
                                        })
                                        .into_iter()
                                        .collect_view()}
                                </fieldset>
                            </div>
                            <DialogFoot open testid="key-create" disabled=move || scopes.with(Vec::is_empty)>
                                "Create key"
                            </DialogFoot>
                        </form>
                    }
                        .into_any()
                }
            }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn ShowKey(key_text: String, open: RwSignal<bool>) -> impl IntoView {
    let copied = key_text.clone();
    view! {
        <div class="dialog__body">
            <Notice tone="tone-amber" icon="alert">
                "Copy the key now. It is kept only as a fingerprint and cannot be shown again."
            </Notice>
            <div class="command">
                <Icon name="key" class="icon--sm" />
                <code data-testid="key-text">{key_text}</code>
                <CopyButton text=move |()| copied.clone() what="key" />
            </div>
        </div>
        <div class="dialog__foot">
            <button type="button" class="btn btn--primary" on:click=move |_| open.set(false)>
                "Done"
            </button>
        </div>
    }
}
