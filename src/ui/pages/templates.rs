//! Workflows to start from, as cards with a small drawing of their graph.

mod drawing;
pub mod gallery;

pub use drawing::Drawing;

use super::form::{FormError, FormState};
use crate::{
    api::templates::TemplateCard,
    ui::{
        components::icon::Icon,
        server_fns::{
            session::with_session,
            workflows::{CreateFromTemplate, create_from_template},
        },
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Small cards, one per template; the button makes a copy and opens it.
#[component]
pub fn TemplateCards(templates: Vec<TemplateCard>) -> impl IntoView {
    let state = FormState::new();
    let cards = templates.into_iter().map(|template| {
        let TemplateCard { slug, name, description, graph, .. } = template;
        let (hook, title) = (slug.clone(), name.clone());
        view! {
            <article class="template" data-testid="template-card" data-template=hook>
                <div class="template__picture">
                    <Drawing graph />
                </div>
                <div class="template__text">
                    <h3>{title}</h3>
                    <p>{description}</p>
                </div>
                <UseThis slug name state />
            </article>
        }
    });
    view! {
        <div class="templates">{cards.collect_view()}</div>
        <FormError state fields=&[] />
    }
    .into_any()
}

/// The button that makes a copy and opens it; works without a script too.
#[component]
fn UseThis(slug: String, name: String, state: FormState) -> impl IntoView {
    let wanted = slug.clone();
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let slug = wanted.clone();
        // The reply leads to the copy.
        state.run(with_session(move || create_from_template(slug.clone())), |()| ());
    };
    view! {
        <form method="post" action=CreateFromTemplate::url() class="template__use" on:submit=make>
            <input type="hidden" name="template" value=slug />
            <button
                type="submit"
                class="btn btn--sm"
                data-testid="use-template"
                aria-label=format!("Use this: {name}")
                disabled=state.pending()
            >
                "Use this"
                <Icon name="arrow-right" class="icon--sm" />
            </button>
        </form>
    }
    .into_any()
}
