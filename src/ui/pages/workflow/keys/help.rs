//! All keys of the editor, from the table that they are heard by.

use super::{
    Desk,
    chord::caps,
    table::{COMMANDS, Command, Group},
};
use crate::ui::components::dialog::Dialog;
use leptos::prelude::*;

/// The dialog; opened by `?`.
#[component]
pub fn Help() -> impl IntoView {
    let desk = expect_context::<Desk>();
    // Built when it is first opened: few people look at it on each visit.
    let wanted = Memo::new(move |before: Option<&bool>| desk.help.get() || before == Some(&true));
    let groups = move || {
        wanted.get().then(|| {
            Group::ALL
                .into_iter()
                .map(|group| {
                    let rows = COMMANDS.iter().filter(|c| c.group == group).map(row).collect_view();
                    view! {
                        <section>
                            <h3>{group.title()}</h3>
                            <dl>{rows}</dl>
                        </section>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <Dialog open=desk.help title="Keys" description="None of them works while you type in a field, except Ctrl+Enter." wide=true testid="keys-help">
            <div class="keys-help" tabindex="0" role="region" aria-label="All keys">
                {groups}
            </div>
        </Dialog>
    }
    .into_any()
}

fn row(command: &'static Command) -> impl IntoView {
    let keys = command
        .keys
        .iter()
        .enumerate()
        .map(|(i, keys)| {
            let caps = caps(keys).into_iter().map(|cap| view! { <kbd>{cap}</kbd> }).collect_view();
            view! {
                {(i > 0).then_some(view! { <span class="keys-help__or">"or"</span> })}
                <span class="keys-help__chord">{caps}</span>
            }
        })
        .collect_view();
    view! {
        <div class="keys-help__row">
            <dt>{command.title}</dt>
            <dd>{keys}</dd>
        </div>
    }
}
