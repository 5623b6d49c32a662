//! How the engine treats the chosen step, whatever its type: retries, time limit, join, off, pin, note. Closed until
//! something in it is set or wrong.

use super::config::problem_at;
use crate::{
    ui::{
        canvas::editing::{Card, Editing},
        components::{
            data::DataBox,
            field::{Field, Select, prose},
            icon::Icon,
            time::duration,
        },
    },
    workflow::{
        catalog,
        document::{Backoff, Join, Retry, Settings},
    },
};
use leptos::prelude::*;

/// Fields of the checker that stand in this section.
pub(super) const FIELDS: [&str; 6] = [
    "settings.retry",
    "settings.retry.max_attempts",
    "settings.retry.delay_ms",
    "settings.retry.max_delay_ms",
    "settings.timeout_ms",
    "settings.pinned_output",
];

/// The settings of one step under edit.
#[derive(Clone)]
struct Bound {
    editing: Editing,
    card: Card,
    value: Memo<Settings>,
}

impl Bound {
    fn edit(&self, edit: impl FnOnce(&mut Settings)) {
        self.editing.set_settings(self.card.id, None, edit);
    }

    /// Changes the retries; the plain ones are taken out.
    fn retry(&self, edit: impl FnOnce(&mut Retry)) {
        self.edit(|settings| {
            let mut retry = settings.retry.take().unwrap_or_default();
            edit(&mut retry);
            settings.retry = (retry != Retry::default()).then_some(retry);
        });
    }
}

#[component]
pub fn SettingsSection(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let node = card.node.clone();
    let value = Memo::new(move |_| node.with(|n| n.settings.clone()));
    let kind = card.node.with_untracked(|n| catalog::find(&n.node_type));
    let waits = kind.is_some_and(|t| t.nature.waits);
    let id = card.id;
    let is_wrong = problem_at(editing, id, &FIELDS).with_untracked(|m| !m.is_empty());
    let open = is_wrong || value.with_untracked(|v| *v != Settings::default());
    let bound = Bound { editing, card, value };
    let off = {
        let bound = bound.clone();
        move |event| bound.edit(|s| s.disabled = event_target_checked(&event))
    };
    let join = {
        let bound = bound.clone();
        Callback::new(move |word: String| {
            bound.edit(|s| s.join = if word == "all" { Join::All } else { Join::Any });
        })
    };
    view! {
        <details class="settings" open=open data-testid="node-settings">
            <summary>
                <Icon name="chevron-right" class="icon--sm" />
                "Settings"
                <span class="settings__said faint truncate">{move || value.with(said)}</span>
            </summary>
            <div class="settings__body">
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="setting-disabled"
                        prop:checked=move || value.with(|v| v.disabled)
                        on:change=off
                    />
                    <span>
                        "Disabled" <small>"The step does nothing and passes its input on."</small>
                    </span>
                </label>
                <Retries bound=bound.clone() />
                {(!waits).then(|| view! { <TimeLimit bound=bound.clone() /> })}
                <Field id="setting-join" label="Starts when">
                    <Select id="setting-join" on_change=join>
                        <option value="any" prop:selected=move || value.with(|v| v.join == Join::Any)>
                            "any path to it was taken"
                        </option>
                        <option value="all" prop:selected=move || value.with(|v| v.join == Join::All)>
                            "every path to it was taken"
                        </option>
                    </Select>
                </Field>
                <Note bound=bound.clone() />
                <Pinned bound />
            </div>
        </details>
    }
    .into_any()
}

/// What is set, in a few words.
fn said(settings: &Settings) -> String {
    let mut words = Vec::new();
    if settings.disabled {
        words.push("disabled".to_owned());
    }
    if settings.pinned_output.is_some() {
        words.push("pinned".to_owned());
    }
    if let Some(retry) = settings.retry.as_ref().filter(|r| r.max_attempts > 1) {
        words.push(format!("{} attempts", retry.max_attempts));
    }
    if let Some(ms) = settings.timeout_ms {
        words.push(format!("{} limit", duration(ms.min(i64::MAX as u64) as i64)));
    }
    if settings.join == Join::All {
        words.push("joins all".to_owned());
    }
    if settings.note.is_some() {
        words.push("note".to_owned());
    }
    words.join(", ")
}

#[component]
fn Retries(bound: Bound) -> impl IntoView {
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

#[component]
fn TimeLimit(bound: Bound) -> impl IntoView {
    let value = bound.value;
    let write = {
        let bound = bound.clone();
        Callback::new(move |n: Option<u64>| bound.edit(|s| s.timeout_ms = n))
    };
    view! {
        <Whole
            bound
            id="setting-timeout"
            label="Time limit of an attempt, ms"
            hint="Empty: the limit of this installation."
            fields=&["settings.timeout_ms"]
            value=Signal::derive(move || value.with(|v| v.timeout_ms))
            write
            is_time=true
        />
    }
}

/// A whole number. What is none stays in the field with a word about it, and is not written.
#[component]
fn Whole(
    bound: Bound,
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    /// Whose problems are shown.
    fields: &'static [&'static str],
    value: Signal<Option<u64>>,
    write: Callback<Option<u64>>,
    /// Milliseconds: said in words beside the label.
    is_time: bool,
) -> impl IntoView {
    let slip = RwSignal::new(false);
    let found = problem_at(bound.editing, bound.card.id, fields);
    let error = Signal::derive(move || {
        if slip.get() { "Write a whole number, such as 3 or 1500.".to_owned() } else { found.get() }
    });
    let side = Signal::derive(move || {
        value
            .get()
            .filter(|_| is_time)
            .map_or_else(String::new, |ms| duration(ms.min(i64::MAX as u64) as i64))
    });
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    let change = move |event: leptos::ev::Event| {
        let text = event_target_value(&event);
        let number = text.trim().parse::<u64>();
        slip.set(number.is_err() && !text.trim().is_empty());
        match number {
            Ok(n) => write.run(Some(n)),
            Err(_) if text.trim().is_empty() => {
                write.run(None);
                // What takes the place of nothing may be what stood there before.
                show(&event, value.get_untracked());
            }
            Err(_) => {}
        }
    };
    view! {
        <Field id label error side hint=hint.unwrap_or_default()>
            <input
                class="input num"
                id=id
                inputmode="numeric"
                autocomplete="off"
                data-testid=id
                aria-invalid=move || error.with(|e| !e.is_empty()).to_string()
                prop:value=move || in_words(value.get())
                on:change=change
            />
        </Field>
    }
    .into_any()
}

fn in_words(number: Option<u64>) -> String {
    number.map(|n| n.to_string()).unwrap_or_default()
}

/// Writes a number into the field that an event came from.
fn show(event: &leptos::ev::Event, number: Option<u64>) {
    use leptos::wasm_bindgen::JsCast;
    let field = event.target().and_then(|t| t.dyn_into::<leptos::web_sys::HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_value(&in_words(number));
    }
}

#[component]
fn Note(bound: Bound) -> impl IntoView {
    let value = bound.value;
    let write = move |event| {
        let text = event_target_value(&event);
        let note = (!text.is_empty()).then_some(text);
        bound.editing.set_settings(bound.card.id, Some("note"), |s| s.note = note);
    };
    view! {
        <Field id="setting-note" label="Note" hint="For people who open this workflow; it changes nothing.">
            <textarea
                class="input settings__note"
                id="setting-note"
                rows="2"
                maxlength="2000"
                data-testid="setting-note"
                prop:value=move || value.with(|v| v.note.clone()).unwrap_or_default()
                on:input=write
            ></textarea>
        </Field>
    }
    .into_any()
}

/// The output that stands in for an execution, where there is one.
#[component]
fn Pinned(bound: Bound) -> impl IntoView {
    let pinned = {
        let value = bound.value;
        Memo::new(move |_| value.with(|v| v.pinned_output.clone()))
    };
    let found = problem_at(bound.editing, bound.card.id, &["settings.pinned_output"]);
    move || {
        let value = pinned.get()?;
        let bound = bound.clone();
        Some(view! {
            <div class="field" data-testid="pinned-output">
                <span class="field__label">
                    "Pinned output"
                    <button
                        type="button"
                        class="btn btn--ghost btn--sm field__side"
                        data-testid="unpin"
                        on:click=move |_| bound.edit(|s| s.pinned_output = None)
                    >
                        "Unpin"
                    </button>
                </span>
                <DataBox value />
                <p class="field__hint">"Taken instead of running the step, in runs that ask for pinned outputs."</p>
                {move || {
                    Some(found.get())
                        .filter(|text| !text.is_empty())
                        .map(|text| view! { <p class="field__error is-warning">{prose(&text)}</p> })
                }}
            </div>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_is_set_is_said_in_a_few_words() {
        assert_eq!(said(&Settings::default()), "");
        let settings = Settings {
            retry: Some(Retry { max_attempts: 3, ..Retry::default() }),
            timeout_ms: Some(30_000),
            join: Join::All,
            pinned_output: Some(Value::Null),
            ..Settings::default()
        };
        assert_eq!(said(&settings), "pinned, 3 attempts, 30.0 s limit, joins all");
        let once = Settings { retry: Some(Retry { delay_ms: 5, ..Retry::default() }), ..Settings::default() };
        assert_eq!(said(&once), "", "one attempt is no retry");
    }
}
