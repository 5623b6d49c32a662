//! Where there is nothing yet, or something went wrong: one icon, what it means, one action.

use super::icon::Icon;
use leptos::prelude::*;

/// A place without content; the children are its one action.
#[component]
pub fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty__icon">
                <Icon name=icon class="icon--lg" />
            </span>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|c| c())}
        </div>
    }
}

/// A remark in a box; `tone` is a class such as `tone-red`.
#[component]
pub fn Notice(#[prop(optional)] tone: &'static str, icon: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class=format!("notice {tone}") role=if tone == "tone-red" { "alert" } else { "note" }>
            <Icon name=icon />
            <div>{children()}</div>
        </div>
    }
}

/// Grey lines in the shape of a list that comes.
#[component]
pub fn SkeletonRows(#[prop(default = 5)] rows: u32) -> impl IntoView {
    view! {
        <div class="table-wrap" aria-hidden="true">
            {(0..rows).map(|_| view! { <div class="skeleton skeleton--row"></div> }).collect_view()}
        </div>
    }
}
