//! Files on their way into a collection: how they are chosen, and how far each is.

mod queue;

use super::Shown;
use crate::{
    api::uploads::UploadFile,
    ui::{
        browser::files,
        components::{bytes::bytes, empty::Empty, icon::Icon},
    },
};
use leptos::prelude::*;
pub(super) use queue::Uploads;
use queue::{Item, State};

/// What can be read.
const ACCEPTED: &str = ".txt,.md,.markdown,.html,.htm,.csv,.tsv,.json,.jsonl,.pdf";

/// The button that opens the browser's choice of files.
#[component]
pub(super) fn ChooseFiles(uploads: Uploads) -> impl IntoView {
    view! {
        <label class="btn btn--primary needs-script file-button">
            <FileField uploads />
            <Icon name="upload" />
            "Upload"
            <span class="wide-only">"files"</span>
        </label>
    }
    .into_any()
}

#[component]
fn FileField(uploads: Uploads) -> impl IntoView {
    view! {
        <input
            type="file"
            class="sr-only"
            multiple
            accept=ACCEPTED
            aria-label="Upload files"
            data-testid="file-field"
            on:change=move |event| uploads.add(files::chosen(&event))
        />
    }
}

/// What an empty collection says.
#[component]
pub(super) fn DropZone(uploads: Uploads, pasting: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="drop-zone" data-testid="drop-zone">
            <Empty
                icon="upload"
                title="Drop files here"
                text="Text, Markdown, HTML, CSV, JSON and PDF. Each is split into parts that can be found by their meaning."
            >
                <div class="empty__actions needs-script">
                    <label class="btn file-button">
                        <FileField uploads />
                        <Icon name="file" />
                        "Choose files"
                    </label>
                    <button type="button" class="btn" on:click=move |_| pasting.set(true)>
                        <Icon name="pencil" />
                        "Paste text"
                    </button>
                </div>
            </Empty>
        </div>
    }
    .into_any()
}

/// The files of this visit, and the place to drop more: anywhere on the page.
#[component]
pub(super) fn UploadList(uploads: Uploads) -> impl IntoView {
    let over = RwSignal::new(false);
    listen_for_drops(uploads.clone(), over);
    let items = uploads.items.clone();
    let some = {
        let items = items.clone();
        Memo::new(move |_| items.with(|items| !items.is_empty()))
    };
    let sum = {
        let items = items.clone();
        move || {
            items.with(|items| {
                let ended = items.iter().filter(|item| item.state.with(State::has_ended)).count();
                if ended == items.len() {
                    "All done".to_owned()
                } else {
                    format!("{ended} of {} done", items.len())
                }
            })
        }
    };
    let body = move || {
        let (items, sum, cleared, uploads) = (items.clone(), sum.clone(), uploads.clone(), uploads.clone());
        some.get().then(|| {
            view! {
                <section class="card uploads" aria-label="Uploads" data-testid="uploads">
                    <div class="card__head">
                        <h2>"Uploads"</h2>
                        <span class="faint num" role="status">
                            {sum}
                        </span>
                        <span class="spacer"></span>
                        <button type="button" class="btn btn--ghost btn--sm" on:click=move |_| cleared.clear()>
                            "Clear"
                        </button>
                    </div>
                    <ul>
                        <For
                            each=move || items.get()
                            key=|item| item.id
                            children=move |item| view! { <Row item uploads=uploads.clone() /> }
                        />
                    </ul>
                </section>
            }
        })
    };
    view! {
        {body}
        {move || {
            over.get()
                .then(|| {
                    view! {
                        <div class="drop-here" data-testid="drop-here">
                            <div>
                                <Icon name="upload" />
                                <h2>"Drop to add to this collection"</h2>
                                <p>"Text, Markdown, HTML, CSV, JSON, PDF"</p>
                            </div>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

/// Takes what is dropped anywhere on the page, while this part of it is there.
fn listen_for_drops(uploads: Uploads, over: RwSignal<bool>) {
    Effect::new(move |_| {
        let uploads = uploads.clone();
        let enter = window_event_listener(leptos::ev::dragover, move |event| {
            if files::carries_files(&event) {
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }
        });
        // Out of the window there is nothing that is entered instead.
        let leave = window_event_listener(leptos::ev::dragleave, move |event| {
            if event.related_target().is_none() {
                over.set(false);
            }
        });
        let drop = window_event_listener(leptos::ev::drop, move |event| {
            if files::carries_files(&event) {
                event.prevent_default();
                over.set(false);
                uploads.add(files::dropped(&event));
            }
        });
        on_cleanup(move || {
            enter.remove();
            leave.remove();
            drop.remove();
        });
    });
}

#[component]
fn Row(item: Item, uploads: Uploads) -> impl IntoView {
    let state = item.state.clone();
    let look = {
        let state = state.clone();
        Memo::new(move |_| state.with(look))
    };
    let stop = item.clone();
    let bar = {
        let state = state.clone();
        move || {
            state.with(|state| match state.progress() {
                Some(Some(part)) => Some((false, part)),
                Some(None) => Some((true, 0.0)),
                None => None,
            })
        }
    };
    let remarks = move || {
        state.with(|state| match state {
            State::Failed(message) => vec![(true, message.clone())],
            State::Done(file) => file.warnings.iter().map(|text| (false, text.clone())).collect(),
            _ => Vec::new(),
        })
    };
    view! {
        <li
            class=move || format!("upload {}", look.get().tone)
            data-testid="upload"
            data-name=item.file.name.clone()
            data-state=move || look.get().state
        >
            {move || {
                let look = look.get();
                view! { <Icon name=look.icon class=if look.state == "busy" { "spin" } else { "" } /> }
            }}
            <span class="upload__name">
                <span class="truncate">{item.file.name.clone()}</span>
                <span class="faint num">{bytes(item.file.size)}</span>
            </span>
            <span class="upload__state">{move || look.get().word}</span>
            {move || {
                let (stop, uploads) = (stop.clone(), uploads.clone());
                (!look.get().has_ended)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn--ghost btn--icon btn--sm"
                                title="Cancel"
                                aria-label=format!("Cancel {}", stop.file.name)
                                data-testid="cancel-upload"
                                on:click=move |_| uploads.cancel(&stop)
                            >
                                <Icon name="x" class="icon--sm" />
                            </button>
                        }
                    })
            }}
            {move || {
                bar()
                    .map(|(working, part)| {
                        view! {
                            <span
                                class="upload__bar"
                                class:is-working=working
                                aria-hidden="true"
                                style=format!("--at: {:.0}%", part * 100.0)
                            ></span>
                        }
                    })
            }}
            {move || {
                remarks()
                    .into_iter()
                    .map(|(is_error, text)| {
                        view! {
                            <p class="upload__message" class:is-mild=!is_error>
                                {text}
                            </p>
                        }
                    })
                    .collect_view()
            }}
        </li>
    }
    .into_any()
}

#[derive(Clone, PartialEq)]
struct Look {
    tone: &'static str,
    icon: &'static str,
    state: &'static str,
    word: String,
    has_ended: bool,
}

fn look(state: &State) -> Look {
    let (tone, icon, name, word) = match state {
        State::Waiting => ("", "clock", "waiting", "Waits its turn".to_owned()),
        State::Sending(part) => ("tone-blue", "loader", "busy", format!("Sending {:.0} %", part * 100.0)),
        State::Reading => ("tone-blue", "loader", "busy", "Reading".to_owned()),
        State::Adding(done, total) => {
            ("tone-blue", "loader", "busy", format!("Adding {done} of {total} parts"))
        }
        State::Done(file) => ("tone-green", "check", "done", sum(file)),
        State::Failed(_) => ("tone-red", "alert", "failed", "Not added".to_owned()),
        State::Cancelled => ("tone-grey", "ban", "cancelled", "Cancelled".to_owned()),
    };
    Look { tone, icon, state: name, word, has_ended: state.has_ended() }
}

/// What became of a file, in words.
fn sum(file: &UploadFile) -> String {
    let parts = |n: u64| if n == 1 { "1 part".to_owned() } else { format!("{n} parts") };
    match (file.added, file.skipped) {
        (0, skipped) if skipped > 0 => format!("Was there already ({})", parts(skipped)),
        (added, 0) => format!("{} added", parts(added)),
        (added, skipped) => format!("{} added, {skipped} were there already", parts(added)),
    }
}

impl Uploads {
    /// Tells the page whenever a file has come in.
    pub(super) fn on_arrival(&self, shown: Shown) {
        let arrived = self.arrived.clone();
        Effect::new(move |before: Option<u32>| {
            let now = arrived.get();
            if before.is_some_and(|before| before != now) {
                shown.changed();
            }
            now
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::uploads::FileState;

    #[test]
    fn what_became_of_a_file_is_said() {
        let file = |added, skipped| UploadFile {
            name: "a.txt".to_owned(),
            size_bytes: 1,
            state: FileState::Done,
            parts_done: added + skipped,
            parts_total: None,
            added,
            skipped,
            error: None,
            warnings: Vec::new(),
        };
        assert_eq!(sum(&file(1, 0)), "1 part added");
        assert_eq!(sum(&file(3, 2)), "3 parts added, 2 were there already");
        assert_eq!(sum(&file(0, 1)), "Was there already (1 part)");
    }
}
