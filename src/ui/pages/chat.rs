//! Talking to a model, or to a workflow: the conversation stays in the browser.

mod blocks;
mod composer;
mod conversation;
mod log;
mod stream;
mod talk;
mod tuning;

use super::{
    layout::TopBar,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::chat::{ChatPartner, ChatPartners},
    ui::{
        browser,
        components::{
            commands::{Command, Commands},
            empty::Empty,
            icon::Icon,
        },
        server_fns::{chat::list_chat_partners, session::with_session},
    },
};
use composer::{Composer, deed};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use log::Log;
use talk::Talk;
use tuning::Tuning;

/// What somebody might begin with.
const EXAMPLES: [&str; 3] = [
    "Explain in three sentences how a water mill works.",
    "Write a polite reply to a customer whose parcel is late.",
    "Give me five names for a bakery by a river.",
];

/// `/chat`.
pub fn chat_page() -> AnyView {
    let partners = Resource::new(|| (), |()| with_session(list_chat_partners));
    view! {
        <Title text="Chat" />
        // Not part of the style that every page loads.
        <link rel="stylesheet" href="/chat.css" />
        <Transition fallback=|| view! { <WaitingPage title="Chat" rows=4 /> }>
            {move || Suspend::new(async move {
                match partners.await {
                    Ok(partners) if partners.items.is_empty() => nobody(),
                    Ok(partners) => desk(partners),
                    Err(error) => view! { <FailedPage title="Chat" crumbs=Vec::new() error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// Nobody answers here yet.
fn nobody() -> AnyView {
    view! {
        <TopBar title="Chat" />
        <main class="content">
            <Empty
                icon="chat"
                title="Nobody to talk to yet"
                text="A chat model answers here, or a workflow that is switched on. The models page says how to get one."
            >
                <a class="btn btn--primary" href="/models">
                    "Get a model"
                </a>
            </Empty>
        </main>
    }
    .into_any()
}

fn desk(partners: ChatPartners) -> AnyView {
    let talk = Talk::new(partners);
    let tunes = RwSignal::new(false);
    let wanted = use_query_map().with_untracked(|query| query.get("model"));
    let is_small = browser::screen::is_small();
    Effect::new(move |_| {
        talk.restore(wanted.clone());
        // After the heading, which a page that was gone to gives the focus; a phone's keyboard would hide half the page.
        set_timeout(
            move || {
                if is_small.try_get_untracked() == Some(false) {
                    browser::focus("chat-draft");
                }
            },
            std::time::Duration::from_millis(50),
        );
    });
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Escape" && !browser::is_in_dialog(event.target()) {
                talk.stop();
            }
        });
        on_cleanup(move || handle.remove());
    });
    Commands::offer(move || {
        let mut list = vec![Command::new("New conversation", "plus", "", move || talk.clear())];
        if talk.is_busy.get_untracked() {
            list.push(Command::new("Stop the answer", "stop", "Esc", move || talk.stop()));
        }
        list
    });
    let is_model = Memo::new(move |_| talk.partner().is_some_and(|partner| partner.workflow.is_none()));
    view! {
        <TopBar title="Chat">
            <Partners talk />
            <button
                type="button"
                class="btn btn--icon needs-script"
                title="System prompt and temperature"
                aria-label="System prompt and temperature"
                aria-expanded=move || tunes.get().to_string()
                aria-controls="chat-tuning"
                aria-pressed=move || tunes.get().to_string()
                data-testid="chat-tune"
                disabled=move || !is_model.get()
                on:click=move |_| tunes.update(|is_open| *is_open = !*is_open)
            >
                <Icon name="sliders" />
            </button>
            {deed(
                "btn chat__new needs-script",
                "plus",
                "New conversation",
                "chat-new",
                Signal::derive(move || talk.lives.with(Vec::is_empty)),
                move || talk.clear(),
            )}
        </TopBar>
        // Its style makes it seen: without it, for a moment, it would stand there in pieces.
        <main class="chat" style="opacity: 0">
            {move || (tunes.get() && is_model.get()).then(|| view! { <Tuning talk /> })}
            <div class="chat__scroll" tabindex="0" role="region" aria-label="Conversation">
                <div class="chat__middle">
                    {move || (talk.is_known.get() && talk.lives.with(Vec::is_empty)).then(|| beginning(talk))}
                    <Log talk />
                </div>
            </div>
            <Composer talk />
        </main>
    }
    .into_any()
}

/// Whom the next message goes to.
#[component]
fn Partners(talk: Talk) -> impl IntoView {
    let (workflows, models): (Vec<ChatPartner>, Vec<ChatPartner>) =
        talk.partners().into_iter().partition(|partner| partner.workflow.is_some());
    let group = move |label: &'static str, partners: Vec<ChatPartner>| {
        let options = move |partner: ChatPartner| {
            let value = partner.model.clone();
            let is_chosen = move || talk.model.with(|model| *model == partner.model);
            view! {
                <option value=value prop:selected=is_chosen>
                    {partner.name}
                </option>
            }
        };
        (!partners.is_empty()).then(|| {
            view! {
                <optgroup label=label>
                    {partners.into_iter().map(options).collect_view()}
                </optgroup>
            }
        })
    };
    view! {
        <span class="select chat__partner">
            <select
                class="input"
                id="chat-partner"
                aria-label="Talk to"
                data-testid="chat-partner"
                on:change=move |event| talk.turn_to(event_target_value(&event))
            >
                {group("Models", models)}
                {group("Workflows", workflows)}
            </select>
            <Icon name="chevron-down" />
        </span>
    }
    .into_any()
}

/// What to do here, before anything was said.
fn beginning(talk: Talk) -> AnyView {
    let Some(partner) = talk.partner() else { return ().into_any() };
    if let Some(workflow) = partner.workflow {
        return view! {
            <Empty
                icon="workflow"
                title=format!("Talk to {}", partner.name)
                text="Each message is the input of a run of its own, and the run's output is the answer. It does not know what was said before."
            >
                <a class="btn" href=format!("/workflows/{workflow}")>
                    "Open the workflow"
                </a>
            </Empty>
        }
        .into_any();
    }
    let text = if partner.is_remote {
        "Another service answers: what you write is sent there."
    } else {
        "It runs on this machine; what you write stays here."
    };
    let example = move |example: &'static str| {
        deed("card chat__example", "arrow-right", example, "chat-example", false.into(), move || {
            talk.say(example)
        })
    };
    view! {
        <Empty icon="chat" title=format!("Talk to {}", partner.name) text>
            <div class="chat__examples">{EXAMPLES.map(example).into_iter().collect_view()}</div>
        </Empty>
    }
    .into_any()
}
