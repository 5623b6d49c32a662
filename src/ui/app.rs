//! The root component: the shell document, the router.

use leptos::prelude::*;

#[component]
pub fn App() -> impl IntoView {
    view! { <h1>"Millrace"</h1> }
}
