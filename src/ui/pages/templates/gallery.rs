//! All templates, each with its steps and with what it would touch.

use super::{Drawing, UseThis};
use crate::{
    api::templates::{OutlineStep, TemplateCard, Touches},
    ui::{
        components::{empty::SkeletonRows, icon::Icon},
        pages::{
            error::ErrorView,
            form::{FormError, FormState},
            layout::TopBar,
        },
        server_fns::{session::with_session, workflows::list_templates},
    },
    workflow::catalog,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/templates`.
pub fn templates_page() -> AnyView {
    let templates = Resource::new(|| (), |()| with_session(list_templates));
    let state = FormState::new();
    view! {
        <Title text="Templates" />
        <TopBar title="Templates" crumbs=vec![("/".to_owned(), "Workflows".to_owned())] />
        <main class="content" data-testid="templates">
            <p class="page-lead">
                "Each one is a working workflow. Using it makes a copy of your own, which you can run and change."
            </p>
            <FormError state fields=&[] />
            <Transition fallback=|| view! { <SkeletonRows rows=6 /> }>
                {move || Suspend::new(async move {
                    match templates.await {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok(all) => {
                            all.into_iter().map(|template| view! { <Entry template state /> }).collect_view().into_any()
                        }
                    }
                })}
            </Transition>
        </main>
    }
    .into_any()
}

#[component]
fn Entry(template: TemplateCard, state: FormState) -> impl IntoView {
    let TemplateCard { slug, name, description, graph, touches } = template;
    let steps = graph.steps.clone();
    let title = name.clone();
    let hook = slug.clone();
    view! {
        <article
            class="card gallery__entry"
            data-testid="template-card"
            data-template=hook
        >
            <div class="template__picture">
                <Drawing graph />
            </div>
            <div class="gallery__text">
                <h2>{title}</h2>
                <p class="muted">{description}</p>
                <Steps steps />
                <Touched touches />
            </div>
            <UseThis slug name state />
        </article>
    }
    .into_any()
}

#[component]
fn Steps(steps: Vec<OutlineStep>) -> impl IntoView {
    let items = steps.into_iter().map(|step| {
        let kind = catalog::sketch(&step.node_type);
        let (icon, title) = kind.map_or(("braces", ""), |kind| (kind.icon, kind.title));
        let category = kind.map_or("data", |kind| kind.category.as_str());
        view! {
            <li class=format!("gallery__step cat-{category}") title=title>
                <Icon name=icon class="icon--sm" />
                {step.name}
            </li>
        }
    });
    view! {
        <ul class="gallery__steps" aria-label="Steps">
            {items.collect_view()}
        </ul>
    }
    .into_any()
}

/// What it reaches outside of itself.
#[component]
fn Touched(touches: Touches) -> impl IntoView {
    if touches.is_nothing() {
        return view! {
            <p class="gallery__touches faint">
                <Icon name="lock" class="icon--sm" />
                "Touches nothing outside its own runs"
            </p>
        }
        .into_any();
    }
    let kinds = [
        ("globe", "Sends requests to", touches.hosts),
        ("table", "Tables", touches.tables),
        ("collection", "Collections", touches.collections),
        ("key", "Credentials", touches.credentials),
    ];
    let rows = kinds.into_iter().filter(|(_, _, names)| !names.is_empty()).map(|(icon, word, names)| {
        view! {
            <dt>
                <Icon name=icon class="icon--sm" />
                {word}
            </dt>
            <dd>{names.into_iter().map(|name| view! { <code>{name}</code> }).collect_view()}</dd>
        }
    });
    view! {
        <dl class="gallery__touches" aria-label="What it will touch" data-testid="touches">
            {rows.collect_view()}
        </dl>
    }
    .into_any()
}
