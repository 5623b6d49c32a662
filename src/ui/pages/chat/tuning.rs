//! How a model answers: the system prompt, the temperature, the longest answer.

use super::talk::Talk;
use crate::ui::components::field::Field;
use leptos::prelude::*;

/// What can be set; kept with the conversation.
#[component]
pub fn Tuning(talk: Talk) -> impl IntoView {
    let warmth = move || format!("{:.1}", talk.temperature.get());
    view! {
        <div class="tuning" id="chat-tuning" data-testid="chat-tuning">
            <Field id="chat-system" label="System prompt" hint="Who the model is and how it answers. Empty: as it was trained.">
                <textarea
                    class="input"
                    id="chat-system"
                    rows="3"
                    maxlength="20000"
                    placeholder="You are a miller. Answer in one sentence."
                    prop:value=talk.system
                    on:input=move |event| {
                        talk.system.set(event_target_value(&event));
                        talk.keep();
                    }
                ></textarea>
            </Field>
            <div class="tuning__row">
                <Field
                    id="chat-temperature"
                    label="Temperature"
                    side=Signal::derive(move || Some(warmth()))
                    hint="0 takes the likeliest word each time; more is livelier."
                >
                    <input
                        class="range"
                        id="chat-temperature"
                        type="range"
                        min="0"
                        max="2"
                        step="0.1"
                        style=move || format!("--at: {}%", talk.temperature.get() * 50.0)
                        prop:value=warmth
                        on:input=move |event| {
                            talk.temperature.set(number(&event));
                            talk.keep();
                        }
                    />
                </Field>
                <Field id="chat-limit" label="Longest answer, in tokens" hint="A token is about three quarters of a word.">
                    <input
                        class="input"
                        id="chat-limit"
                        type="number"
                        min="1"
                        max="32768"
                        prop:value=move || format!("{:.0}", talk.limit.get())
                        on:change=move |event| {
                            let given = number(&event);
                            // Nothing, or no number, is the least.
                            let limit = if given >= 1.0 { given.min(32_768.0).trunc() } else { 1.0 };
                            talk.limit.set(limit);
                            talk.keep();
                        }
                    />
                </Field>
            </div>
        </div>
    }
    .into_any()
}

/// The number in a field; NaN where there is none. The browser reads it: it can do that already.
fn number(event: &leptos::ev::Event) -> f64 {
    event_target::<leptos::web_sys::HtmlInputElement>(event).value_as_number()
}
