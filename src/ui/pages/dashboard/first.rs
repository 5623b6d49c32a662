//! What the start page shows to somebody without workflows. It comes with the other small pages: who has workflows does
//! not load it.

use crate::{api::templates::TemplateCard, ui::pages::templates::TemplateCards};
use leptos::prelude::*;

/// How many templates the first visit shows.
const FIRST: usize = 3;

/// The id of its element.
pub const FIRST_VISIT: &str = "first-visit";

/// The templates as the start page has read them: JSON, which only this part of the program takes apart.
#[derive(Clone, Copy)]
pub struct FirstTemplates(pub StoredValue<String>);

/// The first five minutes: three workflows that work, and the way to all of them.
#[component]
pub fn FirstVisit() -> impl IntoView {
    let text = use_context::<FirstTemplates>().map(|t| t.0.get_value()).unwrap_or_default();
    let templates: Vec<TemplateCard> = serde_json::from_str(&text).unwrap_or_default();
    let (title, lead) = if templates.is_empty() {
        ("Draw your first workflow", "Press New workflow, add a step, and draw from its dot to the next one.")
    } else {
        (
            "Start from a template",
            "Each one is a working workflow: open it, press Run, watch every step. Or begin with an empty canvas.",
        )
    };
    let rest = templates.len().saturating_sub(FIRST);
    let templates = templates.into_iter().take(FIRST).collect();
    view! {
        <section class="first-visit" id=FIRST_VISIT data-testid="first-visit">
            <h2>{title}</h2>
            <p>{lead}</p>
            <TemplateCards templates />
            {(rest > 0)
                .then(|| {
                    view! {
                        <a class="link first-visit__more" href="/templates">
                            {format!("See {rest} more, and what each of them touches")}
                        </a>
                    }
                })}
        </section>
    }
    .into_any()
}
