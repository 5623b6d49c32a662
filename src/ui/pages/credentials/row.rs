//! One credential of the list, with what one can do about it.

use super::{editor::Wish, kinds::look};
use crate::{
    api::{credentials::Credential, uses::Use},
    ui::{
        components::{confirm::Confirm, icon::Icon, time::RelativeTime, toast::Toasts},
        pages::{
            form::FormState,
            uses::{UseCount, UseList},
        },
        server_fns::{credentials::delete_credential, session::with_session},
    },
};
use leptos::prelude::*;

#[component]
pub(super) fn CredentialRow(
    credential: Credential,
    uses: Vec<Use>,
    wish: RwSignal<Option<Wish>>,
    changed: Callback<()>,
) -> impl IntoView {
    let kind = look(credential.kind);
    let asking = RwSignal::new(false);
    let (edited, name) = (credential.clone(), credential.name.clone());
    view! {
        <tr data-testid="credential-row" data-name=name.clone()>
            <td class="cell-main">
                <strong class="strong">{name.clone()}</strong>
            </td>
            <td class="muted">
                <span class="with-icon">
                    <Icon name=kind.icon class="icon--sm" />
                    {kind.word}
                </span>
            </td>
            <td>
                <div class="hosts">
                    {credential
                        .allowed_hosts
                        .iter()
                        .map(|host| {
                            view! {
                                <span class="tag">
                                    <span class="truncate mono">{host.clone()}</span>
                                </span>
                            }
                        })
                        .collect_view()}
                </div>
            </td>
            <td class="muted wide-only">
                <UseCount uses=uses.clone() />
            </td>
            <td class="end faint">
                <RelativeTime at=credential.updated_at />
            </td>
            <td class="end">
                <div class="row-actions needs-script">
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        title="Replace the value or the hosts"
                        aria-label=format!("Replace the value of {name}")
                        data-testid="edit-credential"
                        on:click=move |_| wish.set(Some(Wish::Replace(edited.clone())))
                    >
                        <Icon name="pencil" class="icon--sm" />
                    </button>
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        title="Delete"
                        aria-label=format!("Delete {name}")
                        data-testid="delete-credential"
                        on:click=move |_| asking.set(true)
                    >
                        <Icon name="trash" class="icon--sm" />
                    </button>
                </div>
                <Delete credential=credential.clone() uses asking changed />
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Delete(
    credential: Credential,
    uses: Vec<Use>,
    asking: RwSignal<bool>,
    changed: Callback<()>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let (id, name) = (credential.id, credential.name);
    let toast = format!("“{name}” is deleted.");
    let confirmed = Callback::new(move |()| {
        let toast = toast.clone();
        state.run_or(
            with_session(move || delete_credential(id)),
            move |()| {
                asking.set(false);
                toasts.success(toast);
                changed.run(());
            },
            move |error| toasts.failure(error.message),
        );
    });
    view! {
        <Confirm
            open=asking
            title=format!("Delete “{name}”?")
            verb="Delete credential"
            pending=state.pending()
            confirmed
        >
            {if uses.is_empty() {
                view! { <p>"No step uses it. Its value is gone for good."</p> }.into_any()
            } else {
                view! {
                    <p>"Its value is gone for good, and these steps fail until they name another one:"</p>
                    <UseList uses />
                }
                    .into_any()
            }}
        </Confirm>
    }
    .into_any()
}
