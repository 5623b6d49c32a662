//! The models of this installation and what they are doing.

use super::{error::ErrorView, layout::TopBar};
use crate::{
    api::models::{ModelState, ModelView},
    ui::{
        components::{
            button::CopyButton,
            empty::{Notice, SkeletonRows},
            icon::Icon,
        },
        server_fns::{models::list_models, session::with_session},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/models`.
pub fn models_page() -> AnyView {
    let models = Resource::new(|| (), |()| with_session(list_models));
    view! {
        <Title text="Models" />
        <TopBar title="Models">
            <button type="button" class="btn" on:click=move |_| models.refetch()>
                <Icon name="undo" />
                "Look again"
            </button>
        </TopBar>
        <main class="content">
            <Transition fallback=|| view! { <SkeletonRows rows=3 /> }>
                {move || Suspend::new(async move {
                    match models.await {
                        Ok(items) => view! { <ModelList items /> }.into_any(),
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
    }
    .into_any()
}

#[component]
fn ModelList(items: Vec<ModelView>) -> impl IntoView {
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
            {items.into_iter().map(|model| view! { <ModelCard model /> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn ModelCard(model: ModelView) -> impl IntoView {
    let pull = format!("millrace models pull {}", model.name);
    let state = match model.state {
        ModelState::NotInstalled => ("tone-grey", "download", "Not installed"),
        ModelState::Installed => ("tone-green", "check", "Installed"),
        ModelState::Loading => ("tone-amber", "clock", "Loading"),
        ModelState::Ready => ("tone-blue", "bolt", "In memory"),
        ModelState::Busy => ("tone-blue", "bolt", "Answering"),
    };
    view! {
        <li class="card model" class:is-absent=!model.installed data-testid="model" data-model=model.name.clone()>
            <div class="model__head">
                <span class="tile cat-model">
                    <Icon name="sparkles" />
                </span>
                <div class="model__name">
                    <h2 class="truncate">{model.name.clone()}</h2>
                    <span class="faint">{format!("{} · {}", model.kind, model.family)}</span>
                </div>
                {model.is_default.then(|| view! { <span class="chip chip--plain tone-accent">"Default"</span> })}
                <span class=format!("chip {}", state.0) data-testid="model-state">
                    <Icon name=state.1 />
                    {state.2}
                </span>
            </div>
            <p class="muted">{model.description}</p>
            <dl class="kv model__facts">
                <dt>"Size"</dt>
                <dd>{size(model.size_bytes)}</dd>
                {model
                    .memory_bytes
                    .map(|bytes| {
                        view! {
                            <dt>"Memory"</dt>
                            <dd>{size(bytes)}</dd>
                        }
                    })}
                {model
                    .tokens_per_second
                    .map(|speed| {
                        view! {
                            <dt>"Last speed"</dt>
                            <dd>{format!("{speed:.1} tokens/s")}</dd>
                        }
                    })}
                {(model.queue_length > 0)
                    .then(|| {
                        view! {
                            <dt>"Waiting"</dt>
                            <dd>{requests(model.queue_length)}</dd>
                        }
                    })}
            </dl>
            {(!model.installed).then(|| view! { <Command text=pull /> })}
        </li>
    }
    .into_any()
}

/// A command to paste into a terminal.
#[component]
fn Command(#[prop(into)] text: String) -> impl IntoView {
    let copied = text.clone();
    view! {
        <div class="command">
            <Icon name="terminal" class="icon--sm" />
            <code>{text}</code>
            <CopyButton text=move |()| copied.clone() what="command" />
        </div>
    }
}

fn requests(count: u32) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}

/// `92 MB`, `1.3 GB`.
fn size(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        mb if mb >= 1000.0 => format!("{:.1} GB", mb / 1000.0),
        mb if mb >= 1.0 => format!("{mb:.0} MB"),
        mb => format!("{:.0} kB", mb * 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_read_well() {
        assert_eq!([91_700_000, 1_340_000_000, 20_000].map(size), ["92 MB", "1.3 GB", "20 kB"]);
    }
}
