//! How often a failed attempt is repeated, and how long to wait before.

use super::{Bound, whole::Whole};
use crate::{
    ui::components::field::{Field, Select},
    workflow::document::{Backoff, Retry},
};
use leptos::prelude::*;

#[component]
pub(super) fn Retries(bound: Bound) -> impl IntoView {
    let value = bound.value;
    let retry = Memo::new(move |_| value.with(|v| v.retry.clone().unwrap_or_default()));
    let repeats = Memo::new(move |_| retry.with(|r| r.max_attempts != 1));
    let grows = Memo::new(move |_| retry.with(|r| r.backoff == Backoff::Exponential));
    let attempts = {
        let bound = bound.clone();
        Callback::new(move |n: Option<u64>| {
            let n = n.unwrap_or(1).min(u64::from(u32::MAX)) as u32;
            bound.retry(|r| r.max_attempts = n);
        })
    };
    view! {
        <Whole
            bound=bound.clone()
            id="setting-attempts"
            label="Attempts"
            hint="How often the step is tried in all, if an error may pass by itself. 1 is no retry."
            fields=&["settings.retry.max_attempts", "settings.retry"]
            value=Signal::derive(move || Some(u64::from(retry.with(|r| r.max_attempts))))
            write=attempts
            is_time=false
        />
        {move || {
            let backoff = {
                let bound = bound.clone();
                Callback::new(move |word: String| {
                    let backoff = if word == "exponential" { Backoff::Exponential } else { Backoff::Fixed };
                    bound.retry(|r| r.backoff = backoff);
                })
            };
            let delay = {
                let bound = bound.clone();
                Callback::new(move |n: Option<u64>| {
                    bound.retry(|r| r.delay_ms = n.unwrap_or(Retry::default().delay_ms));
                })
            };
            let longest = {
                let bound = bound.clone();
                Callback::new(move |n: Option<u64>| {
                    bound.retry(|r| r.max_delay_ms = n.unwrap_or(Retry::default().max_delay_ms));
                })
            };
            let bound = bound.clone();
            repeats
                .get()
                .then(move || {
                    view! {
                        <div class="settings__pair">
                            <Field id="setting-backoff" label="Wait between attempts">
                                <Select id="setting-backoff" on_change=backoff>
                                    <option value="fixed" prop:selected=move || !grows.get()>
                                        "the same each time"
                                    </option>
                                    <option value="exponential" prop:selected=move || grows.get()>
                                        "doubles each time"
                                    </option>
                                </Select>
                            </Field>
                            <Whole
                                bound=bound.clone()
                                id="setting-delay"
                                label="First wait, ms"
                                fields=&["settings.retry.delay_ms"]
                                value=Signal::derive(move || Some(retry.with(|r| r.delay_ms)))
                                write=delay
                                is_time=true
                            />
                        </div>
                        {move || {
                            let bound = bound.clone();
                            grows
                                .get()
                                .then(move || {
                                    view! {
                                        <Whole
                                            bound
                                            id="setting-max-delay"
                                            label="Longest wait, ms"
                                            fields=&["settings.retry.max_delay_ms"]
                                            value=Signal::derive(move || Some(retry.with(|r| r.max_delay_ms)))
                                            write=longest
                                            is_time=true
                                        />
                                    }
                                })
                        }}
                    }
                })
        }}
    }
    .into_any()
}
