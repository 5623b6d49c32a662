//! A list of things that have ids: each is built once and stays while its id does. One piece of code for all lists,
//! whatever they show.

use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn Each(
    #[prop(into)] ids: Signal<Vec<Uuid>>,
    /// Builds what stands for an id.
    show: Callback<Uuid, AnyView>,
) -> impl IntoView {
    view! { <For each=move || ids.get() key=|id| *id children=move |id| show.run(id) /> }.into_any()
}
