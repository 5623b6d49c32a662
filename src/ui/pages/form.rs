//! What every form of these pages does: one request at a time, errors under their fields, the rest at its foot.

use crate::ui::{components::empty::Notice, server_fns::error::UiError};
use leptos::prelude::*;
use std::{future::Future, pin::Pin};

/// State of one form. Copies are the same state.
#[derive(Clone, Copy)]
pub struct FormState {
    error: RwSignal<Option<UiError>>,
    pending: RwSignal<bool>,
}

type Call<T> = Pin<Box<dyn Future<Output = Result<T, UiError>>>>;

impl FormState {
    #[must_use]
    pub fn new() -> Self {
        Self { error: RwSignal::new(None), pending: RwSignal::new(false) }
    }

    /// A request is on its way.
    #[must_use]
    pub fn pending(self) -> Signal<bool> {
        self.pending.into()
    }

    /// Something is wrong that no server has to say.
    pub fn refuse(self, field: &str, message: &str) {
        let errors =
            vec![crate::api::problem::FieldError { field: field.to_owned(), message: message.to_owned() }];
        self.error.set(Some(UiError { errors, ..UiError::not_found("") }));
    }

    /// Makes the request, unless one is on its way; `done` gets its answer.
    pub fn run<T: 'static>(
        self,
        call: impl Future<Output = Result<T, UiError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        self.run_boxed(Box::pin(call), Box::new(done), Box::new(move |error| self.error.set(Some(error))));
    }

    /// As `run`, where no form shows what went wrong.
    pub fn run_or<T: 'static>(
        self,
        call: impl Future<Output = Result<T, UiError>> + 'static,
        done: impl FnOnce(T) + 'static,
        failed: impl FnOnce(UiError) + 'static,
    ) {
        self.run_boxed(Box::pin(call), Box::new(done), Box::new(failed));
    }

    fn run_boxed<T: 'static>(
        self,
        call: Call<T>,
        done: Box<dyn FnOnce(T)>,
        failed: Box<dyn FnOnce(UiError)>,
    ) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.error.set(None);
        leptos::task::spawn_local(async move {
            let result = call.await;
            // The page may be gone by now.
            if self.pending.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(value) => done(value),
                Err(error) => failed(error),
            }
        });
    }

    /// What is wrong with a field or with something within it; empty: nothing.
    #[must_use]
    pub fn field(self, name: impl Into<String>) -> Signal<String> {
        let name = name.into();
        Signal::derive(move || {
            self.error.with(|e| e.as_ref().and_then(|e| e.field_or_within(&name)).unwrap_or_default())
        })
    }

    /// Whether something is wrong with a field.
    #[must_use]
    pub fn is_wrong(self, name: &'static str) -> Signal<bool> {
        let text = self.field(name);
        Signal::derive(move || !text.with(String::is_empty))
    }

    /// What is wrong with none of the fields that the form shows.
    fn rest(self, shown: &[&str]) -> Option<String> {
        self.error.with(|e| {
            let e = e.as_ref()?;
            match e.errors.iter().find(|e| !shown.iter().any(|name| is_within(&e.field, name))) {
                Some(other) => Some(format!("{}: {}", other.field, other.message)),
                None if e.errors.is_empty() => Some(e.message.clone()),
                None => None,
            }
        })
    }
}

/// Whether a dotted path is a field or leads into it.
fn is_within(path: &str, field: &str) -> bool {
    path == field || path.strip_prefix(field).is_some_and(|rest| rest.starts_with(['.', '[']))
}

impl UiError {
    fn field_or_within(&self, name: &str) -> Option<String> {
        let found = self.errors.iter().find(|e| is_within(&e.field, name))?;
        self.field(&found.field)
    }
}

/// What belongs under no field.
#[component]
pub fn FormError(state: FormState, fields: &'static [&'static str]) -> impl IntoView {
    move || state.rest(fields).filter(|text| !text.is_empty()).map(|text| view! { <RefusalNotice text /> })
}

/// Why a form was refused, at its foot.
#[component]
pub fn RefusalNotice(text: String) -> impl IntoView {
    view! {
        <Notice tone="tone-red" icon="alert">
            <span data-testid="form-error">{text}</span>
        </Notice>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problem::FieldError;

    fn state(errors: &[&str]) -> FormState {
        let state = FormState::new();
        let errors =
            errors.iter().map(|f| FieldError { field: (*f).to_owned(), message: "is wrong".to_owned() });
        state.error.set(Some(UiError { errors: errors.collect(), ..UiError::not_found("Refused.") }));
        state
    }

    #[test]
    fn errors_go_to_their_fields_and_the_rest_is_said_too() {
        let owner = Owner::new();
        owner.set();
        let form = state(&["columns.0.name"]);
        assert_eq!(form.field("columns").get_untracked(), "Is wrong.");
        assert_eq!(form.field("column").get_untracked(), "");
        assert_eq!(form.rest(&["columns"]), None);
        assert_eq!(form.rest(&["name"]), Some("columns.0.name: is wrong".to_owned()));
        assert_eq!(state(&[]).rest(&["name"]), Some("Refused.".to_owned()));
    }
}
