//! The drawer with all kinds of steps.

use crate::{
    ui::{
        browser::carry,
        canvas::{editing::Editing, surface::HELD},
        components::{field::prose, icon::Icon},
    },
    workflow::catalog::{self, NodeType},
};
use leptos::{html, prelude::*};

/// Open while a step is wished; Enter takes the first that fits the words.
#[component]
pub fn Palette() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let words = RwSignal::new(String::new());
    let field = NodeRef::<html::Input>::new();
    let is_open = Memo::new(move |_| editing.palette.with(Option::is_some));
    Effect::new(move |_| {
        if is_open.get() {
            words.set(String::new());
            if let Some(field) = field.get() {
                let _ = field.focus();
            }
        }
    });
    let add = move |kind: &'static NodeType| {
        let wish = editing.palette.get_untracked().unwrap_or_default();
        editing.palette.set(None);
        editing.add(kind, wish);
    };
    let keys = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            if let Some(first) = fitting(&words.get_untracked()).first() {
                add(first);
            }
        }
        "Escape" => editing.palette.set(None),
        _ => {}
    };
    move || {
        is_open.get().then(|| {
            view! {
                <aside class="drawer palette" aria-label="Add a step" data-testid="palette">
                    <div class="drawer__head">
                        <div class="search">
                            <Icon name="search" class="icon--sm" />
                            <input
                                node_ref=field
                                class="input input--search"
                                type="search"
                                placeholder="Find a step"
                                aria-label="Find a step"
                                data-testid="palette-search"
                                on:input=move |event| words.set(event_target_value(&event))
                                on:keydown=keys
                            />
                        </div>
                        <button
                            type="button"
                            class="btn btn--ghost btn--icon btn--sm"
                            aria-label="Close"
                            on:click=move |_| editing.palette.set(None)
                        >
                            <Icon name="x" class="icon--sm" />
                        </button>
                    </div>
                    <ul class="palette__list">
                        {move || {
                            let found = fitting(&words.get());
                            if found.is_empty() {
                                return view! { <li class="palette__none">"No step has these words."</li> }.into_any();
                            }
                            found
                                .into_iter()
                                .map(|kind| {
                                    view! {
                                        <li>
                                            <button
                                                type="button"
                                                class=format!("palette__item cat-{}", kind.category.as_str())
                                                data-testid="palette-item"
                                                data-node-type=kind.name
                                                draggable="true"
                                                on:dragstart=move |event| carry::take(&event, HELD, kind.name)
                                                on:click=move |_| add(kind)
                                            >
                                                <span class="tile">
                                                    <Icon name=kind.icon />
                                                </span>
                                                <span>
                                                    <strong>{kind.title}</strong>
                                                    <small>{prose(kind.description)}</small>
                                                </span>
                                            </button>
                                        </li>
                                    }
                                })
                                .collect_view()
                                .into_any()
                        }}
                    </ul>
                </aside>
            }
        })
    }
}

/// The kinds whose name or description has all the words.
fn fitting(words: &str) -> Vec<&'static NodeType> {
    let words = words.to_lowercase();
    let words: Vec<_> = words.split_whitespace().collect();
    catalog::all()
        .iter()
        .filter(|kind| {
            let text = format!("{} {} {}", kind.title, kind.name, kind.description).to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn all_words_must_fit() {
        let names = |words: &str| fitting(words).iter().map(|k| k.name).collect::<Vec<_>>();
        assert_eq!(names("MODEL ask"), ["llm_call"]);
        assert!(names("").len() >= 3);
        assert!(names("model zebra").is_empty());
    }
}
