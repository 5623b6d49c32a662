//! Short messages in the corner. What is about to be done can be taken back there until its message is gone.

use super::icon::Icon;
use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone)]
struct Toast {
    id: u32,
    tone: &'static str,
    icon: &'static str,
    text: String,
    /// Told once: whether it was taken back, when the message goes.
    settled: Option<Callback<bool>>,
}

/// The messages now on screen; in context from the root on.
#[derive(Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    /// Somebody reads or reaches for one: none goes by itself.
    held: StoredValue<bool>,
    /// Outlives the pages, so that what was announced is done after its page is gone.
    root: StoredValue<Owner>,
}

impl Toasts {
    /// Puts an empty list into context.
    pub fn provide() {
        provide_context(Self {
            all: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            held: StoredValue::new(false),
            root: StoredValue::new(Owner::current().unwrap_or_default()),
        });
    }

    /// Something went well.
    pub fn success(self, text: impl Into<String>) {
        self.push("tone-green", "check", text.into(), 4, None);
    }

    /// Something did not; stays longer.
    pub fn failure(self, text: impl Into<String>) {
        self.push("tone-red", "alert", text.into(), 9, None);
    }

    /// Something is about to be done; `settled` is told `true` if it is taken back, `false` once it is to be done.
    pub fn undoable(self, text: impl Into<String>, settled: impl Fn(bool) + Send + Sync + 'static) {
        let settled = self.root.get_value().with(|| Callback::new(settled));
        self.push("tone-grey", "trash", text.into(), 8, Some(settled));
    }

    fn push(
        self,
        tone: &'static str,
        icon: &'static str,
        text: String,
        seconds: u64,
        settled: Option<Callback<bool>>,
    ) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.all.update(|toasts| {
            toasts.retain(|t| t.text != text || t.settled.is_some());
            toasts.push(Toast { id, tone, icon, text, settled });
        });
        self.expire(id, seconds);
    }

    fn expire(self, id: u32, seconds: u64) {
        let go = move || match self.held.get_value() {
            true => self.expire(id, 2),
            false => self.remove(id, false),
        };
        set_timeout(go, Duration::from_secs(seconds));
    }

    fn remove(self, id: u32, is_taken_back: bool) {
        let mut gone = None;
        self.all.update(|toasts| {
            gone = toasts.iter().position(|t| t.id == id).map(|place| toasts.remove(place));
        });
        if let Some(settled) = gone.and_then(|toast| toast.settled) {
            settled.run(is_taken_back);
        }
    }
}

/// Where they appear; read out by screen readers.
#[component]
pub fn ToastArea() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let hold = move |is_held| move || toasts.held.set_value(is_held);
    let (enter, leave, focus, blur) = (hold(true), hold(false), hold(true), hold(false));
    view! {
        <div
            class="toasts"
            role="status"
            aria-live="polite"
            on:pointerenter=move |_| enter()
            on:pointerleave=move |_| leave()
            on:focusin=move |_| focus()
            on:focusout=move |_| blur()
        >
            <For each=move || toasts.all.get() key=|t| t.id let:toast>
                <div class=format!("toast {}", toast.tone) data-testid="toast">
                    <Icon name=toast.icon />
                    <p>{toast.text}</p>
                    {toast
                        .settled
                        .map(|_| {
                            view! {
                                <button
                                    type="button"
                                    class="btn btn--sm"
                                    data-testid="toast-undo"
                                    on:click=move |_| toasts.remove(toast.id, true)
                                >
                                    "Undo"
                                </button>
                            }
                        })}
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        aria-label="Dismiss"
                        on:click=move |_| toasts.remove(toast.id, false)
                    >
                        <Icon name="x" class="icon--sm" />
                    </button>
                </div>
            </For>
        </div>
    }
    .into_any()
}
