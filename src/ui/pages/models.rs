//! The models of this installation and what they are doing; and those elsewhere, which are added and removed here.

mod adding;
mod card;
mod remote;

use super::{error::ErrorView, layout::TopBar};
use crate::{
    api::models::ModelView,
    ui::{
        components::{
            empty::{Notice, SkeletonRows},
            icon::Icon,
        },
        server_fns::{models::list_models, session::with_session},
    },
};
use adding::Adding;
use card::{Command, ModelCard};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/models`.
pub fn models_page() -> AnyView {
    let models = Resource::new(|| (), |()| with_session(list_models));
    let adding = RwSignal::new(false);
    let changed = Callback::new(move |()| models.refetch());
    view! {
        <Title text="Models" />
        <TopBar title="Models">
            <button type="button" class="btn" on:click=move |_| models.refetch()>
                <Icon name="undo" />
                "Look again"
            </button>
            <button
                type="button"
                class="btn btn--primary needs-script"
                data-testid="add-model"
                on:click=move |_| adding.set(true)
            >
                <Icon name="plus" />
                "Add a service"
            </button>
        </TopBar>
        <main class="content">
            <Transition fallback=|| view! { <SkeletonRows rows=3 /> }>
                {move || Suspend::new(async move {
                    match models.await {
                        Ok(items) => view! { <ModelList items changed /> }.into_any(),
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
        <Adding open=adding changed />
    }
    .into_any()
}

#[component]
fn ModelList(items: Vec<ModelView>, changed: Callback<()>) -> impl IntoView {
    let nothing = !items.iter().any(|m| m.installed && m.kind == "chat");
    view! {
        {nothing
            .then(|| {
                view! {
                    <div class="section">
                        <Notice tone="tone-amber" icon="download">
                            <p>
                                <strong>"No chat model is installed. "</strong>
                                "Steps that ask a model cannot run until one is. Fetch the default with this command, then look again:"
                            </p>
                            <Command text="millrace models pull" />
                        </Notice>
                    </div>
                }
            })}
        <ul class="models" data-testid="models">
            {items.into_iter().map(|model| view! { <ModelCard model changed /> }).collect_view()}
        </ul>
    }
    .into_any()
}
