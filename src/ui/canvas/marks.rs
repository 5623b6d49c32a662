//! What stands behind a step's name, on its card and in the list: small signs of what is the matter with it, then the state
//! of the run.

use crate::{
    ui::components::{icon::Icon, run_feed::StepFeed, status::StatusChip},
    workflow::document::Node,
};
use leptos::prelude::*;

/// A sign: icon, tone and the word that is read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    icon: &'static str,
    tone: &'static str,
    word: &'static str,
}

/// What the signs tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Facts {
    is_stale: bool,
    is_pinned: bool,
    is_off: bool,
    /// The worst problem: `true` for an error.
    worst: Option<bool>,
}

impl Facts {
    fn marks(self) -> impl Iterator<Item = Mark> {
        let mark = |icon, tone, word| Mark { icon, tone, word };
        let wrong = |is_error| {
            if is_error {
                mark("alert", "tone-red", "Has an error")
            } else {
                mark("alert", "tone-amber", "Has a warning")
            }
        };
        [
            self.is_stale.then(|| mark("history", "tone-amber", "Changed since this run")),
            self.is_pinned.then(|| mark("pin", "tone-violet", "Pinned output")),
            self.is_off.then(|| mark("ban", "tone-grey", "Disabled")),
            self.worst.map(wrong),
        ]
        .into_iter()
        .flatten()
    }
}

/// The signs and the state of one step.
#[component]
pub fn StepMarks(
    node: ArcRwSignal<Node>,
    step: StepFeed,
    /// The worst problem: `true` for an error.
    worst: Memo<Option<bool>>,
) -> impl IntoView {
    let StepFeed { state, stale, .. } = step;
    let facts = Memo::new(move |_| {
        let (is_off, is_pinned) = node.with(|n| (n.settings.disabled, n.settings.pinned_output.is_some()));
        Facts { is_stale: stale.get(), is_pinned, is_off, worst: worst.get() }
    });
    view! {
        {move || {
            facts
                .get()
                .marks()
                .map(|Mark { icon, tone, word }| {
                    view! {
                        <span class=format!("node__mark {tone}") title=word role="img" aria-label=word>
                            <Icon name=icon class="icon--sm" />
                        </span>
                    }
                })
                .collect_view()
        }}
        {move || {
            let state = state.get();
            (!state.is_empty()).then(|| view! { <StatusChip status=state small=true /> })
        }}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(facts: Facts) -> Vec<&'static str> {
        facts.marks().map(|mark| mark.word).collect()
    }

    #[test]
    fn every_fact_has_its_sign_and_the_worst_comes_last() {
        assert_eq!(words(Facts::default()), [""; 0]);
        let all = Facts { is_stale: true, is_pinned: true, is_off: true, worst: Some(true) };
        assert_eq!(words(all), ["Changed since this run", "Pinned output", "Disabled", "Has an error"]);
        assert_eq!(words(Facts { worst: Some(false), ..Facts::default() }), ["Has a warning"]);
    }
}
