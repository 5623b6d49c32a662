//! What people do on this page: one action for each form, and what follows from it.

use crate::{
    api::triggers::TriggerView,
    ui::{
        components::toast::Toasts,
        pages::{
            form::RefusalNotice,
            refusal::{refusal, told},
        },
        server_fns::{
            error::UiError,
            triggers::{
                DeleteTrigger, PauseTrigger, SaveSchedule, SaveWebhook, SetActive, SetFailureNotice,
                TestTrigger,
            },
        },
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The actions of the page; in its context.
#[derive(Clone, Copy)]
pub struct Deeds {
    /// Counts what was done: what was read before is out of date.
    pub done: RwSignal<u32>,
    pub schedule: ServerAction<SaveSchedule>,
    pub webhook: ServerAction<SaveWebhook>,
    pub pause: ServerAction<PauseTrigger>,
    pub delete: ServerAction<DeleteTrigger>,
    pub test: ServerAction<TestTrigger>,
    pub notice: ServerAction<SetFailureNotice>,
    /// A webhook that was just saved with a new secret.
    pub fresh: RwSignal<Option<TriggerView>>,
}

impl Deeds {
    /// Puts them into context.
    pub fn provide() -> Self {
        let this = Self {
            done: RwSignal::new(0),
            schedule: ServerAction::new(),
            webhook: ServerAction::new(),
            pause: ServerAction::new(),
            delete: ServerAction::new(),
            test: ServerAction::new(),
            notice: ServerAction::new(),
            fresh: RwSignal::new(None),
        };
        provide_context(this);
        let toasts = expect_context::<Toasts>();
        let follow = move |result: Option<Result<&'static str, UiError>>, tells: bool| match result {
            Some(Ok(text)) => {
                this.again();
                if !text.is_empty() {
                    toasts.success(text);
                }
            }
            Some(Err(error)) if tells => toasts.failure(told(error)),
            _ => {}
        };
        // Forms with fields tell under these; the others have only the corner.
        Effect::new(move |_| {
            follow(this.schedule.value().get().map(|r| r.map(|_| "The schedule is saved.")), false)
        });
        Effect::new(move |_| {
            let value = this.webhook.value().get();
            if let Some(Ok(saved)) = &value {
                this.fresh.set(Some(saved.clone()).filter(|saved| saved.secret.is_some()));
            }
            follow(value.map(|r| r.map(|_| "The webhook is saved.")), false);
        });
        Effect::new(move |_| follow(this.pause.value().get().map(|r| r.map(|()| "")), true));
        Effect::new(move |_| {
            follow(this.delete.value().get().map(|r| r.map(|()| "The trigger is deleted.")), true)
        });
        Effect::new(move |_| follow(this.test.value().get().map(|r| r.map(|()| "")), true));
        Effect::new(move |_| {
            follow(this.notice.value().get().map(|r| r.map(|_| "The failure notice is saved.")), false);
        });
        this
    }

    /// Reads everything anew.
    pub fn again(self) {
        self.done.update(|done| *done += 1);
    }
}

/// What a form says under its field `name`, or, as `""`, at its foot: what belongs to no field of `fields`.
pub fn error_of<T: 'static>(
    value: impl With<Value = Option<Result<T, UiError>>> + Send + Sync + 'static,
    name: &'static str,
    fields: &'static [&'static str],
) -> Signal<String> {
    Signal::derive(move || {
        value.with(|value| {
            let Some(Err(error)) = value else { return String::new() };
            if !name.is_empty() {
                return error.field(name).unwrap_or_default();
            }
            let is_told = error.errors.iter().any(|e| fields.contains(&e.field.as_str()));
            if is_told { String::new() } else { error.message.clone() }
        })
    })
}

/// Why a plain form was refused.
#[component]
pub fn Refused() -> impl IntoView {
    let paths = [
        SaveSchedule::PATH,
        SaveWebhook::PATH,
        PauseTrigger::PATH,
        DeleteTrigger::PATH,
        TestTrigger::PATH,
        SetFailureNotice::PATH,
        SetActive::PATH,
    ];
    refusal(&paths).map(|text| view! { <RefusalNotice text /> })
}
