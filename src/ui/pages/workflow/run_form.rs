//! The input of a run as a form: a field for each field of the input schema, by its kind. The text of the run dialog stays
//! the truth; the form reads and writes it.

mod values;

use super::{
    running::{Running, input_value},
    schema::{
        rows::{Kind, Row, rows_of},
        slip,
    },
};
use crate::{
    ui::{
        canvas::editing::Editing,
        components::field::{Field, Select},
    },
    workflow::catalog::schema::{Stage, check},
};
use leptos::prelude::*;
use serde_json::Value;
use values::{at, number, with};

/// The rows of the input schema, where it has some.
pub(super) fn rows(editing: Editing) -> Memo<Vec<Row>> {
    Memo::new(move |_| {
        editing.version.track();
        editing.read(|d| d.input_schema.as_ref().and_then(|s| rows_of(s).ok())).unwrap_or_default()
    })
}

/// What all fields of the form share.
#[derive(Clone, Copy)]
struct Form {
    text: RwSignal<String>,
    whole: Memo<Value>,
    /// Fields with what is wrong with them.
    wrong: Memo<Vec<(String, String)>>,
}

impl Form {
    fn set(self, path: &[String], value: Option<Value>) {
        let made = self.whole.with_untracked(|whole| with(whole, path, value));
        self.text.set(serde_json::to_string_pretty(&made).unwrap_or_default());
    }
}

/// The form. Only for a text that is an object, or nothing.
#[component]
pub(super) fn RunForm(rows: Memo<Vec<Row>>) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let text = running.input;
    let whole = Memo::new(move |_| text.with(|text| input_value(text)));
    let wrong = Memo::new(move |_| {
        editing.version.track();
        whole.with(|whole| {
            let Some(map) = whole.as_object() else { return Vec::new() };
            editing.read(|d| {
                let schema = d.input_schema.as_ref();
                let found = schema.map(|schema| check(schema, map, Stage::Rendered)).unwrap_or_default();
                found.into_iter().map(|p| (p.field, p.message)).collect()
            })
        })
    });
    let form = Form { text, whole, wrong };
    view! { <div class="form run-form" data-testid="run-form">{move || fields(&rows.get(), &[], form)}</div> }
        .into_any()
}

fn fields(rows: &[Row], path: &[String], form: Form) -> AnyView {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let path: Vec<String> = path.iter().chain([&row.name]).cloned().collect();
            let is_first = index == 0 && path.len() == 1;
            view! { <FormField row=row.clone() path form is_first /> }
        })
        .collect_view()
        .into_any()
}

#[component]
fn FormField(row: Row, path: Vec<String>, form: Form, is_first: bool) -> impl IntoView {
    let id = format!("input-{}", path.join("-"));
    let title = row.rest.get("title").and_then(Value::as_str).unwrap_or(&row.name).to_owned();
    if row.kind == Kind::Object {
        let inner = fields(&row.children, &path, form);
        return view! {
            <fieldset class="fieldset run-form__group">
                <legend>{title}</legend>
                {inner}
            </fieldset>
        }
        .into_any();
    }
    let dotted = path.join(".");
    let error = Signal::derive(move || {
        form.wrong
            .with(|all| all.iter().find(|(field, _)| *field == dotted).map(|(_, message)| message.clone()))
    });
    let error = Signal::derive(move || error.get().unwrap_or_default());
    let side = if row.required { "" } else { "optional" };
    let hint = row.description.clone();
    let control = control(&row, id.clone(), path, form, is_first);
    view! {
        <Field id label=title hint side error>
            {control}
        </Field>
    }
    .into_any()
}

fn control(row: &Row, id: String, path: Vec<String>, form: Form, is_first: bool) -> AnyView {
    let path = StoredValue::new(path);
    let value = Memo::new(move |_| form.whole.with(|whole| path.with_value(|p| at(whole, p).clone())));
    let set = move |value: Option<Value>| path.with_value(|p| form.set(p, value));
    let required = row.required;
    // An optional field that is emptied is not sent.
    let set_text = move |text: String| set((required || !text.is_empty()).then(|| Value::from(text)));
    let shown = move || match value.get() {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    match row.kind {
        Kind::Text => view! {
            <textarea
                class="input run-form__text"
                id=id
                rows="2"
                autofocus=is_first
                prop:value=shown
                on:input=move |event| set_text(event_target_value(&event))
            >
                {value.with_untracked(|v| v.as_str().unwrap_or_default().to_owned())}
            </textarea>
        }
        .into_any(),
        Kind::Choice => {
            let choices = row.choices.clone();
            let none = if required { "Choose one" } else { "None" };
            view! {
                <Select id on_change=Callback::new(move |word: String| set((!word.is_empty()).then(|| Value::from(word))))>
                    <option value="" prop:selected=move || value.with(Value::is_null)>
                        {none}
                    </option>
                    {choices
                        .into_iter()
                        .map(|word| {
                            let mine = word.clone();
                            view! {
                                <option value=word.clone() prop:selected=move || value.with(|v| *v == mine.as_str())>
                                    {word.clone()}
                                </option>
                            }
                        })
                        .collect_view()}
                </Select>
            }
            .into_any()
        }
        Kind::Number | Kind::Whole => view! {
            <input
                class="input num"
                id=id
                inputmode="decimal"
                autocomplete="off"
                autofocus=is_first
                prop:value=shown
                on:change=move |event| {
                    let text = event_target_value(&event);
                    set((!text.trim().is_empty()).then(|| number(&text)));
                }
            />
        }
        .into_any(),
        Kind::Boolean => view! {
            <span class="check">
                <input
                    type="checkbox"
                    id=id
                    prop:checked=move || value.with(|v| v.as_bool() == Some(true))
                    on:change=move |event| set(Some(Value::from(event_target_checked(&event))))
                />
            </span>
        }
        .into_any(),
        _ => view! { <JsonPart id value set=Callback::new(set) /> }.into_any(),
    }
}

/// A list or anything else, as JSON. What cannot be read stays in the field with a word about it.
#[component]
fn JsonPart(id: String, value: Memo<Value>, set: Callback<Option<Value>>) -> impl IntoView {
    let pretty = |value: &Value| match value {
        Value::Null => String::new(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let text = RwSignal::new(value.with_untracked(pretty));
    let wrong = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let value = value.get();
        let typed = text.with_untracked(|t| serde_json::from_str::<Value>(t).ok());
        if wrong.with_untracked(Option::is_none) && typed.unwrap_or_default() != value {
            text.set(pretty(&value));
        }
    });
    view! {
        <textarea
            class="input input--code run-form__text"
            id=id
            rows="3"
            spellcheck="false"
            placeholder="[]"
            aria-invalid=move || wrong.with(Option::is_some).to_string()
            prop:value=move || text.get()
            on:input=move |event| {
                let typed = event_target_value(&event);
                text.set(typed.clone());
                if typed.trim().is_empty() {
                    wrong.set(None);
                    return set.run(None);
                }
                match serde_json::from_str::<Value>(&typed) {
                    Ok(value) => {
                        wrong.set(None);
                        set.run(Some(value));
                    }
                    Err(error) => wrong.set(Some(slip(&error))),
                }
            }
        ></textarea>
        {move || wrong.get().map(|words| view! { <p class="field__error">{words} " It is not part of the input yet."</p> })}
    }
    .into_any()
}
