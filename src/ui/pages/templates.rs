//! Workflows to start from, as cards with a small drawing of their graph.

use crate::{
    api::workflows::TemplateView,
    ui::{
        canvas::geometry::{self, Point},
        components::icon::Icon,
        server_fns::workflows::CreateFromTemplate,
    },
    workflow::{catalog, document::Workflow},
};
use leptos::{form::ActionForm, prelude::*};

/// One card per template; the button makes a copy and opens it.
#[component]
pub fn TemplateCards(templates: Vec<TemplateView>) -> impl IntoView {
    let action = ServerAction::<CreateFromTemplate>::new();
    let cards = templates.into_iter().map(|template| {
        let TemplateView { slug, document } = template;
        let hook = slug.clone();
        view! {
            <ActionForm action attr:class="template" attr:data-testid="template-card" attr:data-template=hook>
                <input type="hidden" name="template" value=slug />
                <div class="template__picture">
                    <Drawing document=document.clone() />
                </div>
                <div class="template__text">
                    <h3>{document.name}</h3>
                    <p>{document.description}</p>
                </div>
                <button type="submit" class="btn btn--sm template__use" data-testid="use-template">
                    "Use this"
                    <Icon name="arrow-right" class="icon--sm" />
                </button>
            </ActionForm>
        }
    });
    let error =
        move || action.value().with(|v| v.as_ref().and_then(|r| r.as_ref().err().map(|e| e.message.clone())));
    view! {
        <div class="templates">{cards.collect_view()}</div>
        {move || error().map(|text| view! { <p class="field__error" role="alert">{text}</p> })}
    }
    .into_any()
}

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 112.0;

/// The graph at the size of a stamp: boxes in the colours of their categories, and the edges.
#[component]
pub fn Drawing(document: Workflow) -> impl IntoView {
    let boxes: Vec<_> = document
        .nodes
        .iter()
        .map(|n| geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type))
        .collect();
    let bounds = geometry::bounds(&boxes);
    let scale =
        ((WIDTH - 36.0) / bounds.width.max(1.0)).min((HEIGHT - 28.0) / bounds.height.max(1.0)).min(0.34);
    let left = (WIDTH - bounds.width * scale) / 2.0;
    let top = (HEIGHT - bounds.height * scale) / 2.0;
    let place = |p: Point| Point::new(left + (p.x - bounds.x) * scale, top + (p.y - bounds.y) * scale);
    let edges = document.edges.iter().filter_map(|edge| {
        let source = document.node(edge.source_node_id)?;
        let target = document.node(edge.target_node_id)?;
        let at = Point::new(source.position_x, source.position_y);
        let from = geometry::output_port(at, &source.node_type, edge.source_port.as_deref());
        let to = geometry::input_port(Point::new(target.position_x, target.position_y));
        let path = geometry::Curve::between(place(from), place(to)).svg_path();
        Some(view! { <path class="drawing__edge" d=path /> })
    });
    let cards = document.nodes.iter().zip(&boxes).map(|(node, rect)| {
        let at = place(Point::new(rect.x, rect.y));
        let (width, height) = (rect.width * scale, rect.height * scale);
        let category = catalog::sketch(&node.node_type).map_or("data", |t| t.category.as_str());
        view! {
            <g class=format!("cat-{category}")>
                <rect class="drawing__node" x=n(at.x) y=n(at.y) width=n(width) height=n(height) rx="5" />
                <rect class="drawing__icon" x=n(at.x + 6.0) y=n(at.y + 6.0) width="9" height="9" rx="2.5" />
                <rect
                    class="drawing__line"
                    x=n(at.x + 19.0)
                    y=n(at.y + 9.0)
                    width=n((width - 29.0).max(4.0))
                    height="3"
                    rx="1.5"
                />
            </g>
        }
    });
    view! {
        <svg class="drawing" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
            {edges.collect_view()}
            {cards.collect_view()}
        </svg>
    }
    .into_any()
}

/// A coordinate with one decimal place, the same text on both sides.
fn n(value: f64) -> String {
    format!("{value:.1}")
}
