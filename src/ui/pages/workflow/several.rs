//! The panel on the right while several steps are chosen: how many, which, and what can be done with all of them.

use super::{clipboard, keys::Desk};
use crate::ui::{
    canvas::editing::Editing,
    components::{icon::Icon, toast::Toasts},
};
use leptos::prelude::*;

/// Names that the panel lists; the rest is a number.
const LISTED: usize = 12;

/// Puts copies of the chosen steps beside them; `false` if none is chosen.
pub fn duplicate(editing: Editing, toasts: Toasts) -> bool {
    match editing.duplicate_selected() {
        Ok(done) => done,
        Err(error) => {
            toasts.failure(error.to_string());
            true
        }
    }
}

/// "3 steps, 1 edge and 2 notes"; what there is none of is left out.
pub fn count(things: &[(usize, &str)]) -> String {
    let of = |(n, word): &(usize, &str)| format!("{n} {word}{}", if *n == 1 { "" } else { "s" });
    let words: Vec<_> = things.iter().filter(|(n, _)| *n > 0).map(of).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

#[component]
pub fn Several() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let desk = expect_context::<Desk>();
    let numbers =
        Memo::new(move |_| editing.selection.with(|s| (s.nodes().len(), s.edges().len(), s.notes().len())));
    let has_nodes = move || numbers.get().0 > 0;
    let can_copy = move || numbers.get().0 + numbers.get().2 > 0;
    let rows = move || {
        editing.selection.track();
        editing.version.track();
        let chosen = editing.chosen_nodes();
        let names = editing.read(|d| {
            chosen
                .iter()
                .take(LISTED)
                .filter_map(|id| d.node(*id))
                .map(|n| (n.id, n.name.clone()))
                .collect::<Vec<_>>()
        });
        let rest = chosen.len().saturating_sub(LISTED);
        let rows = names
            .into_iter()
            .map(|(id, name)| {
                view! {
                    <li>
                        <button type="button" class="several__step truncate" title="Choose this one only" on:click=move |_| editing.choose(id)>
                            {name}
                        </button>
                    </li>
                }
            })
            .collect_view();
        view! { {rows} {(rest > 0).then(|| view! { <li class="several__rest">{format!("and {rest} more")}</li> })} }
    };
    let all_off = Memo::new(move |_| {
        editing.version.track();
        editing.selection.with(|chosen| {
            editing.read(|d| d.nodes.iter().filter(|n| chosen.has_node(n.id)).all(|n| n.settings.disabled))
        })
    });
    view! {
        <aside class="drawer config several" aria-label="The chosen steps" data-testid="several-panel">
            <div class="drawer__head">
                <h2 class="truncate" aria-live="polite">
                    {move || {
                        let (nodes, edges, notes) = numbers.get();
                        format!("{} chosen", count(&[(nodes, "step"), (edges, "edge"), (notes, "note")]))
                    }}
                </h2>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label="Close"
                    on:click=move |_| editing.choose_nothing()
                >
                    <Icon name="x" class="icon--sm" />
                </button>
            </div>
            <div class="drawer__body">
                <div class="several__acts">
                    {move || {
                        can_copy()
                            .then(|| {
                                view! {
                                    <button
                                        type="button"
                                        class="btn btn--sm"
                                        title="Duplicate (Ctrl+D)"
                                        on:click=move |_| {
                                            duplicate(editing, desk.toasts);
                                        }
                                    >
                                        <Icon name="versions" class="icon--sm" />
                                        "Duplicate"
                                    </button>
                                    <button
                                        type="button"
                                        class="btn btn--sm"
                                        title="Copy (Ctrl+C)"
                                        on:click=move |_| {
                                            clipboard::copy(desk);
                                        }
                                    >
                                        <Icon name="copy" class="icon--sm" />
                                        "Copy"
                                    </button>
                                }
                            })
                    }}
                    {move || {
                        has_nodes()
                            .then(|| {
                                view! {
                                    <button
                                        type="button"
                                        class="btn btn--sm"
                                        title="Disabled steps pass their input on (D)"
                                        on:click=move |_| {
                                            editing.switch_selected();
                                        }
                                    >
                                        <Icon name="ban" class="icon--sm" />
                                        {move || if all_off.get() { "Enable" } else { "Disable" }}
                                    </button>
                                }
                            })
                    }}
                    <button type="button" class="btn btn--sm btn--danger" title="Delete (Delete)" on:click=move |_| editing.delete_selected()>
                        <Icon name="trash" class="icon--sm" />
                        "Delete"
                    </button>
                </div>
                <ul class="several__list">{rows}</ul>
            </div>
        </aside>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_their_words() {
        let count = |steps, edges, notes| super::count(&[(steps, "step"), (edges, "edge"), (notes, "note")]);
        assert_eq!(count(3, 0, 0), "3 steps");
        assert_eq!(count(1, 2, 0), "1 step and 2 edges");
        assert_eq!(count(1, 2, 1), "1 step, 2 edges and 1 note");
        assert_eq!(count(0, 2, 0), "2 edges");
    }
}
