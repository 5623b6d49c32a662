//! Short messages in the corner.

use super::icon::Icon;
use leptos::prelude::*;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
struct Toast {
    id: u32,
    tone: &'static str,
    icon: &'static str,
    text: String,
}

/// The messages now on screen; in context from the root on.
#[derive(Clone, Copy)]
pub struct Toasts(RwSignal<Vec<Toast>>);

impl Toasts {
    /// Puts an empty list into context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    /// Something went well.
    pub fn success(self, text: impl Into<String>) {
        self.push("tone-green", "check", text.into(), 4);
    }

    /// Something did not; stays longer.
    pub fn failure(self, text: impl Into<String>) {
        self.push("tone-red", "alert", text.into(), 9);
    }

    fn push(self, tone: &'static str, icon: &'static str, text: String, seconds: u64) {
        let id = self.0.with_untracked(|toasts| toasts.last().map_or(0, |t| t.id + 1));
        self.0.update(|toasts| {
            toasts.retain(|t| t.text != text);
            toasts.push(Toast { id, tone, icon, text });
        });
        set_timeout(move || self.remove(id), Duration::from_secs(seconds));
    }

    fn remove(self, id: u32) {
        self.0.update(|toasts| toasts.retain(|t| t.id != id));
    }
}

/// Where they appear; read out by screen readers.
#[component]
pub fn ToastArea() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.0.get() key=|t| t.id let:toast>
                <div class=format!("toast {}", toast.tone) data-testid="toast">
                    <Icon name=toast.icon />
                    <p>{toast.text}</p>
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        aria-label="Dismiss"
                        on:click=move |_| toasts.remove(toast.id)
                    >
                        <Icon name="x" class="icon--sm" />
                    </button>
                </div>
            </For>
        </div>
    }
}
