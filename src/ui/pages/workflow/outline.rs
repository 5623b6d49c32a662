//! The steps as a list that can do all that the canvas can, by keyboard and screen reader; on phones it stands below
//! the canvas.

mod deeds;
mod row;
mod wires;

use super::keys::{Desk, act};
use crate::ui::{
    browser,
    canvas::{change, editing::Editing, gesture::Gesture},
    components::icon::Icon,
};
use crate::workflow::ids::NodeId;
use leptos::prelude::*;
use row::Row;
use std::collections::HashSet;

/// Rows that are there from the start; a longer list grows once it is seen.
const FIRST: usize = 60;
/// Rows that come with each further frame.
const MORE: usize = 100;

/// What the list takes of the left of the canvas, in pixels. As in the style sheet.
const WIDTH: f64 = 332.0;

/// The class of what the arrow keys go along.
pub(super) const STEP: &str = "outline__step";

/// Which steps an edge that waits for its second press may reach; none while none waits.
#[derive(Clone, Copy)]
struct Reach(Memo<Option<HashSet<NodeId>>>);

impl Reach {
    fn of(editing: Editing) -> Self {
        Self(Memo::new(move |_| {
            if !editing.edge_waits.get() {
                return None;
            }
            editing.gesture.with(|gesture| match gesture {
                Gesture::Connect { source, port } => {
                    Some(editing.read(|d| change::targets(d, None, *source, port)))
                }
                _ => None,
            })
        }))
    }
}

/// The steps of the list in their order.
#[derive(Clone, Copy)]
struct Order(StoredValue<Vec<NodeId>>);

impl Order {
    /// Deletes what is chosen, and gives the focus to the row that takes the place of `id`: else it would be lost.
    fn delete(self, desk: Desk, id: NodeId) {
        let next = self.0.with_value(|order| {
            let place = order.iter().position(|known| *known == id)?;
            order.get(place + 1).or_else(|| order.get(place.checked_sub(1)?)).copied()
        });
        act::delete(desk);
        request_animation_frame(move || {
            if !next.is_some_and(|id| browser::focus(&row_id(id))) {
                browser::focus_class(STEP);
            }
        });
    }
}

/// What the ids of the rows begin with.
pub(super) const ROW: &str = "outline-";

/// The id of a step's row.
pub(super) fn row_id(id: NodeId) -> String {
    format!("{ROW}{id}")
}

#[component]
pub fn Outline() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let desk = expect_context::<Desk>();
    provide_context(Reach::of(editing));
    let order = Order(StoredValue::new(Vec::new()));
    provide_context(order);
    let rows = RwSignal::new(FIRST);
    let count = Memo::new(move |_| editing.cards.with(Vec::len));
    let is_small = browser::screen::is_small();
    let is_seen = Memo::new(move |_| desk.outline.get() || is_small.get());
    Effect::new(move |_| {
        if is_seen.get() && rows.get() < count.get() {
            request_animation_frame(move || {
                let _ = rows.try_update(|n| *n += MORE);
            });
        }
    });
    // What is chosen here is in sight on the canvas, beside the list. On small screens that stands below.
    Effect::new(move |_| {
        let is_over = desk.outline.get() && !is_small.get();
        editing.set_list(if is_over { WIDTH } else { 0.0 });
    });
    // What is chosen on the canvas is in sight here.
    let chosen = editing.single_node();
    Effect::new(move |_| {
        if let Some(id) = chosen.get()
            && is_seen.get_untracked()
        {
            browser::show(&row_id(id));
        }
    });
    let steps = move || {
        editing.drawn.track();
        editing.cards.track();
        let mut ids = editing.in_eye_order();
        ids.truncate(rows.get());
        let cards = ids.iter().filter_map(|id| editing.card(*id)).collect::<Vec<_>>();
        order.0.set_value(ids);
        cards
    };
    let along = move |event: leptos::ev::KeyboardEvent| {
        if browser::is_typing(event.target()) {
            return;
        }
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Delete" | "Backspace" => {
                if let Some(id) = chosen.get_untracked() {
                    event.prevent_default();
                    order.delete(desk, id);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        browser::focus_next(STEP, by);
    };
    view! {
        <nav
            class="drawer outline"
            class:is-open=move || desk.outline.get()
            aria-label="Steps"
            data-testid="outline"
            on:keydown=along
        >
            <div class="drawer__head">
                <h2>"Steps"</h2>
                <span class="outline__count num">{count}</span>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm outline__close"
                    aria-label="Close the list of steps"
                    on:click=move |_| desk.outline.set(false)
                >
                    <Icon name="x" class="icon--sm" />
                </button>
            </div>
            <Waiting />
            <div class="outline__body">
                <ul>
                    <For each=steps key=|c| c.id let:card>
                        <Row card count />
                    </For>
                </ul>
                <super::notes::NotesOutline />
            </div>
            <div class="outline__foot">
                <button
                    type="button"
                    class="btn btn--sm"
                    data-testid="outline-add"
                    on:click=move |_| editing.ask_for_step()
                >
                    <Icon name="plus" class="icon--sm" />
                    "Add a step"
                </button>
            </div>
        </nav>
    }
    .into_any()
}

/// Where an edge comes from that waits for the step it leads to.
#[component]
fn Waiting() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let reach = expect_context::<Reach>();
    move || {
        reach.0.with(Option::is_some).then(|| {
            view! {
                <div class="outline__waiting">
                    <p>"Choose the step that follows."</p>
                    <button
                        type="button"
                        class="btn btn--sm"
                        on:click=move |_| {
                            let after = editing.waiting_edge().and_then(|(id, _)| editing.read(|d| change::place_after(d, id)));
                            if let Some((at, _)) = after {
                                editing.drop_edge(at);
                            }
                        }
                    >
                        "A new step"
                    </button>
                    <button
                        type="button"
                        class="btn btn--ghost btn--sm"
                        on:click=move |_| {
                            editing.cancel_edge();
                        }
                    >
                        "Cancel"
                    </button>
                </div>
            }
        })
    }
}
