//! The models of this installation and what they are doing; and those elsewhere, which are added and removed here.

mod adding;
mod card;
mod remote;

use super::{error::ErrorView, layout::TopBar};
use crate::{
    api::{models::ModelView, uses::Use},
    ui::{
        components::{
            empty::{Notice, SkeletonRows},
            icon::Icon,
        },
        server_fns::{error::UiError, models::list_models, session::with_session, uses::list_uses},
    },
};
use adding::Adding;
use card::{Command, ModelCard};
use leptos::prelude::*;
use leptos_meta::Title;

async fn read() -> Result<(Vec<ModelView>, Vec<Use>), UiError> {
    let models = with_session(list_models).await?;
    // Only what can be removed needs them; without them the list is still worth showing.
    let uses = match models.iter().any(|model| model.remote) {
        true => with_session(|| list_uses("model".to_owned())).await.unwrap_or_default(),
        false => Vec::new(),
    };
    Ok((models, uses))
}

/// `/models`.
pub fn models_page() -> AnyView {
    let models = Resource::new(|| (), |()| read());
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
                        Ok((items, uses)) => view! { <ModelList items uses changed /> }.into_any(),
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
fn ModelList(items: Vec<ModelView>, uses: Vec<Use>, changed: Callback<()>) -> impl IntoView {
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
            {items
                .into_iter()
                .map(|model| {
                    let mine = uses.iter().filter(|u| u.target == model.name).cloned().collect();
                    view! { <ModelCard model uses=mine changed /> }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
