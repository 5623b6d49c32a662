//! Which steps use something: a count with the list behind it, and the list itself.

use crate::{
    api::uses::Use,
    ui::{
        components::icon::Icon,
        server_fns::{session::with_session, uses::list_uses},
    },
};
use leptos::prelude::*;

/// How many steps, with their names on hover.
#[component]
pub fn UseCount(uses: Vec<Use>) -> impl IntoView {
    let title =
        uses.iter().map(|u| format!("{}: {}", u.workflow_name, u.node_name)).collect::<Vec<_>>().join("\n");
    match uses.len() {
        0 => view! { <span class="faint">"–"</span> }.into_any(),
        1 => view! { <span title=title>"1 step"</span> }.into_any(),
        n => view! { <span title=title>{n} " steps"</span> }.into_any(),
    }
}

/// The steps, each with the way to its workflow.
#[component]
pub fn UseList(uses: Vec<Use>) -> impl IntoView {
    const SHOWN: usize = 8;
    let rest = uses.len().saturating_sub(SHOWN);
    view! {
        <ul data-testid="uses">
            {uses
                .into_iter()
                .take(SHOWN)
                .map(|u| {
                    view! {
                        <li>
                            <Icon name="workflow" class="icon--sm" />
                            <a class="link truncate" href=format!("/workflows/{}", u.workflow_id)>
                                {u.workflow_name}
                            </a>
                            <strong class="truncate">{u.node_name}</strong>
                        </li>
                    }
                })
                .collect_view()}
            {(rest > 0).then(|| view! { <li class="faint">{format!("and {rest} more")}</li> })}
        </ul>
    }
    .into_any()
}

/// What a dialog that deletes something says of the steps which use it; asked anew each time it opens.
#[component]
pub fn UsesWarning(
    open: RwSignal<bool>,
    /// `collection`, `table` or `model`.
    kind: &'static str,
    name: Signal<String>,
    /// What stands before the steps.
    text: &'static str,
) -> impl IntoView {
    let uses = RwSignal::new(Vec::<Use>::new());
    Effect::new(move |_| {
        if open.get() {
            leptos::task::spawn_local(async move {
                let mut all = with_session(|| list_uses(kind.to_owned())).await.unwrap_or_default();
                let _ = name.try_with_untracked(|name| all.retain(|u| u.target == *name));
                uses.try_set(all);
            });
        }
    });
    move || {
        uses.with(|uses| {
            (!uses.is_empty()).then(|| {
                view! {
                    <p>{text}</p>
                    <UseList uses=uses.clone() />
                }
            })
        })
    }
}
