//! The drawer with all kinds of steps.

use crate::{
    ui::{
        browser::carry,
        canvas::{
            editing::{Editing, Wish},
            surface::HELD,
            wiring,
        },
        components::{
            field::prose,
            icon::Icon,
            search::{self, SearchHead, Words},
        },
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
            search::focus(field);
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
            if let Some(first) =
                fitting(&words.get_untracked(), editing.palette.get_untracked().as_ref()).first()
            {
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
                    <SearchHead class="drawer__head" close=Callback::new(move |()| editing.palette.set(None))>
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
                    </SearchHead>
                    {move || after(editing).map(|words| view! { <p class="palette__after truncate" data-testid="palette-after">{words}</p> })}
                    <ul class="palette__list">
                        {move || {
                            let found = fitting(&words.get(), editing.palette.get().as_ref());
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

/// Which step the new one is to follow.
fn after(editing: Editing) -> Option<String> {
    let (id, port) = editing.palette.with(|wish| wish.as_ref()?.from.clone())?;
    let name = editing.read(|d| d.node(id).map(|n| n.name.clone()))?;
    Some(if port == "out" {
        format!("Follows {name}")
    } else {
        format!("Follows {name}, where it leaves by “{port}”")
    })
}

/// Whether a kind of step can stand where it is wished.
fn fits(kind: &NodeType, wish: Option<&Wish>) -> bool {
    wish.is_none_or(|wish| {
        let follows = wish.from.is_none() || !kind.inputs.is_empty();
        follows && (wish.wire.is_none() || wiring::can_stand_between(kind.name))
    })
}

/// The kinds whose name or description has all the words, of those that fit the wish.
fn fitting(words: &str, wish: Option<&Wish>) -> Vec<&'static NodeType> {
    let words = Words::of(words);
    catalog::all()
        .iter()
        .filter(|kind| {
            fits(kind, wish) && words.are_in(&format!("{} {} {}", kind.title, kind.name, kind.description))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn all_words_must_fit() {
        let names = |words: &str| fitting(words, None).iter().map(|k| k.name).collect::<Vec<_>>();
        assert_eq!(names("MODEL ask"), ["llm_call"]);
        assert!(names("").len() >= 3);
        assert!(names("model zebra").is_empty());
    }
}
