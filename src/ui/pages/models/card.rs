//! One model of the list.

use super::remote::RemoteDeeds;
use crate::{
    api::models::{ModelState, ModelView},
    ui::{
        components::{button::CopyButton, icon::Icon},
        server_fns::session::encode,
    },
};
use leptos::prelude::*;

/// A model and what it does.
#[component]
pub(super) fn ModelCard(model: ModelView, changed: Callback<()>) -> impl IntoView {
    let pull = format!("millrace models pull {}", model.name);
    let state = match model.state {
        ModelState::NotInstalled => ("tone-grey", "download", "Not installed"),
        ModelState::Installed => ("tone-green", "check", "Installed"),
        ModelState::Loading => ("tone-amber", "clock", "Loading"),
        ModelState::Ready => ("tone-blue", "bolt", "In memory"),
        ModelState::Busy => ("tone-blue", "bolt", "Answering"),
        ModelState::Remote => ("tone-accent", "globe", "Elsewhere"),
    };
    let talks = model.kind == "chat" && (model.installed || model.remote);
    let elsewhere = model.endpoint.clone();
    let disk = (!model.remote).then(|| size(model.size_bytes));
    let deeds = model.remote.then(|| view! { <RemoteDeeds name=model.name.clone() changed /> });
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
                {disk
                    .map(|bytes| {
                        view! {
                            <dt>"Size"</dt>
                            <dd>{bytes}</dd>
                        }
                    })}
                {model
                    .memory_bytes
                    .map(|bytes| {
                        view! {
                            <dt>"Memory"</dt>
                            <dd>{size(bytes)}</dd>
                        }
                    })}
                {elsewhere
                    .map(|endpoint| {
                        view! {
                            <dt>"Base URL"</dt>
                            <dd class="mono">{endpoint.base_url}</dd>
                            <dt>"Its name there"</dt>
                            <dd class="mono">{endpoint.model}</dd>
                            <dt>"Credential"</dt>
                            <dd>{endpoint.credential.unwrap_or_else(|| "None".to_owned())}</dd>
                        }
                    })}
                {model
                    .dimension
                    .map(|numbers| {
                        view! {
                            <dt>"Vectors"</dt>
                            <dd>{format!("{numbers} numbers each")}</dd>
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
            {talks
                .then(|| {
                    view! {
                        <div class="model__deeds">
                            <a class="btn btn--sm" href=format!("/chat?model={}", encode(&model.name))>
                                <Icon name="chat" class="icon--sm" />
                                "Chat"
                            </a>
                        </div>
                    }
                })}
            {deeds}
        </li>
    }
    .into_any()
}

/// A command to paste into a terminal.
#[component]
pub(super) fn Command(#[prop(into)] text: String) -> impl IntoView {
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
