//! Where the next message is written.

use super::talk::Talk;
use crate::ui::components::icon::Icon;
use leptos::prelude::*;

/// The field and its button: Enter sends, Shift+Enter begins a line, Escape stops.
#[component]
pub fn Composer(talk: Talk) -> impl IntoView {
    let placeholder = move || match talk.partner() {
        Some(partner) if partner.workflow.is_some() => format!("Input of {}", partner.name),
        Some(partner) => format!("Message {}", partner.name),
        None => String::new(),
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        // Enter may also choose among what a keyboard for Japanese or Chinese offers.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            talk.send();
        }
    };
    let is_empty = move || talk.draft.with(|draft| draft.trim().is_empty());
    view! {
        <div class="composer needs-script">
            {move || {
                talk.editing
                    .get()
                    .map(|_| {
                        view! {
                            <p class="composer__edit">
                                "Sending replaces the question and what came after it."
                                {deed(
                                    "btn btn--ghost btn--sm",
                                    "x",
                                    "Keep it",
                                    "chat-keep",
                                    false.into(),
                                    move || {
                                        talk.editing.set(None);
                                        talk.draft.set(String::new());
                                    },
                                )}
                            </p>
                        }
                    })
            }}
            // What stands in the layer below gives the field its height.
            <div class="composer__field" data-text=move || talk.draft.get()>
                <textarea
                    id="chat-draft"
                    rows="1"
                    aria-label="Message"
                    placeholder=placeholder
                    data-testid="chat-draft"
                    prop:value=talk.draft
                    on:input=move |event| talk.draft.set(event_target_value(&event))
                    on:keydown=keys
                ></textarea>
            </div>
            <div class="composer__foot">
                <p class="composer__hint">
                    <span class="composer__keys">
                        <kbd>"Enter"</kbd>
                        " sends, "
                        <kbd>"Shift Enter"</kbd>
                        " begins a line. "
                    </span>
                    "The conversation stays in this browser."
                </p>
                {move || {
                    if talk.is_busy.get() {
                        deed("btn", "stop", "Stop", "chat-stop", false.into(), move || talk.stop())
                    } else {
                        let off = Signal::derive(is_empty);
                        deed("btn btn--primary", "arrow-right", "Send", "chat-send", off, move || talk.send())
                    }
                }}
            </div>
        </div>
    }
    .into_any()
}

/// A button with its icon and its word.
pub fn deed(
    class: &'static str,
    icon: &'static str,
    word: &'static str,
    testid: &'static str,
    off: Signal<bool>,
    act: impl Fn() + 'static,
) -> AnyView {
    // One piece of code for all of them, whatever they do.
    let act: Box<dyn Fn()> = Box::new(act);
    view! {
        <button type="button" class=class aria-label=word data-testid=testid disabled=off on:click=move |_| act()>
            <Icon name=icon />
            <span>{word}</span>
        </button>
    }
    .into_any()
}
