//! How wide the panel of the chosen step is and how high the dock: set by a handle, remembered by this browser. The sizes
//! are on the element of the editor, where the style sheet reads and limits them.

mod handle;

pub(super) use handle::Handle;

use crate::ui::{canvas::editing::Editing, preferences::Panes};
use leptos::prelude::*;

/// What has a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    /// On the right.
    Panel,
    /// At the bottom.
    Dock,
}

/// How far a pane may go, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limits {
    least: f64,
    most: f64,
    usual: f64,
}

impl Pane {
    /// In an editor of this height, in a window of that one. As in the style sheet.
    fn limits(self, editor: f64, window: f64) -> Limits {
        match self {
            Self::Panel => Limits { least: 320.0, most: 640.0, usual: 368.0 },
            Self::Dock => {
                let most = (editor * 0.7).round().max(160.0);
                Limits { least: 160.0, most, usual: (window * 0.42).round().min(300.0).clamp(160.0, most) }
            }
        }
    }
}

/// The sizes that were chosen; a context of the editor. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    editing: Editing,
    chosen: RwSignal<Panes>,
}

impl Sizes {
    /// Puts them into context. They are known when the page is live, before either pane can be open.
    pub fn provide(editing: Editing) -> Self {
        let this = Self { editing, chosen: RwSignal::new(Panes::default()) };
        Effect::new(move |_| {
            let kept = Panes::kept();
            if kept != Panes::default() {
                this.chosen.set(kept);
                this.tell();
            }
        });
        provide_context(this);
        this
    }

    /// What the style sheet reads.
    pub fn css(self) -> String {
        let Panes { panel, dock } = self.chosen.get();
        let name =
            |name: &str, size: Option<f64>| size.map(|px| format!("{name}: {px}px;")).unwrap_or_default();
        name("--panel", panel) + &name("--dock-height", dock)
    }

    fn get(self, pane: Pane) -> Option<f64> {
        self.chosen.with(|chosen| match pane {
            Pane::Panel => chosen.panel,
            Pane::Dock => chosen.dock,
        })
    }

    /// Gives a pane a size, or the usual one.
    fn set(self, pane: Pane, size: Option<f64>) {
        self.chosen.update(|chosen| match pane {
            Pane::Panel => chosen.panel = size,
            Pane::Dock => chosen.dock = size,
        });
        self.tell();
    }

    /// Remembers what was set.
    fn keep(self) {
        self.chosen.with_untracked(Panes::keep);
    }

    /// The canvas measures what is left to it.
    fn tell(self) {
        let panel = self.chosen.with_untracked(|chosen| chosen.panel);
        self.editing.panel.set_value(panel.unwrap_or(Pane::Panel.limits(0.0, 0.0).usual));
        self.editing.layout.update(|n| *n += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    #[test]
    fn limits_follow_the_window() {
        let dock = Pane::Dock.limits(900.0, 950.0);
        assert_eq!(dock, Limits { least: 160.0, most: 630.0, usual: 300.0 });
        let low = Pane::Dock.limits(200.0, 260.0);
        assert_eq!(low, Limits { least: 160.0, most: 160.0, usual: 160.0 }, "never below the least");
    }

    #[test]
    fn only_what_was_chosen_is_in_the_style() {
        let owner = Owner::new();
        owner.set();
        let document = sample::document();
        let sizes = Sizes::provide(Editing::new(document));
        assert_eq!(sizes.css(), "");
        sizes.set(Pane::Panel, Some(500.0));
        assert_eq!(sizes.css(), "--panel: 500px;");
        sizes.set(Pane::Dock, Some(200.0));
        sizes.set(Pane::Panel, None);
        assert_eq!(sizes.css(), "--dock-height: 200px;");
    }
}
