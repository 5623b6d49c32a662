//! Moving through the cells of a table with the keys, on the elements themselves: a grid of thousands of cells has one
//! listener.

#[cfg(feature = "hydrate")]
use wasm_bindgen::JsCast;
#[cfg(feature = "hydrate")]
use web_sys::Element;

/// What a key asks of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Columns(i32),
    Rows(i32),
}

#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
fn step_of(key: &str) -> Option<Step> {
    const FAR: i32 = 10_000;
    Some(match key {
        "ArrowLeft" => Step::Columns(-1),
        "ArrowRight" => Step::Columns(1),
        "ArrowUp" => Step::Rows(-1),
        "ArrowDown" => Step::Rows(1),
        "Home" => Step::Columns(-FAR),
        "End" => Step::Columns(FAR),
        "PageUp" => Step::Rows(-10),
        "PageDown" => Step::Rows(10),
        _ => return None,
    })
}

/// Moves the focus from the cell of a key event to the one that the key asks for; `false` if it asks for none.
pub fn move_focus(event: &leptos::web_sys::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let Some((step, cell)) = step_of(&event.key()).zip(cell_of(event)) else { return false };
        event.prevent_default();
        if let Some(next) = neighbour(&cell, step) {
            let _ = cell.set_attribute("tabindex", "-1");
            let _ = next.set_attribute("tabindex", "0");
            if let Ok(next) = next.dyn_into::<web_sys::HtmlElement>() {
                let _ = next.focus();
            }
        }
        true
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The row, as `data-row` numbers it, that an event comes from.
#[must_use]
pub fn row_of(event: &leptos::web_sys::Event) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    {
        let target = event.target()?.dyn_into::<Element>().ok()?;
        target.closest("tr[data-row]").ok()??.get_attribute("data-row")?.parse().ok()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// As `row_of`, for what stands at its beginning only.
#[must_use]
pub fn mark_of(event: &leptos::web_sys::Event) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    {
        let target = event.target()?.dyn_into::<Element>().ok()?;
        target.closest("tr[data-row] > :first-child").ok()??;
        row_of(event)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

#[cfg(feature = "hydrate")]
fn cell_of(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest("td").ok()?
}

/// The cell that far away, or the last one on the way to it.
#[cfg(feature = "hydrate")]
fn neighbour(cell: &Element, step: Step) -> Option<Element> {
    let along = |from: &Element, by: i32| {
        let mut at = from.clone();
        for _ in 0..by.abs() {
            let next = if by > 0 { at.next_element_sibling() } else { at.previous_element_sibling() };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    };
    match step {
        Step::Columns(by) => Some(along(cell, by)),
        Step::Rows(by) => {
            let row = along(&cell.parent_element()?, by);
            let place =
                std::iter::successors(cell.previous_element_sibling(), Element::previous_element_sibling);
            row.children().item(u32::try_from(place.count()).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_ask_for_no_cell_are_left_alone() {
        assert_eq!(step_of("ArrowDown"), Some(Step::Rows(1)));
        assert_eq!(step_of("Home"), Some(Step::Columns(-10_000)));
        assert_eq!(step_of("a"), None);
        assert_eq!(step_of("Enter"), None);
    }
}
