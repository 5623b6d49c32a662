//! Text areas: where their cursor is, and writing at it as a person would, so that the browser's own undo knows of it.

use leptos::web_sys::{DragEvent, HtmlTextAreaElement};

/// What a dragged thing says of itself under a kind; nothing where it has no such kind.
#[must_use]
pub fn dragged(event: &DragEvent, kind: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        event.data_transfer().and_then(|d| d.get_data(kind).ok()).filter(|text| !text.is_empty())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, kind);
        None
    }
}

/// Lets a thing be dragged: what it says of itself, by kind.
pub fn drag(event: &DragEvent, says: &[(&str, &str)]) {
    #[cfg(feature = "hydrate")]
    if let Some(data) = event.data_transfer() {
        for (kind, text) in says {
            let _ = data.set_data(kind, text);
        }
        data.set_effect_allowed("copy");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, says);
}

/// Both ends of the selection, in UTF-16 units.
#[must_use]
pub fn selection(area: &HtmlTextAreaElement) -> (usize, usize) {
    #[cfg(feature = "hydrate")]
    {
        let end =
            |at: Result<Option<u32>, wasm_bindgen::JsValue>| at.ok().flatten().unwrap_or_default() as usize;
        (end(area.selection_start()), end(area.selection_end()))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = area;
        (0, 0)
    }
}

/// Puts the cursor there.
pub fn set_cursor(area: &HtmlTextAreaElement, units: usize) {
    #[cfg(feature = "hydrate")]
    {
        let at = u32::try_from(units).unwrap_or(u32::MAX);
        let _ = area.set_selection_range(at, at);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (area, units);
}

/// Writes a text in the place of a range; the area tells it as an `input` event.
pub fn replace(area: &HtmlTextAreaElement, from: usize, to: usize, text: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::{JsCast, JsValue};
        let unit = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let _ = area.focus();
        let _ = area.set_selection_range(unit(from), unit(to));
        // The only way that keeps the field's own undo; marked as outdated, and offered by every browser.
        let document: JsValue = leptos::prelude::document().into();
        let written = js_sys::Reflect::get(&document, &JsValue::from_str("execCommand"))
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok())
            .and_then(|f| {
                f.call3(
                    &document,
                    &JsValue::from_str("insertText"),
                    &JsValue::FALSE,
                    &JsValue::from_str(text),
                )
                .ok()
            })
            .is_some_and(|done| done.is_truthy());
        if !written {
            let _ = area.set_range_text_with_start_and_end(text, unit(from), unit(to));
            if let Ok(event) = web_sys::Event::new("input") {
                let _ = area.dispatch_event(&event);
            }
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (area, from, to, text);
}

/// Left, top and bottom of the element of that id in the window, and the window's width and height.
#[must_use]
pub fn place_of(id: &str) -> Option<(f64, f64, f64, f64, f64)> {
    #[cfg(feature = "hydrate")]
    {
        let rect = leptos::prelude::document().get_element_by_id(id)?.get_bounding_client_rect();
        let window = leptos::prelude::window();
        let width = window.inner_width().ok()?.as_f64()?;
        let height = window.inner_height().ok()?.as_f64()?;
        Some((rect.left(), rect.top(), rect.bottom(), width, height))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        None
    }
}

/// Scrolls the list of that id so that a row of it can be seen; rows are of one height.
pub fn show_row(list: &str, row: usize, height: i32) {
    #[cfg(feature = "hydrate")]
    if let Some(list) = leptos::prelude::document().get_element_by_id(list) {
        let top = i32::try_from(row).unwrap_or(0) * height;
        let (seen, room) = (list.scroll_top(), list.client_height());
        if top < seen {
            list.set_scroll_top(top);
        } else if top + height > seen + room {
            list.set_scroll_top(top + height - room);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (list, row, height);
}

/// How far the element that an event comes from is scrolled down.
#[must_use]
pub fn scrolled(event: &leptos::web_sys::Event) -> f64 {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        element.map_or(0.0, |element| f64::from(element.scroll_top()))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        0.0
    }
}

/// Gives the focus to the control of that id or the first one in it; with `within`, to that of the row of that name.
pub fn focus_field(id: &str, within: Option<&str>) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let Some(mut element) = leptos::prelude::document().get_element_by_id(id) else { return };
        if let Ok(Some(details)) = element.closest("details") {
            let _ = details.set_attribute("open", "");
        }
        if within.is_some() {
            let rows = element.get_elements_by_class_name("map__row");
            let row = (0..rows.length())
                .filter_map(|i| rows.item(i))
                .find(|row| row.get_attribute("data-field").as_deref() == within);
            if let Some(row) = row {
                element = row.query_selector("textarea").ok().flatten().unwrap_or(row);
            }
        }
        if !matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT" | "BUTTON")
            && let Ok(Some(first)) = element.query_selector("textarea, input, select, button")
        {
            element = first;
        }
        if let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() {
            let _ = element.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, within);
}
