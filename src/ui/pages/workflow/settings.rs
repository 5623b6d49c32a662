//! How the engine treats the chosen step, whatever its type: retries, time limit, join, off, pin, note. Closed until
//! something in it is set or wrong.

mod retries;
mod whole;

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
        document::{Join, Retry, Settings},
    },
};
use leptos::prelude::*;
use retries::Retries;
use whole::Whole;

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
    let is_wrong = problem_at(editing, id, &FIELDS).message.with_untracked(|m| !m.is_empty());
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
    let found = problem_at(bound.editing, bound.card.id, &["settings.pinned_output"]).message;
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
