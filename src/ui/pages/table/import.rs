//! Rows from a CSV file: all of them or none, with what is wrong by line.

use super::Shown;
use crate::{
    api::{
        problem::ProblemDetails,
        tables::{RowsWritten, Table},
    },
    ui::{
        browser::{
            files::{self, Picked},
            send::{Body, Sending, Sent, send},
        },
        components::{
            bytes::bytes,
            dialog::{Dialog, DialogFoot},
            empty::Notice,
            field::{Field, prose},
            icon::Icon,
            tags::TagField,
            toast::Toasts,
        },
        pages::collections::grouped,
        server_fns::session::{self, encode},
    },
};
use leptos::prelude::*;

/// Lines of a report that are shown.
const SHOWN: usize = 100;

#[component]
pub(super) fn ImportDialog(open: RwSignal<bool>, shown: Shown) -> impl IntoView {
    view! {
        <Dialog
            open
            title="Import a CSV file"
            description="The first line names the columns; names that are new become new columns. All rows are taken, or none."
            wide=true
            testid="import-dialog"
        >
            {move || open.get().then(|| view! { <Form open shown /> })}
        </Dialog>
    }
    .into_any()
}

/// What went wrong.
#[derive(Clone, Default)]
struct Refusal {
    message: String,
    /// Where, and what.
    lines: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
struct Import {
    open: RwSignal<bool>,
    shown: Shown,
    toasts: Toasts,
    /// Part of the file that is out; `Some(1.0)`: the server works.
    progress: RwSignal<Option<f64>>,
    refusal: RwSignal<Option<Refusal>>,
    sending: StoredValue<Option<Sending>>,
}

impl Import {
    fn start(self, file: Picked, key: Vec<String>, may_renew: bool) {
        self.progress.set(Some(0.0));
        self.refusal.set(None);
        let query = match key.is_empty() {
            true => "mode=insert".to_owned(),
            false => format!("mode=upsert&key={}", encode(&key.join(","))),
        };
        let address = format!("/api/tables/{}/import?{query}", encode(&self.shown.name()));
        let again = file.clone();
        let tell = move |sent| match sent {
            Sent::Progress(part) => {
                self.progress.try_set(Some(part));
            }
            Sent::Out => {
                self.progress.try_set(Some(1.0));
            }
            Sent::Unreachable => self.refuse(Refusal {
                message: "Millrace can't be reached. Check that it is running and try again.".to_owned(),
                lines: Vec::new(),
            }),
            Sent::Reply { status: 401, .. } if may_renew => {
                let (again, key) = (again.clone(), key.clone());
                leptos::task::spawn_local(async move {
                    session::renewed().await;
                    self.start(again, key, false);
                });
            }
            Sent::Reply { status: 200..300, body } => match serde_json::from_str::<RowsWritten>(&body) {
                Ok(written) => self.done(written.rows, written.table),
                Err(_) => self.refuse(Refusal {
                    message: "The answer could not be read.".to_owned(),
                    lines: Vec::new(),
                }),
            },
            Sent::Reply { status, body } => self.refuse(read_refusal(&body, status)),
        };
        self.sending.set_value(send(&address, Body::Plain("text/csv"), &file, tell));
    }

    fn done(self, rows: u64, table: Table) {
        let word = if rows == 1 { "1 row is".to_owned() } else { format!("{} rows are", grouped(rows)) };
        self.toasts.success(format!("{word} imported."));
        if self.open.try_set(false).is_none() {
            self.shown.changed(table);
        }
    }

    fn refuse(self, refusal: Refusal) {
        self.progress.try_set(None);
        self.refusal.try_set(Some(refusal));
    }

    fn stop(self) {
        if let Some(Some(sending)) = self.sending.try_update_value(Option::take) {
            sending.abort();
        }
        self.progress.try_set(None);
    }
}

/// Problem details with their lines, or whatever came instead.
fn read_refusal(body: &str, status: u16) -> Refusal {
    match serde_json::from_str::<ProblemDetails>(body) {
        Ok(problem) if !problem.errors.is_empty() => Refusal {
            message: "Nothing was imported. Correct the file and import it again.".to_owned(),
            lines: problem.errors.into_iter().map(|e| placed(&e.field, &e.message)).collect(),
        },
        Ok(problem) => Refusal { message: problem.detail, lines: Vec::new() },
        Err(_) => {
            Refusal { message: format!("The server refused the file (status {status})."), lines: Vec::new() }
        }
    }
}

/// Where something is wrong, and what: `line 3: …` says both.
fn placed(field: &str, message: &str) -> (String, String) {
    let at = message.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    match at.filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit())) {
        Some((number, rest)) => (format!("Line {number}"), rest.to_owned()),
        None if field == "file" => ("The file".to_owned(), message.to_owned()),
        None => (field.to_owned(), message.to_owned()),
    }
}

#[component]
fn Form(open: RwSignal<bool>, shown: Shown) -> impl IntoView {
    let file = RwSignal::new(None::<Picked>);
    let upsert = RwSignal::new(false);
    let key = RwSignal::new(Vec::<String>::new());
    let import = Import {
        open,
        shown,
        toasts: expect_context::<Toasts>(),
        progress: RwSignal::new(None),
        refusal: RwSignal::new(None),
        sending: StoredValue::new(None),
    };
    on_cleanup(move || import.stop());
    let over = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(file) = file.get_untracked() {
            let key = if upsert.get_untracked() { key.get_untracked() } else { Vec::new() };
            import.start(file, key, true);
        }
    };
    let ready = move || file.with(Option::is_some) && (!upsert.get() || key.with(|k| !k.is_empty()));
    view! {
        <form on:submit=submit class="dialog__form">
            <div class="dialog__body">
                <label
                    class="file-drop"
                    class:is-over=over
                    on:dragover=move |event| {
                        if files::carries_files(&event) {
                            event.prevent_default();
                            over.set(true);
                        }
                    }
                    on:dragleave=move |_| over.set(false)
                    on:drop=move |event| {
                        event.prevent_default();
                        over.set(false);
                        if let Some(first) = files::dropped(&event).into_iter().next() {
                            file.set(Some(first));
                        }
                    }
                >
                    <input
                        type="file"
                        class="sr-only"
                        accept=".csv,text/csv"
                        aria-label="CSV file"
                        data-testid="csv-field"
                        on:change=move |event| {
                            if let Some(first) = files::chosen(&event).into_iter().next() {
                                import.refusal.set(None);
                                file.set(Some(first));
                            }
                        }
                    />
                    {move || match file.get() {
                        Some(file) => {
                            view! {
                                <Icon name="file-text" />
                                <strong class="truncate">{file.name}</strong>
                                <span class="faint num">{bytes(file.size)}</span>
                            }
                                .into_any()
                        }
                        None => {
                            view! {
                                <Icon name="upload" />
                                <span>"Drop a CSV file here, or "<u>"choose one"</u></span>
                            }
                                .into_any()
                        }
                    }}
                </label>
                <div>
                    <label class="check">
                        <input
                            type="checkbox"
                            data-testid="import-upsert"
                            on:change=move |event| upsert.set(event_target_checked(&event))
                        />
                        <span>
                            "Change rows that are there already"
                            <small>"A row with the same key is changed instead of added once more"</small>
                        </span>
                    </label>
                </div>
                {move || upsert.get().then(|| view! { <Key key shown /> })}
                {move || {
                    import
                        .progress
                        .get()
                        .map(|part| {
                            let is_out = part >= 1.0;
                            view! {
                                <span
                                    class="upload__bar"
                                    class:is-working=is_out
                                    style=format!("--at: {:.0}%", part * 100.0)
                                    role="status"
                                    aria-label="Importing"
                                ></span>
                            }
                        })
                }}
                {move || import.refusal.get().map(|refusal| view! { <Report refusal /> })}
            </div>
            <DialogFoot open testid="import-start" disabled=move || !ready() || import.progress.with(Option::is_some)>
                "Import"
            </DialogFoot>
        </form>
    }
    .into_any()
}

#[component]
fn Key(key: RwSignal<Vec<String>>, shown: Shown) -> impl IntoView {
    let known = shown.table.with_untracked(|t| t.keys.first().cloned().unwrap_or_default());
    if key.with_untracked(Vec::is_empty) {
        key.set(known);
    }
    view! {
        <Field id="import-key" label="Key" hint="The columns that tell one row from another.">
            <TagField id="import-key" value=key placeholder="email" />
        </Field>
    }
    .into_any()
}

#[component]
fn Report(refusal: Refusal) -> impl IntoView {
    let rest = refusal.lines.len().saturating_sub(SHOWN);
    let lines = (!refusal.lines.is_empty()).then(|| {
        view! {
            <ul class="report" data-testid="import-report">
                {refusal
                    .lines
                    .into_iter()
                    .take(SHOWN)
                    .map(|(place, message)| {
                        view! {
                            <li>
                                <span>{place}</span>
                                <div>{prose(&message)}</div>
                            </li>
                        }
                    })
                    .collect_view()}
                {(rest > 0)
                    .then(|| {
                        view! {
                            <li>
                                <span></span>
                                <div>{format!("and {rest} more")}</div>
                            </li>
                        }
                    })}
            </ul>
        }
    });
    view! {
        <Notice tone="tone-red" icon="alert">
            <p data-testid="import-error">{refusal.message}</p>
        </Notice>
        {lines}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::read_refusal;

    #[test]
    fn a_refusal_names_its_lines() {
        let body = r#"{"type": "about:blank", "title": "t", "status": 422, "detail": "d", "code": "c",
            "errors": [{"field": "file", "message": "line 3: `age` is text"}, {"field": "file", "message": "is empty"}]}"#;
        let refusal = read_refusal(body, 422);
        let place = |place: &str, text: &str| (place.to_owned(), text.to_owned());
        assert_eq!(refusal.lines, [place("Line 3", "`age` is text"), place("The file", "is empty")]);
        let limit =
            r#"{"type": "about:blank", "title": "t", "status": 413, "detail": "Too large.", "code": "c"}"#;
        assert_eq!(read_refusal(limit, 413).message, "Too large.");
        assert!(read_refusal("", 502).message.contains("502"));
    }
}
