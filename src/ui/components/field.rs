//! A label, a control, a hint and an error, bound to each other.

use super::icon::Icon;
use leptos::prelude::*;

/// A text whose `quoted` words are set as code.
#[must_use]
pub fn prose(text: &str) -> Vec<AnyView> {
    text.split('`')
        .enumerate()
        .map(|(i, part)| {
            let part = part.to_owned();
            if i % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
        })
        .collect()
}

/// Frame of one control. The control inside carries the same `id`.
#[component]
pub fn Field(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    /// Shown under the control; empty is none.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// The error is a warning only.
    #[prop(optional, into)]
    is_mild: MaybeProp<bool>,
    /// Small text at the right end of the label.
    #[prop(optional, into)]
    side: MaybeProp<String>,
    children: Children,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
                {move || side.get().map(|text| view! { <span class="field__side">{text}</span> })}
            </label>
            {children()}
            {hint.map(|text| view! { <p class="field__hint">{prose(&text)}</p> })}
            {move || {
                error
                    .get()
                    .filter(|text| !text.is_empty())
                    .map(|text| {
                        view! {
                            <p
                                class="field__error"
                                class:is-warning=move || is_mild.get() == Some(true)
                                id=error_id.clone()
                                role="alert"
                            >
                                <Icon name="alert" />
                                <span>{prose(&text)}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// A password with show/hide, and a hint while caps lock is on (both once the page is live).
#[component]
pub fn Password(
    id: &'static str,
    name: &'static str,
    autocomplete: &'static str,
    #[prop(into)] value: RwSignal<String>,
    #[prop(into)] invalid: Signal<bool>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let caps = RwSignal::new(false);
    let watch = move |event: leptos::ev::KeyboardEvent| caps.set(event.get_modifier_state("CapsLock"));
    view! {
        <div class="input-group">
            <input
                class="input input--big"
                id=id
                name=name
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete=autocomplete
                required
                maxlength="256"
                spellcheck="false"
                autocapitalize="none"
                aria-invalid=move || invalid.get().to_string()
                aria-describedby=format!("{id}-error")
                on:keydown=watch
                on:keyup=watch
                on:blur=move |_| caps.set(false)
                on:input=move |event| value.set(event_target_value(&event))
            />
            <span class="input-group__end">
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label=move || if shown.get() { "Hide the password" } else { "Show the password" }
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|s| *s = !*s)
                >
                    {move || view! { <Icon name=if shown.get() { "eye-off" } else { "eye" } /> }}
                </button>
            </span>
        </div>
        {move || caps.get().then(|| view! { <p class="field__error is-warning">"Caps lock is on."</p> })}
    }
}

/// A select with our own arrow; the children are its `<option>`s.
#[component]
pub fn Select(
    #[prop(into)] id: String,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional)] name: &'static str,
    on_change: Callback<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <span class="select">
            <select
                class="input"
                id=id
                name=name
                aria-label=label
                on:change=move |event| on_change.run(event_target_value(&event))
            >
                {children()}
            </select>
            <Icon name="chevron-down" />
        </span>
    }
}
