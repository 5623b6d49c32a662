//! What the dock shows when it is open.

use super::{
    super::{
        panes::{Handle, Pane},
        problems::ProblemList,
        running::{DockTab, Running},
    },
    step::{StepPanel, Tab},
    value::Look,
    whole::WholePanel,
};
use crate::{ui::canvas::editing::Editing, workflow::ids::NodeId};
use leptos::prelude::*;

/// Puts into context how a step is looked at: it stays as it was chosen, whichever step that is.
pub fn provide_choices() {
    provide_context(RwSignal::new(Tab::Data));
    provide_context(RwSignal::new(Look::Tree));
}

/// What stands under a tab.
pub fn body(tab: DockTab) -> AnyView {
    let shown = match tab {
        DockTab::Run => view! { <RunPanel /> }.into_any(),
        DockTab::Problems => view! { <ProblemList /> }.into_any(),
    };
    view! {
        <Handle pane=Pane::Dock />
        {shown}
    }
    .into_any()
}

/// Which part of the run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// It has no state yet.
    Soon,
    Whole,
    Step(NodeId),
}

#[component]
fn RunPanel() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    running.need_last();
    let chosen = editing.single_node();
    let shown = Memo::new(move |_| {
        let is_followed = running.feed.run.get().is_some();
        match chosen.get() {
            _ if is_followed && running.detail.with(Option::is_none) => Shown::Soon,
            Some(node) => Shown::Step(node),
            None if running.known.with(Option::is_some) => Shown::Whole,
            None => Shown::Nothing,
        }
    });
    move || {
        match shown.get() {
        Shown::Nothing => {
            view! { <p class="dock__none muted">"Run the workflow, and what its steps took and gave is shown here."</p> }
                .into_any()
        }
        Shown::Soon => view! { <p class="dock__none muted">"The run is about to start."</p> }.into_any(),
        Shown::Whole => view! { <WholePanel /> }.into_any(),
        Shown::Step(node) => view! { <StepPanel node /> }.into_any(),
    }
    }
}
