//! The handle of a pane: dragged, moved by the arrow keys, back to the usual size by a double click.

use super::{Limits, Pane, Sizes};
use crate::ui::{browser, canvas::editing::Editing};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

/// Pixels that a press of an arrow key moves; four times that with Shift.
const STEP: f64 = 16.0;

/// The size that a key asks for; `None`: it is not for the handle.
fn moved(pane: Pane, key: &str, far: bool, now: f64, limits: Limits) -> Option<f64> {
    let step = if far { 4.0 * STEP } else { STEP };
    let (more, less) = match pane {
        Pane::Panel => ("ArrowLeft", "ArrowRight"),
        Pane::Dock => ("ArrowUp", "ArrowDown"),
    };
    let wanted = match key {
        _ if key == more => now + step,
        _ if key == less => now - step,
        "Home" => limits.least,
        "End" => limits.most,
        _ => return None,
    };
    Some(wanted.clamp(limits.least, limits.most))
}

/// Lies on the edge of the pane.
#[component]
pub fn Handle(pane: Pane) -> impl IntoView {
    let sizes = expect_context::<Sizes>();
    let editing = expect_context::<Editing>();
    let element = NodeRef::<html::Div>::new();
    // The editor's height and the window's.
    let heights = RwSignal::new((0.0, 0.0));
    let measure = move || {
        if let Some(element) = element.get_untracked() {
            heights.set(browser::heights(&element, ".editor"));
        }
    };
    Effect::new(move |_| {
        editing.size.track();
        if element.get().is_some() {
            measure();
        }
    });
    let limits = Memo::new(move |_| heights.with(|(editor, window)| pane.limits(*editor, *window)));
    let now = Memo::new(move |_| {
        let limits = limits.get();
        sizes.get(pane).unwrap_or(limits.usual).clamp(limits.least, limits.most)
    });
    // Where the pointer went down, and the size there.
    let held = RwSignal::new(None::<(f64, f64)>);
    let place = move |event: &PointerEvent| match pane {
        Pane::Panel => -f64::from(event.client_x()),
        Pane::Dock => -f64::from(event.client_y()),
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        if let Some(element) = element.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
            let _ = element.focus();
        }
        measure();
        held.set(Some((place(&event), now.get_untracked())));
    };
    let drag = move |event: PointerEvent| {
        if let Some((from, size)) = held.get_untracked() {
            let limits = limits.get_untracked();
            let size = (size + place(&event) - from).round().clamp(limits.least, limits.most);
            if size != now.get_untracked() {
                sizes.set(pane, Some(size));
            }
        }
    };
    let release = move |_: PointerEvent| {
        if held.get_untracked().is_some() {
            held.set(None);
            sizes.keep();
        }
    };
    let keys = move |event: KeyboardEvent| {
        measure();
        let wanted =
            moved(pane, &event.key(), event.shift_key(), now.get_untracked(), limits.get_untracked());
        if let Some(size) = wanted {
            event.prevent_default();
            sizes.set(pane, Some(size));
            sizes.keep();
        }
    };
    let usual = move |_| {
        sizes.set(pane, None);
        sizes.keep();
    };
    let (class, label, orientation) = match pane {
        Pane::Panel => ("handle handle--panel", "Width of the panel", "vertical"),
        Pane::Dock => ("handle handle--dock", "Height of the panel", "horizontal"),
    };
    let whole = |px: f64| format!("{px:.0}");
    view! {
        <div
            node_ref=element
            class=class
            class:is-held=move || held.get().is_some()
            role="separator"
            tabindex="0"
            aria-label=label
            aria-orientation=orientation
            aria-valuenow=move || whole(now.get())
            aria-valuemin=move || whole(limits.get().least)
            aria-valuemax=move || whole(limits.get().most)
            aria-valuetext=move || format!("{:.0} pixels", now.get())
            title="Drag, or press the arrow keys; a double click brings the usual size back"
            data-testid=if pane == Pane::Panel { "panel-handle" } else { "dock-handle" }
            on:pointerdown=press
            on:pointermove=drag
            on:pointerup=release
            on:pointercancel=release
            on:keydown=keys
            on:dblclick=usual
        ></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_within_the_limits() {
        let limits = Pane::Panel.limits(0.0, 0.0);
        let of = |key: &str, far, now| moved(Pane::Panel, key, far, now, limits);
        assert_eq!(of("ArrowLeft", false, 368.0), Some(384.0), "the panel stands on the right");
        assert_eq!(of("ArrowRight", true, 368.0), Some(320.0));
        assert_eq!(of("End", false, 368.0), Some(640.0));
        assert_eq!(of("ArrowUp", false, 368.0), None);
        let dock = Pane::Dock.limits(1000.0, 1000.0);
        assert_eq!(moved(Pane::Dock, "ArrowUp", true, 690.0, dock), Some(700.0));
        assert_eq!(moved(Pane::Dock, "Home", false, 690.0, dock), Some(160.0));
    }
}
