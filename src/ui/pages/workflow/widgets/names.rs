//! Controls for fields that name something of the account's: a collection, a table, a credential.

use super::{
    super::known::{Kind, Known},
    Bound,
};
use crate::ui::{
    components::{field::Select, icon::Icon},
    server_fns::session::encode,
};
use leptos::prelude::*;

/// A name: one of those that are there, one that will be, or an expression that gives one.
#[component]
pub(super) fn NameField(bound: Bound, kind: Kind) -> impl IntoView {
    let known = expect_context::<Known>();
    known.ask(kind);
    let (page, none, is_made) = match kind {
        Kind::Table => ("tables", "No table has this name yet. The first write makes it.", true),
        _ => ("collections", "No collection has this name.", false),
    };
    let id = bound.html_id.clone();
    let list_id = format!("{id}-known");
    let text = {
        let bound = bound.clone();
        Memo::new(move |_| bound.text())
    };
    let names = Memo::new(move |_| known.names(kind));
    // Of what is computed, and of the tables of another database, nothing is known.
    let is_elsewhere = {
        let bound = bound.clone();
        move || bound.beside("credential").as_str().is_some_and(|name| !name.is_empty())
    };
    let is_plain = Memo::new(move |_| {
        text.with(|t| !t.trim().is_empty() && !t.contains('{')) && !(is_made && is_elsewhere())
    });
    let is_known =
        move || is_plain.get() && names.with(|n| n.as_ref().is_some_and(|n| text.with(|t| n.contains(t))));
    let is_missing = move || is_plain.get() && names.with(Option::is_some) && !is_known();
    view! {
        <div class="with-link">
            <input
                class="input"
                id=id
                list=list_id.clone()
                autocomplete="off"
                spellcheck="false"
                placeholder=if is_made { "orders" } else { "Handbook" }
                aria-invalid=move || bound.invalid.get().to_string()
                prop:value=text
                on:input=move |event| bound.set_text(event_target_value(&event))
            />
            <datalist id=list_id>
                {move || {
                    names
                        .get()
                        .unwrap_or_default()
                        .into_iter()
                        .map(|name| view! { <option value=name></option> })
                        .collect_view()
                }}
            </datalist>
            {move || {
                is_known()
                    .then(|| {
                        let href = format!("/{page}/{}", text.with(|t| encode(t)));
                        view! { <OpenLink href title="Open it in a new tab" icon="external" /> }
                    })
            }}
        </div>
        {move || {
            is_missing()
                .then(|| {
                    view! {
                        <p class="field__hint" data-testid="name-missing">
                            {none}
                            {(!is_made)
                                .then(|| {
                                    view! {
                                        " "
                                        <a class="link" href=format!("/{page}?new=1") target="_blank">
                                            "Make one"
                                        </a>
                                    }
                                })}
                        </p>
                    }
                })
        }}
    }
    .into_any()
}

#[component]
fn OpenLink(href: String, title: &'static str, icon: &'static str) -> impl IntoView {
    view! {
        <a class="btn btn--ghost btn--icon" href=href target="_blank" title=title aria-label=title>
            <Icon name=icon class="icon--sm" />
        </a>
    }
}

/// One of the credentials that fit.
#[component]
pub(super) fn CredentialSelect(bound: Bound, kinds: Vec<String>) -> impl IntoView {
    let known = expect_context::<Known>();
    known.ask(Kind::Credential);
    let id = bound.html_id.clone();
    let none = if bound.required { "Choose a credential" } else { "None" };
    let text = {
        let bound = bound.clone();
        Memo::new(move |_| bound.text())
    };
    let rows = Memo::new(move |_| {
        let fits = |kind: &str| kinds.is_empty() || kinds.iter().any(|k| k == kind);
        let mut rows: Vec<_> = known
            .credentials
            .get()
            .unwrap_or_default()
            .into_iter()
            .filter(|c| fits(c.kind.as_str()))
            .map(|c| (c.name.clone(), c.name))
            .collect();
        rows.sort_by_key(|(_, label)| label.to_lowercase());
        // What is not there, or does not fit, stays to be seen.
        let now = text.get();
        if !now.is_empty() && !rows.iter().any(|(name, _)| *name == now) {
            let all = known.credentials.with(|c| c.as_ref().map(|c| c.iter().any(|c| c.name == now)));
            let note = match all {
                None => "",
                Some(true) => " (another kind)",
                Some(false) => " (not there)",
            };
            rows.push((now.clone(), format!("{now}{note}")));
        }
        rows
    });
    let shown = text;
    view! {
        <div class="with-link">
            <Select id on_change=Callback::new(move |word: String| bound.set_text(word))>
                <option value="" prop:selected=move || shown.with(String::is_empty)>
                    {none}
                </option>
                {move || {
                    rows.get()
                        .into_iter()
                        .map(|(value, label)| {
                            let mine = value.clone();
                            view! {
                                <option value=value prop:selected=move || shown.with(|s| *s == mine)>
                                    {label}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </Select>
            <OpenLink href="/credentials?new=1".to_owned() title="Make a credential in a new tab" icon="plus" />
        </div>
    }
    .into_any()
}
