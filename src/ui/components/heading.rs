//! Where the focus goes when another page opens: to its main heading, so that a screen reader says where one is and the
//! next Tab goes on from there. The first page keeps what the browser does.

use crate::ui::browser;
use leptos::{html, prelude::*};

/// Whether the page that is shown was gone to, and whether its heading knows. In context of all pages.
#[derive(Clone, Copy)]
pub struct Arrival(StoredValue<State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Arriving,
    There,
}

impl Arrival {
    /// Puts it into context; `path` tells when another page opens.
    pub fn provide(path: Memo<String>) {
        let state = StoredValue::new(State::First);
        provide_context(Self(state));
        Effect::new(move |before: Option<String>| {
            let path = path.get();
            if before.is_some_and(|before| before != path) {
                state.set_value(State::Arriving);
            }
            path
        });
    }

    /// Gives the focus to this heading once it is shown, if its page was just gone to, or if what had the focus was
    /// replaced along with the page.
    pub fn focus(heading: NodeRef<html::H1>) {
        let Some(Self(state)) = use_context::<Self>() else { return };
        Effect::new(move |_| {
            let Some(heading) = heading.get() else { return };
            request_animation_frame(move || {
                let is_meant = match state.try_get_value() {
                    Some(State::Arriving) => true,
                    Some(State::There) => browser::is_focus_lost(),
                    Some(State::First) | None => false,
                };
                if is_meant {
                    state.set_value(State::There);
                    let _ = heading.focus();
                }
            });
        });
    }
}
