//! Ctrl+F: a small field that lists the steps with these words and goes to one.

use super::keys::Desk;
use crate::{
    ui::components::{
        icon::Icon,
        search::{self, SearchHead, Words},
    },
    workflow::{
        catalog,
        document::{Node, Workflow},
        ids::NodeId,
    },
};
use leptos::{html, prelude::*};

/// Steps that the list shows at once.
const SHOWN: usize = 8;

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    id: NodeId,
    name: String,
    kind: String,
    icon: &'static str,
    category: &'static str,
}

impl Found {
    fn of(node: &Node) -> Self {
        let sketch = catalog::sketch(&node.node_type);
        let (icon, category) = sketch.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
        Self { id: node.id, name: node.name.clone(), kind: kind(node), icon, category }
    }
}

fn kind(node: &Node) -> String {
    catalog::find(&node.node_type).map_or_else(|| node.node_type.clone(), |t| t.title.to_owned())
}

/// The steps whose name or kind has all the words, those whose name begins with the first word ahead; and how many.
fn with_words(document: &Workflow, words: &str) -> (Vec<Found>, usize) {
    let words = Words::of(words);
    let mut found: Vec<(bool, &Node)> = document
        .nodes
        .iter()
        .filter_map(|node| {
            let text = format!("{} {} {}", node.name, kind(node), node.node_type);
            words.are_in(&text).then(|| (!words.begin(&node.name), node))
        })
        .collect();
    found.sort_by_key(|(is_later, _)| *is_later);
    (found.iter().take(SHOWN).map(|(_, node)| Found::of(node)).collect(), found.len())
}

#[component]
pub fn Find() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_open = Memo::new(move |_| desk.find.get());
    move || is_open.get().then(|| view! { <Field desk /> })
}

#[component]
fn Field(desk: Desk) -> impl IntoView {
    let editing = desk.editing;
    let words = RwSignal::new(String::new());
    let place = RwSignal::new(0_usize);
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| search::focus(field));
    let found = Memo::new(move |_| {
        editing.version.track();
        words.with(|words| editing.read(|d| with_words(d, words)))
    });
    let go = move |id: NodeId| {
        desk.find.set(false);
        editing.go_to(id);
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let last = found.with_untracked(|(list, _)| list.len().saturating_sub(1));
        match event.key().as_str() {
            "ArrowDown" => place.update(|p| *p = if *p >= last { 0 } else { *p + 1 }),
            "ArrowUp" => place.update(|p| *p = if *p == 0 { last } else { *p - 1 }),
            "Enter" => {
                let id = found.with_untracked(|(list, _)| list.get(place.get_untracked()).map(|f| f.id));
                if let Some(id) = id {
                    go(id);
                }
            }
            "Escape" => desk.find.set(false),
            _ => return,
        }
        event.prevent_default();
    };
    let row = move |(i, f): (usize, Found)| {
        let id = f.id;
        view! {
            <li>
                <button
                    type="button"
                    role="option"
                    tabindex="-1"
                    id=format!("find-{i}")
                    class="find__item"
                    class:is-at=move || place.get() == i
                    aria-selected=move || (place.get() == i).to_string()
                    data-testid="find-item"
                    on:click=move |_| go(id)
                >
                    <span class=format!("tile cat-{}", f.category)>
                        <Icon name=f.icon class="icon--sm" />
                    </span>
                    <span class="truncate">{f.name}</span>
                    <small class="truncate">{f.kind}</small>
                </button>
            </li>
        }
    };
    view! {
        <div class="find" role="search" data-testid="find">
            <SearchHead class="find__head" close=Callback::new(move |()| desk.find.set(false))>
                <input
                    node_ref=field
                    class="input input--search"
                    type="text"
                    placeholder="Find a step by its name or kind"
                    aria-label="Find a step"
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="find-list"
                    aria-activedescendant=move || format!("find-{}", place.get())
                    autocomplete="off"
                    spellcheck="false"
                    data-testid="find-field"
                    on:input=move |event| {
                        place.set(0);
                        words.set(event_target_value(&event));
                    }
                    on:keydown=keys
                />
            </SearchHead>
            <ul class="find__list" id="find-list" role="listbox" aria-label="Steps">
                {move || found.get().0.into_iter().enumerate().map(row).collect_view()}
            </ul>
            <p class="find__count" aria-live="polite">
                {move || match found.with(|(list, all)| (list.len(), *all)) {
                    (_, 0) => "No step has these words.".to_owned(),
                    (shown, all) if shown < all => format!("{shown} of {all} steps; more words find fewer."),
                    (_, 1) => "1 step".to_owned(),
                    (_, all) => format!("{all} steps"),
                }}
            </p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    #[test]
    fn words_find_names_and_kinds() {
        let node = |name: &str, node_type: &str| Node {
            id: NodeId::new(),
            name: name.to_owned(),
            node_type: node_type.to_owned(),
            config: Default::default(),
            settings: Default::default(),
            position_x: 0.0,
            position_y: 0.0,
        };
        let document = sample::of_nodes(vec![
            node("Ask twice", "llm_call"),
            node("Twice shy", "transform"),
            node("🌊", "strange_type"),
        ]);
        let names =
            |words: &str| with_words(&document, words).0.into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names("twice"), ["Twice shy", "Ask twice"], "what begins with it comes first");
        assert_eq!(names("TRANSFORM shy"), ["Twice shy"]);
        assert_eq!(names("strange"), ["🌊"]);
        assert_eq!(names("").len(), 3);
        assert_eq!(with_words(&document, "nowhere").1, 0);
    }
}
