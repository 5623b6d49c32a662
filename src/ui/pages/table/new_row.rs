//! The form of a new row: one field for each column, by its type.

use super::{Shown, wanted::value_of};
use crate::{
    api::tables::{Column, ColumnType, Row, RowsBody, RowsWritten},
    ui::{
        browser,
        components::{
            dialog::{Dialog, DialogFoot},
            field::{Field, Select},
            toast::Toasts,
        },
        pages::{
            form::{FormError, FormState},
            tables::type_word,
        },
        server_fns::{session::with_session, tables::write_rows},
    },
};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn NewRow(open: RwSignal<bool>, shown: Shown) -> impl IntoView {
    view! {
        <Dialog open title="Add a row" testid="row-dialog">
            {move || open.get().then(|| view! { <Form open shown /> })}
        </Dialog>
    }
    .into_any()
}

type Typed = Vec<(Column, RwSignal<String>)>;

#[component]
fn Form(open: RwSignal<bool>, shown: Shown) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let columns = shown.table.with_untracked(|t| t.columns.clone());
    // Without columns the first row makes them.
    let free = RwSignal::new("{\n  \"name\": \"value\"\n}".to_owned());
    let typed: Typed = columns.into_iter().map(|c| (c, RwSignal::new(String::new()))).collect();
    let fields = typed.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let row = if typed.is_empty() { free.with_untracked(|text| object(text)) } else { row(&typed) };
        let row = match row {
            Ok(row) => row,
            Err((field, message)) => return state.refuse(&format!("rows.0.{field}"), message),
        };
        let name = shown.name();
        let body = RowsBody { rows: vec![row], ..RowsBody::default() };
        let call = with_session(move || write_rows(name.clone(), body.clone()));
        state.run(call, move |written: RowsWritten| {
            open.set(false);
            toasts.success("The row is added.");
            shown.changed(written.table);
        });
    };
    view! {
        <form on:submit=submit class="dialog__form">
            <div class="dialog__body">
                {if fields.is_empty() {
                    view! {
                        <Field
                            id="row-json"
                            label="Row"
                            hint="The table has no columns yet. The names in this object become its columns."
                            error=state.field("rows")
                        >
                            <textarea
                                class="input input--code"
                                id="row-json"
                                rows="6"
                                spellcheck="false"
                                prop:value=free
                                on:input=move |event| free.set(event_target_value(&event))
                            ></textarea>
                        </Field>
                    }
                        .into_any()
                } else {
                    fields
                        .into_iter()
                        .enumerate()
                        .map(|(index, (column, text))| view! { <Control column text index state /> })
                        .collect_view()
                        .into_any()
                }} <FormError state fields=&["rows"] />
            </div>
            <DialogFoot open testid="row-save" disabled=state.pending()>
                "Add row"
            </DialogFoot>
        </form>
    }
    .into_any()
}

#[component]
fn Control(column: Column, text: RwSignal<String>, index: usize, state: FormState) -> impl IntoView {
    let id = format!("row-field-{index}");
    let error = state.field(format!("rows.0.{}", column.name));
    let write = move |event| text.set(event_target_value(&event));
    let control = match column.kind {
        ColumnType::Boolean => {
            let choose = Callback::new(move |word| text.set(word));
            view! {
                <Select id=id.clone() on_change=choose>
                    <option value="">"–"</option>
                    <option value="true">"true"</option>
                    <option value="false">"false"</option>
                </Select>
            }
            .into_any()
        }
        ColumnType::Timestamp => view! {
            <input
                class="input"
                id=id.clone()
                type="datetime-local"
                step="1"
                on:input=move |event| {
                    text.set(browser::to_utc(&event_target_value(&event)).unwrap_or_default());
                }
            />
        }
        .into_any(),
        ColumnType::Json => view! {
            <textarea class="input input--code" id=id.clone() rows="4" spellcheck="false" on:input=write></textarea>
        }
        .into_any(),
        ColumnType::Text => {
            view! { <textarea class="input input--line" id=id.clone() rows="1" on:input=write></textarea> }.into_any()
        }
        ColumnType::Integer | ColumnType::Real => view! {
            <input class="input num" id=id.clone() inputmode="decimal" autocomplete="off" on:input=write />
        }
        .into_any(),
    };
    view! {
        <Field id label=column.name error side=type_word(column.kind)>
            {control}
        </Field>
    }
    .into_any()
}

/// What was typed; empty fields are left out.
fn row(typed: &Typed) -> Result<Row, (String, &'static str)> {
    let mut row = Row::new();
    for (column, text) in typed {
        let text = text.get_untracked();
        if text.is_empty() {
            continue;
        }
        let value = match column.kind {
            ColumnType::Json => serde_json::from_str(&text)
                .map_err(|_| (column.name.clone(), "This is not JSON. Text stands in double quotes."))?,
            ColumnType::Text => Value::from(text),
            kind => value_of(kind, "eq", &text),
        };
        row.insert(column.name.clone(), value);
    }
    Ok(row)
}

fn object(text: &str) -> Result<Row, (String, &'static str)> {
    serde_json::from_str(text)
        .map_err(|_| (String::new(), "Write one JSON object, such as {\"name\": \"Ada\"}."))
}
