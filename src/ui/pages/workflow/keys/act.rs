//! What the commands of the table do. Each tells whether there was something to do.

use super::Desk;
use crate::{
    ui::{browser, canvas::geometry::GRID},
    workflow::notes::NoteKind,
};
use leptos::prelude::*;

pub fn run_or_stop(desk: Desk) -> bool {
    let running = desk.running;
    if running.is_going_on_now() {
        desk.later.with(move |tools| (tools.stop)(running));
    } else if let (true, Some(tools)) = (running.asking.get_untracked(), desk.later.tools_now()) {
        (tools.start)(running);
    } else {
        running.asking.set(true);
    }
    true
}

pub fn add_step(desk: Desk) -> bool {
    desk.editing.ask_for_step();
    true
}

/// A note, or a frame round the chosen steps where there are several.
pub fn add_paper(desk: Desk, kind: NoteKind) -> bool {
    if let Err(error) = desk.editing.add_paper(kind) {
        desk.toasts.failure(error.to_string());
    }
    true
}

pub fn find(desk: Desk) -> bool {
    desk.find.set(true);
    true
}

pub fn help(desk: Desk) -> bool {
    desk.help.set(true);
    true
}

/// Opens the list of steps and goes to it, or closes it.
pub fn outline(desk: Desk) -> bool {
    let opens = !desk.outline.get_untracked();
    desk.outline.set(opens);
    if opens {
        request_animation_frame(|| browser::focus_class("outline__step"));
    }
    true
}

pub fn undo(desk: Desk) -> bool {
    desk.editing.undo();
    true
}

pub fn redo(desk: Desk) -> bool {
    desk.editing.redo();
    true
}

pub fn rename(_: Desk) -> bool {
    browser::focus("node-name")
}

pub fn disable(desk: Desk) -> bool {
    desk.editing.switch_selected()
}

pub fn duplicate(desk: Desk) -> bool {
    desk.later.with(move |tools| {
        (tools.duplicate)(desk);
    });
    // The browser would keep a bookmark.
    true
}

pub fn delete(desk: Desk) -> bool {
    desk.editing.delete_selected();
    true
}

pub fn choose_all(desk: Desk) -> bool {
    desk.editing.choose_all();
    true
}

pub fn connect(desk: Desk) -> bool {
    desk.editing.begin_edge_of_chosen()
}

/// Gives up one thing: an edge that is being drawn, else all that is open and chosen.
pub fn escape(desk: Desk) -> bool {
    if desk.editing.cancel_edge() {
        return true;
    }
    desk.editing.palette.set(None);
    desk.find.set(false);
    desk.editing.choose_nothing();
    true
}

/// Moves the chosen steps by so many lines of the grid.
pub fn nudge(desk: Desk, right: f64, down: f64) -> bool {
    desk.editing.nudge_selected(right * GRID, down * GRID)
}

pub fn fit(desk: Desk) -> bool {
    desk.editing.fit();
    true
}

pub fn tidy(desk: Desk) -> bool {
    desk.later.with(move |tools| (tools.skills.tidy)(desk.editing));
    true
}

pub fn full_size(desk: Desk) -> bool {
    desk.editing.zoom(1.0 / desk.editing.view.get_untracked().zoom);
    true
}

pub fn zoom(desk: Desk, factor: f64) -> bool {
    desk.editing.zoom(factor);
    true
}

/// Pins what the chosen step gave last, or takes its pin out; `false` where no single step is chosen.
pub fn pin(desk: Desk) -> bool {
    let is_one = desk.editing.selection.with_untracked(|s| s.single_node().is_some());
    if is_one {
        desk.later.with(move |tools| (tools.pin)(desk));
    }
    is_one
}
