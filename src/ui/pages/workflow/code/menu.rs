//! The list of what may be written, at the word that is being typed.

use super::complete::{Item, Menu, What};
use crate::ui::browser::typing;
use leptos::prelude::*;

/// Height of a row and width of the list, as the style has them.
const ROW: i32 = 28;
const WIDTH: f64 = 340.0;
const ROWS_SEEN: usize = 9;

/// The list; nothing while there is no menu. Takes no focus: the field's `aria-activedescendant` tells which row is meant.
#[component]
pub(super) fn MenuList(
    menu: RwSignal<Option<Menu>>,
    chosen: RwSignal<usize>,
    list_id: String,
    /// The element that stands where the word begins.
    mark_id: String,
    take: Callback<Item>,
) -> impl IntoView {
    let style = RwSignal::new("visibility: hidden".to_owned());
    let count = Memo::new(move |_| menu.with(|m| m.as_ref().map_or(0, |m| m.items.len())));
    let from = Memo::new(move |_| menu.with(|m| m.as_ref().map(|m| m.range.start)));
    Effect::new(move |_| {
        let (Some(_), rows) = (from.get(), count.get()) else { return };
        let mark_id = mark_id.clone();
        request_animation_frame(move || {
            if let Some(place) = typing::place_of(&mark_id) {
                style.try_set(placed(place, rows));
            }
        });
    });
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::resize, move |_| menu.set(None));
        on_cleanup(move || handle.remove());
    });
    {
        let list_id = list_id.clone();
        Effect::new(move |_| {
            if count.get() > 0 {
                typing::show_row(&list_id, chosen.get(), ROW);
            }
        });
    }
    move || {
        let items = menu.get()?.items;
        let list_id = list_id.clone();
        let row_id = list_id.clone();
        let row = move |(index, item): (usize, Item)| {
            let (letter, class) = look(item.what);
            let taken = item.clone();
            view! {
                <li
                    id=format!("{row_id}-{index}")
                    role="option"
                    class="complete__row"
                    aria-selected=move || (chosen.get() == index).to_string()
                    on:mousedown=move |event| {
                        // The focus stays in the field.
                        event.prevent_default();
                        take.run(taken.clone());
                    }
                >
                    <span class=format!("complete__what {class}") aria-hidden="true">
                        {letter}
                    </span>
                    <span class="complete__label truncate">{item.label}</span>
                    <span class="complete__kind">{item.kind}</span>
                    <span class="complete__about truncate">{item.about}</span>
                </li>
            }
        };
        Some(view! {
            <div class="complete" style=move || style.get() data-testid="complete">
                <ul id=list_id role="listbox" aria-label="What may be written here">
                    {items.into_iter().enumerate().map(row).collect_view()}
                </ul>
                <p class="complete__keys" aria-hidden="true">
                    <kbd>"↑↓"</kbd>
                    " choose "
                    <kbd>"↵"</kbd>
                    " write "
                    <kbd>"Esc"</kbd>
                    " close"
                </p>
            </div>
        })
    }
}

fn look(what: What) -> (&'static str, &'static str) {
    match what {
        What::Name => ("N", "t-root"),
        What::Step => ("S", "t-brace"),
        What::Field => ("F", "t-field"),
        What::Filter => ("|", "t-call"),
        What::Function => ("ƒ", "t-call"),
        What::Word => ("W", "t-word"),
    }
}

/// Below the word, or above it where there is more room; never out of the window.
fn placed((left, top, bottom, width, height): (f64, f64, f64, f64, f64), rows: usize) -> String {
    let wide = WIDTH.min(width - 16.0);
    let left = left.clamp(8.0, (width - wide - 8.0).max(8.0));
    let tall = rows.min(ROWS_SEEN) as f64 * f64::from(ROW) + 42.0;
    if bottom + 4.0 + tall > height && top > height - bottom {
        format!("left: {left:.0}px; bottom: {:.0}px; width: {wide:.0}px", height - top + 4.0)
    } else {
        format!("left: {left:.0}px; top: {:.0}px; width: {wide:.0}px", bottom + 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn the_list_stays_in_the_window() {
        assert_eq!(placed((100.0, 90.0, 110.0, 1440.0, 900.0), 3), "left: 100px; top: 114px; width: 340px");
        assert_eq!(
            placed((1300.0, 800.0, 820.0, 1440.0, 900.0), 9),
            "left: 1092px; bottom: 104px; width: 340px"
        );
        assert_eq!(placed((10.0, 90.0, 110.0, 320.0, 600.0), 1), "left: 8px; top: 114px; width: 304px");
    }
}
