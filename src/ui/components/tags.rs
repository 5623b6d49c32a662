//! A list of short texts that one adds and removes.

use super::icon::Icon;
use leptos::prelude::*;

/// Enter, a comma or a blank adds one; Backspace in the empty field takes the last.
#[component]
pub fn TagField(
    #[prop(into)] id: String,
    value: RwSignal<Vec<String>>,
    #[prop(into)] placeholder: String,
    #[prop(optional, into)] invalid: MaybeProp<bool>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let add = move || {
        let words = text.get_untracked();
        let new = words.split([',', ' ', '\n', '\t']).map(str::trim).filter(|w| !w.is_empty());
        value.update(|list| {
            for word in new {
                if !list.iter().any(|known| known == word) {
                    list.push(word.to_owned());
                }
            }
        });
        text.set(String::new());
    };
    let keys = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" | "," | " " if !text.with_untracked(String::is_empty) => {
            event.prevent_default();
            add();
        }
        "Backspace" if text.with_untracked(String::is_empty) => value.update(|list| {
            list.pop();
        }),
        _ => {}
    };
    view! {
        <div class="tags" class:is-invalid=move || invalid.get() == Some(true)>
            <For each=move || value.get() key=String::clone let:word>
                <span class="tag">
                    <span class="truncate">{word.clone()}</span>
                    <button
                        type="button"
                        aria-label=format!("Remove {word}")
                        on:click=move |_| value.update(|list| list.retain(|other| *other != word))
                    >
                        <Icon name="x" class="icon--sm" />
                    </button>
                </span>
            </For>
            <input
                id=id
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=keys
                on:blur=move |_| add()
            />
        </div>
    }
    .into_any()
}
