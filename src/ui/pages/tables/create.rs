//! The form of a new table: its name and its columns.

use super::type_word;
use crate::{
    api::tables::{Column, ColumnType, Table, TableBody},
    ui::{
        components::{
            dialog::{Dialog, DialogFoot},
            field::{Field, Select},
            icon::Icon,
        },
        pages::form::{FormError, FormState},
        server_fns::{
            session::{encode, with_session},
            tables::create_table,
        },
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

#[derive(Clone, Copy)]
struct Row {
    id: u32,
    name: RwSignal<String>,
    kind: RwSignal<ColumnType>,
}

impl Row {
    fn new(id: u32) -> Self {
        Self { id, name: RwSignal::new(String::new()), kind: RwSignal::new(ColumnType::Text) }
    }
}

#[component]
pub(super) fn CreateDialog(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open title="New table" description="Rows that steps write and read." testid="table-dialog">
            {move || open.get().then(|| view! { <Form open /> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(open: RwSignal<bool>) -> impl IntoView {
    let state = FormState::new();
    let name = RwSignal::new(String::new());
    let rows = RwSignal::new(vec![Row::new(0), Row::new(1)]);
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let columns = rows.with_untracked(|rows| {
            let named = rows.iter().filter(|r| r.name.with_untracked(|n| !n.trim().is_empty()));
            named
                .map(|r| Column {
                    name: r.name.with_untracked(|n| n.trim().to_owned()),
                    kind: r.kind.get_untracked(),
                })
                .collect()
        });
        let body = TableBody { name: name.with_untracked(|n| n.trim().to_owned()), columns };
        let navigate = navigate.clone();
        state.run(with_session(move || create_table(body.clone())), move |made: Table| {
            open.set(false);
            navigate(&format!("/tables/{}", encode(&made.name)), Default::default());
        });
    };
    view! {
        <form on:submit=submit class="dialog__form">
            <div class="dialog__body">
                <Field id="table-name" label="Name" hint="What steps call it." error=state.field("name")>
                    <input
                        class="input"
                        id="table-name"
                        autofocus
                        required
                        maxlength="63"
                        autocomplete="off"
                        placeholder="orders"
                        aria-invalid=move || state.is_wrong("name").get().to_string()
                        prop:value=name
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </Field>
                <Columns rows state />
                <FormError state fields=&["name", "columns"] />
            </div>
            <DialogFoot open testid="table-create" disabled=state.pending()>
                "Create table"
            </DialogFoot>
        </form>
    }
    .into_any()
}

#[component]
fn Columns(rows: RwSignal<Vec<Row>>, state: FormState) -> impl IntoView {
    let add = move |_| {
        let next = rows.with_untracked(|r| r.iter().map(|r| r.id + 1).max().unwrap_or(0));
        rows.update(|r| r.push(Row::new(next)));
    };
    view! {
        <Field
            id="table-columns"
            label="Columns"
            side="optional"
            hint="Leave them empty, and the first rows make them. Each row has `_id` and `_created_at` besides."
            error=state.field("columns")
        >
            <div class="columns" id="table-columns" role="group" aria-label="Columns">
                <For each=move || rows.get() key=|row| row.id let:row>
                    <ColumnRow row rows />
                </For>
                <div>
                    <button type="button" class="btn btn--sm" data-testid="add-column" on:click=add>
                        <Icon name="plus" class="icon--sm" />
                        "Add a column"
                    </button>
                </div>
            </div>
        </Field>
    }
    .into_any()
}

#[component]
fn ColumnRow(row: Row, rows: RwSignal<Vec<Row>>) -> impl IntoView {
    let choose = Callback::new(move |word: String| {
        if let Some(kind) = ColumnType::ALL.into_iter().find(|kind| kind.as_str() == word) {
            row.kind.set(kind);
        }
    });
    view! {
        <div class="column-row" data-testid="column">
            <input
                class="input"
                aria-label="Name of the column"
                placeholder="name"
                maxlength="100"
                autocomplete="off"
                prop:value=row.name
                on:input=move |event| row.name.set(event_target_value(&event))
            />
            <Select id=format!("column-type-{}", row.id) label="Type of the column" on_change=choose>
                {ColumnType::ALL
                    .map(|kind| view! { <option value=kind.as_str()>{type_word(kind)}</option> })
                    .into_iter()
                    .collect_view()}
            </Select>
            <button
                type="button"
                class="btn btn--ghost btn--icon"
                aria-label="Remove the column"
                on:click=move |_| rows.update(|rows| rows.retain(|other| other.id != row.id))
            >
                <Icon name="x" class="icon--sm" />
            </button>
        </div>
    }
    .into_any()
}
