//! The graph at the size of a stamp: boxes in the colours of their categories, and the wires.

use crate::{
    api::templates::{Outline, OutlinePaper},
    ui::canvas::geometry::{self, Point, Rect},
    workflow::catalog,
};
use leptos::prelude::*;

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 112.0;

/// The drawing; it says nothing that the text beside it does not.
#[component]
pub fn Drawing(graph: Outline) -> impl IntoView {
    let at: Vec<Point> = graph.steps.iter().map(|step| Point::new(step.x, step.y)).collect();
    let boxes: Vec<Rect> =
        graph.steps.iter().zip(&at).map(|(step, at)| geometry::node_rect(*at, &step.node_type)).collect();
    let paper = |p: &OutlinePaper| Rect { x: p.x, y: p.y, width: p.width, height: p.height };
    let all: Vec<Rect> = boxes.iter().copied().chain(graph.papers.iter().map(paper)).collect();
    let bounds = geometry::bounds(&all);
    let scale =
        ((WIDTH - 36.0) / bounds.width.max(1.0)).min((HEIGHT - 28.0) / bounds.height.max(1.0)).min(0.34);
    let left = (WIDTH - bounds.width * scale) / 2.0;
    let top = (HEIGHT - bounds.height * scale) / 2.0;
    let place = |p: Point| Point::new(left + (p.x - bounds.x) * scale, top + (p.y - bounds.y) * scale);
    let wires = graph.wires.iter().filter_map(|wire| {
        let (source, target) = (wire.source as usize, wire.target as usize);
        let kind = &graph.steps.get(source)?.node_type;
        let from = geometry::output_port(*at.get(source)?, kind, wire.port.as_deref());
        let to = geometry::input_port(*at.get(target)?);
        let geometry::Curve { from, c1, c2, to } = geometry::Curve::between(place(from), place(to));
        let [from, c1, c2, to] = [from, c1, c2, to].map(|p| format!("{} {}", n(p.x), n(p.y)));
        Some(view! { <path class="drawing__edge" d=format!("M{from}C{c1} {c2} {to}") /> })
    });
    let cards = graph.steps.iter().zip(&boxes).map(|(step, rect)| {
        let at = place(Point::new(rect.x, rect.y));
        let (width, height) = (rect.width * scale, rect.height * scale);
        let category = catalog::sketch(&step.node_type).map_or("data", |t| t.category.as_str());
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
    let papers = graph.papers.iter().map(|paper| {
        let at = place(Point::new(paper.x, paper.y));
        let (width, height) = (paper.width * scale, paper.height * scale);
        let kind = if paper.is_frame { "drawing__frame" } else { "drawing__note" };
        let class = format!("{kind} paper--{}", paper.colour.as_str());
        view! { <rect class=class x=n(at.x) y=n(at.y) width=n(width) height=n(height) rx="4" /> }
    });
    view! {
        <svg class="drawing" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
            {papers.collect_view()}
            {wires.collect_view()}
            {cards.collect_view()}
        </svg>
    }
    .into_any()
}

/// A coordinate with one decimal place, the same text on both sides.
fn n(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}
