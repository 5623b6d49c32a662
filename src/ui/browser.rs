//! The few things asked of the browser directly. Each does nothing on the server, so that callers need no `cfg`.

pub mod carry;
pub mod clipboard;
pub mod files;
pub mod grid;
pub mod link;
pub mod memory;
pub mod motion;
pub mod screen;
pub mod send;
pub mod typing;

#[cfg(feature = "hydrate")]
use wasm_bindgen::{JsCast, JsValue};

/// `document.cookie`.
#[must_use]
pub fn cookies() -> String {
    #[cfg(feature = "hydrate")]
    {
        js_sys::Reflect::get(&leptos::prelude::document(), &JsValue::from_str("cookie"))
            .ok()
            .and_then(|v| v.as_string())
            .unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Keeps a cookie for a year, for this site only.
pub fn set_cookie(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax");
        let _ = js_sys::Reflect::set(
            &leptos::prelude::document(),
            &JsValue::from_str("cookie"),
            &JsValue::from_str(&cookie),
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, value);
}

/// Sets or removes an attribute of `<html>`.
pub fn root_attribute(name: &str, value: Option<&str>) {
    #[cfg(feature = "hydrate")]
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, value);
}

/// Milliseconds since 1970; 0 on the server, where views must not know the time.
#[must_use]
pub fn now_ms() -> f64 {
    #[cfg(feature = "hydrate")]
    {
        js_sys::Date::now()
    }
    #[cfg(not(feature = "hydrate"))]
    0.0
}

/// A local time such as `2030-01-31T09:00`, as fields for times give it, in UTC: `2030-01-31T08:00:00.000Z`.
#[must_use]
pub fn to_utc(local: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let date = js_sys::Date::new(&JsValue::from_str(local));
        (!date.get_time().is_nan()).then(|| String::from(date.to_iso_string()))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = local;
        None
    }
}

/// The name of the time zone that this browser is in.
#[must_use]
pub fn time_zone() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
        let options = format.resolved_options();
        js_sys::Reflect::get(&options, &JsValue::from_str("timeZone")).ok()?.as_string()
    }
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Goes to an address of this site with a full load.
pub fn go_to(path: &str) {
    #[cfg(feature = "hydrate")]
    {
        let _ = leptos::prelude::window().location().set_href(path);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = path;
}

/// Path and query of the page, for "come back here afterwards".
#[must_use]
pub fn here() -> String {
    #[cfg(feature = "hydrate")]
    {
        let location = leptos::prelude::window().location();
        format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Puts text on the clipboard; `false` where the browser offers none (a page that is not served securely).
pub fn copy(text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let navigator = leptos::prelude::window().navigator();
        let offered = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"))
            .is_ok_and(|clipboard| !clipboard.is_undefined());
        if offered {
            let _ = navigator.clipboard().write_text(text);
        }
        offered
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = text;
        false
    }
}

/// The upper left corner of an element in the window, in pixels.
#[must_use]
pub fn corner(element: &leptos::web_sys::Element) -> (f64, f64) {
    #[cfg(feature = "hydrate")]
    {
        let rect = element.get_bounding_client_rect();
        (rect.left(), rect.top())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = element;
        (0.0, 0.0)
    }
}

/// The height of what of this selector the element is in, and that of the window, in pixels.
#[must_use]
pub fn heights(element: &leptos::web_sys::Element, selector: &str) -> (f64, f64) {
    #[cfg(feature = "hydrate")]
    {
        let around = element.closest(selector).ok().flatten();
        let window = leptos::prelude::window().inner_height().ok().and_then(|height| height.as_f64());
        (around.map_or(0.0, |around| f64::from(around.client_height())), window.unwrap_or_default())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (element, selector);
        (0.0, 0.0)
    }
}

/// Gives the focus to the element of that id; `false` if there is none.
pub fn focus(id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let element = leptos::prelude::document().get_element_by_id(id);
        element
            .and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok())
            .is_some_and(|element| element.focus().is_ok())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        false
    }
}

/// The id of the element that has the focus, if it has one.
#[must_use]
pub fn focused_id() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::document().active_element().map(|e| e.id()).filter(|id| !id.is_empty())
    }
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Whether nothing on the page has the focus, as after its element was taken away.
#[must_use]
pub fn is_focus_lost() -> bool {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::document().active_element().is_none_or(|element| element.tag_name() == "BODY")
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// A text in small letters, by the browser's own tables.
#[must_use]
pub fn small(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    {
        js_sys::JsString::from(text).to_lower_case().into()
    }
    #[cfg(not(feature = "hydrate"))]
    text.to_lowercase()
}

/// Whether the document has an element of that id.
#[cfg(feature = "hydrate")]
#[must_use]
pub fn is_there(id: &str) -> bool {
    leptos::prelude::document().get_element_by_id(id).is_some()
}

/// Brings the element of that id into sight, if it is not.
pub fn show(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = leptos::prelude::document().get_element_by_id(id) {
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &JsValue::from_str("block"), &JsValue::from_str("nearest"));
        if let Ok(scroll) = js_sys::Reflect::get(&element, &JsValue::from_str("scrollIntoView"))
            && let Ok(scroll) = scroll.dyn_into::<js_sys::Function>()
        {
            let _ = scroll.call1(&element, &options);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Takes back the scrolling that the browser does by itself to show what has the focus.
pub fn unscroll(event: &leptos::web_sys::Event) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) {
        element.set_scroll_left(0);
        element.set_scroll_top(0);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// Gives the focus to the field of a dialog that asks for it.
pub fn focus_first(within: &leptos::web_sys::Element) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(field)) = within.query_selector("[autofocus]")
        && let Ok(field) = field.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = field.focus();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = within;
}

/// Brings the element of that id to the top of the window, if it begins in the last third or below.
pub fn reveal(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = leptos::prelude::document().get_element_by_id(id) {
        let height =
            leptos::prelude::window().inner_height().ok().and_then(|h| h.as_f64()).unwrap_or_default();
        if element.get_bounding_client_rect().top() > height * 0.66 {
            element.scroll_into_view();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Gives the focus to the first element of that class.
pub fn focus_class(class: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = leptos::prelude::document().get_elements_by_class_name(class).item(0)
        && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = element.focus();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = class;
}

/// Gives the focus to the element `by` places after the one that has it, among those of that class.
pub fn focus_next(class: &str, by: i32) {
    #[cfg(feature = "hydrate")]
    {
        let document = leptos::prelude::document();
        let all = document.get_elements_by_class_name(class);
        let element = |i| all.item(i).and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
        let Some(now) = document.active_element() else { return };
        let place = (0..all.length()).find(|i| all.item(*i).is_some_and(|e| e == now));
        if let Some(next) = place.and_then(|i| i.checked_add_signed(by)).and_then(element) {
            let _ = next.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (class, by);
}

/// Whether the `<details>` that an event comes from is open.
#[must_use]
pub fn is_open(event: &leptos::web_sys::Event) -> bool {
    #[cfg(feature = "hydrate")]
    {
        event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.has_attribute("open"))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Whether an event comes from within an open dialog, which Escape is then about.
#[must_use]
pub fn is_in_dialog(target: Option<leptos::web_sys::EventTarget>) -> bool {
    #[cfg(feature = "hydrate")]
    {
        target
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.closest("dialog[open]").ok().flatten().is_some())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = target;
        false
    }
}

/// Whether an event comes from the very element that listens, not from something within it.
#[must_use]
pub fn is_own(event: &leptos::web_sys::Event) -> bool {
    #[cfg(feature = "hydrate")]
    {
        event.target() == event.current_target()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Whether a key event comes from nothing that has a use for the key itself: the page, or a card.
#[must_use]
pub fn is_ground(target: Option<leptos::web_sys::EventTarget>) -> bool {
    #[cfg(feature = "hydrate")]
    {
        target.and_then(|t| t.dyn_into::<web_sys::Element>().ok()).is_none_or(|element| {
            matches!(element.tag_name().as_str(), "BODY" | "HTML" | "MAIN" | "H1")
                || element.id() == "main"
                || element.closest(".canvas").ok().flatten().is_some()
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = target;
        false
    }
}

/// Whether a key event comes from something that takes text, where single keys are no commands.
#[must_use]
pub fn is_typing(target: Option<leptos::web_sys::EventTarget>) -> bool {
    #[cfg(feature = "hydrate")]
    {
        target.and_then(|t| t.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| {
            let takes_text = match element.tag_name().as_str() {
                "INPUT" => element.get_attribute("type").is_none_or(|kind| kind != "checkbox"),
                "TEXTAREA" | "SELECT" => true,
                _ => false,
            };
            takes_text || element.closest("dialog[open], [contenteditable]").ok().flatten().is_some()
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = target;
        false
    }
}
