//! The palette of commands: everything that can be reached or done, found by a few letters.

mod entry;
mod known;

use super::layout::sign_out;
use crate::ui::{
    browser::{self, memory},
    components::{commands::Commands, fuzzy::pieces, icon::Icon, toast::Toasts},
    preferences::Preferences,
    server_fns::{session::with_session, workflows::create_workflow},
};
use entry::{Does, Entry, Shown, choose, everywhere, of_page, used};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_navigate;

const RECENT: &str = "millrace.recent";

/// The dialog, open while `open` is.
pub fn command_palette(open: RwSignal<bool>) -> AnyView {
    let element = NodeRef::<html::Dialog>::new();
    let written = RwSignal::new(String::new());
    let marked = RwSignal::new(0_usize);
    let all = RwSignal::new(Vec::<Entry>::new());
    let recent = RwSignal::new(Vec::<String>::new());
    let commands = use_context::<Commands>();
    let shown = Memo::new_with_compare(
        move |_| all.with(|all| recent.with(|recent| choose(all, &written.get(), recent))),
        |_, _| true,
    );
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = element.get() else { return };
        if wanted && !dialog.open() {
            written.set(String::new());
            marked.set(0);
            let kept = memory::recall(RECENT).unwrap_or_default();
            recent.set(kept.lines().map(str::to_owned).collect());
            let here = of_page(commands.map(Commands::now).unwrap_or_default());
            all.set(here.into_iter().chain(everywhere()).collect());
            known::add_to(all);
            // It may only be built by now, and not yet be in the page.
            request_animation_frame(move || {
                if open.get_untracked() && !dialog.open() {
                    let _ = dialog.show_modal();
                    browser::focus("commands-field");
                }
            });
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let doer = Doer::new(open);
    let choose_marked = move || {
        let chosen = shown.with_untracked(|shown| shown.get(marked.get_untracked()).map(|s| s.entry.clone()));
        if let Some(entry) = chosen {
            recent.update(|recent| *recent = used(recent, &entry.id));
            memory::keep(RECENT, &recent.with_untracked(|recent| recent.join("\n")));
            doer.run(&entry.does);
        }
    };
    let mark = move |place: usize| {
        marked.set(place);
        browser::show(&line_id(place));
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let count = shown.with_untracked(Vec::len).max(1);
        let at = marked.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => mark((at + 1) % count),
            "ArrowUp" => mark((at + count - 1) % count),
            "PageDown" => mark((at + 8).min(count - 1)),
            "PageUp" => mark(at.saturating_sub(8)),
            "Enter" => choose_marked(),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <dialog
            class="commands"
            node_ref=element
            aria-label="Commands"
            data-testid="commands"
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // The backdrop belongs to the dialog itself.
                if browser::is_own(&event) {
                    open.set(false);
                }
            }
        >
            <div class="commands__head">
                <Icon name="search" />
                <input
                    id="commands-field"
                    class="commands__field"
                    type="text"
                    role="combobox"
                    aria-label="Search or do"
                    aria-expanded="true"
                    aria-controls="commands-list"
                    aria-autocomplete="list"
                    aria-activedescendant=move || line_id(marked.get())
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="120"
                    placeholder="Search or do…"
                    prop:value=written
                    on:input=move |event| {
                        written.set(event_target_value(&event));
                        marked.set(0);
                    }
                    on:keydown=keys
                />
                <kbd aria-hidden="true">"Esc"</kbd>
            </div>
            <ul class="commands__list" id="commands-list" role="listbox" aria-label="Commands" tabindex="-1">
                {move || {
                    shown
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(place, line)| {
                            let choose = Callback::new(move |()| {
                                marked.set(place);
                                choose_marked();
                            });
                            view! { <Line place line marked choose /> }
                        })
                        .collect_view()
                }}
            </ul>
            <p class="sr-only" role="status">
                {move || format!("{} commands", shown.with(Vec::len))}
            </p>
        </dialog>
    }
    .into_any()
}

fn line_id(place: usize) -> String {
    format!("command-{place}")
}

#[component]
fn Line(place: usize, line: Shown, marked: RwSignal<usize>, choose: Callback<()>) -> impl IntoView {
    let Shown { entry, places } = line;
    let title = pieces(&entry.title, &places).into_iter().map(|(is_found, piece)| match is_found {
        true => view! { <mark>{piece}</mark> }.into_any(),
        false => piece.into_any(),
    });
    view! {
        <li
            class="commands__line"
            id=line_id(place)
            role="option"
            aria-selected=move || (marked.get() == place).to_string()
            data-testid="command"
            on:pointermove=move |_| {
                if marked.get_untracked() != place {
                    marked.set(place);
                }
            }
            on:click=move |_| choose.run(())
        >
            <Icon name=entry.icon />
            <span class="commands__title truncate">{title.collect_view()}</span>
            <span class="commands__side">{entry.side}</span>
        </li>
    }
    .into_any()
}

/// Does what an entry says.
#[derive(Clone, Copy)]
struct Doer {
    open: RwSignal<bool>,
    toasts: Toasts,
    preferences: RwSignal<Preferences>,
    go: Callback<String>,
}

impl Doer {
    fn new(open: RwSignal<bool>) -> Self {
        let navigate = use_navigate();
        Self {
            open,
            toasts: expect_context(),
            preferences: expect_context(),
            go: Callback::new(move |path: String| navigate(&path, Default::default())),
        }
    }

    fn run(self, what: &Does) {
        self.open.set(false);
        match what {
            Does::Go(path) => self.go.run(path.clone()),
            Does::Call(call) => {
                // The page may be gone by now.
                call.try_run(());
            }
            Does::Theme(theme) => {
                self.preferences.update(|p| p.theme = *theme);
                self.preferences.get_untracked().apply();
            }
            Does::Create(name) => {
                let (name, toasts) = (name.clone(), self.toasts);
                leptos::task::spawn_local(async move {
                    // The reply leads to the new workflow.
                    if let Err(error) = with_session(|| create_workflow(name.clone(), String::new())).await {
                        toasts.failure(error.field("name").unwrap_or(error.message));
                    }
                });
            }
            Does::SignOut => sign_out(),
        }
    }
}
