//! The drawing of a comparison. All boxes and wires of one fate are one path, so that a thousand steps are a few; names
//! and signs stand on those in sight, what changed first.

use super::{ComparedCard, Comparison, Fate, Words};
use crate::{
    ui::{
        browser,
        canvas::geometry::{Curve, Point, Rect},
        components::button::IconButton,
    },
    workflow::catalog,
};
use leptos::{
    ev::{PointerEvent, WheelEvent},
    html,
    prelude::*,
};
use std::{fmt::Write, sync::Arc};

/// So many cards get their names at a time.
const MOST_NAMED: usize = 300;
/// The least part of the world that is shown, so that one step is not as large as the page.
const LEAST: (f64, f64) = (1100.0, 420.0);
const FATES: [Fate; 4] = [Fate::Same, Fate::Removed, Fate::Changed, Fate::Added];

/// The part of the world that shows everything.
fn whole(bounds: Rect) -> Rect {
    let inner = bounds.grown(48.0);
    let (width, height) = (inner.width.max(LEAST.0), inner.height.max(LEAST.1));
    Rect {
        x: inner.x - (width - inner.width) / 2.0,
        y: inner.y - (height - inner.height) / 2.0,
        width,
        height,
    }
}

/// Nearer by `factor`, with one point of the world held still.
fn zoomed(seen: Rect, whole: Rect, at: Point, factor: f64) -> Rect {
    let least = LEAST.0 / 4.0 / seen.width;
    let most = whole.width * 1.5 / seen.width;
    let by = (1.0 / factor).clamp(least.min(1.0), most.max(1.0));
    Rect {
        x: at.x - (at.x - seen.x) * by,
        y: at.y - (at.y - seen.y) * by,
        width: seen.width * by,
        height: seen.height * by,
    }
}

/// World pixels in one pixel of an element of this size that shows all of `seen`.
fn unit(seen: Rect, (width, height): (f64, f64)) -> f64 {
    if width <= 0.0 || height <= 0.0 { 1.0 } else { (seen.width / width).max(seen.height / height) }
}

/// The cards that get names: of those in sight what changed, then the others.
fn named(cards: &[ComparedCard], seen: Rect) -> Vec<usize> {
    let mut places: Vec<usize> = (0..cards.len()).filter(|i| cards[*i].rect.meets(seen)).collect();
    places.sort_by_key(|i| match cards[*i].fate {
        Fate::Removed => 0,
        Fate::Changed => 1,
        Fate::Added => 2,
        Fate::Same => 3,
    });
    places.truncate(MOST_NAMED);
    // As they lie: what changed on top.
    places.sort_unstable();
    places
}

/// The drawing with its legend and its tools.
#[component]
pub fn ComparedGraph(comparison: Comparison, words: Words, summary: String) -> impl IntoView {
    let everything = whole(comparison.bounds);
    let seen = RwSignal::new(everything);
    let element = NodeRef::<html::Div>::new();
    let comparison = Arc::new(comparison);
    let size = move || {
        element
            .get_untracked()
            .map_or((0.0, 0.0), |e| (f64::from(e.client_width()), f64::from(e.client_height())))
    };
    let world = move |x: i32, y: i32| {
        let (seen, size) = (seen.get_untracked(), size());
        let (left, top) = element.get_untracked().map_or((0.0, 0.0), |e| browser::corner(&e));
        let unit = unit(seen, size);
        // The drawing lies in the middle of its box.
        Point::new(
            seen.x + seen.width / 2.0 + (f64::from(x) - left - size.0 / 2.0) * unit,
            seen.y + seen.height / 2.0 + (f64::from(y) - top - size.1 / 2.0) * unit,
        )
    };
    let zoom = move |factor: f64| {
        seen.update(|s| {
            let middle = Point::new(s.x + s.width / 2.0, s.y + s.height / 2.0);
            *s = zoomed(*s, everything, middle, factor);
        });
    };
    let held = StoredValue::new(None::<Point>);
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        if let Some(element) = element.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        held.set_value(Some(world(event.client_x(), event.client_y())));
    };
    let pull = move |event: PointerEvent| {
        if let Some(grip) = held.get_value() {
            let now = world(event.client_x(), event.client_y());
            seen.update(|s| (s.x, s.y) = (s.x + grip.x - now.x, s.y + grip.y - now.y));
        }
    };
    let turn = move |event: WheelEvent| {
        // Without Ctrl the page scrolls.
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let at = world(event.client_x(), event.client_y());
            let factor = (-event.delta_y().clamp(-120.0, 120.0) * 0.005).exp();
            seen.update(|s| *s = zoomed(*s, everything, at, factor));
        }
    };
    let view_box = move || {
        let Rect { x, y, width, height } = seen.get();
        format!("{x:.1} {y:.1} {width:.1} {height:.1}")
    };
    let cards = Arc::clone(&comparison);
    let names = Memo::new(move |_| named(&cards.cards, seen.get()));
    let cards = Arc::clone(&comparison);
    view! {
        <figure class="compared" data-testid="compared">
            <div
                node_ref=element
                class="compared__box"
                on:pointerdown=press
                on:pointermove=pull
                on:pointerup=move |_| held.set_value(None)
                on:pointercancel=move |_| held.set_value(None)
                on:wheel=turn
            >
                <svg viewBox=view_box preserveAspectRatio="xMidYMid meet" role="img" aria-label=summary>
                    {frames(&comparison)}
                    {FATES.map(|fate| wires(&comparison, fate)).collect_view()}
                    {boxes(&comparison, Fate::Removed, true)}
                    {FATES.map(|fate| boxes(&comparison, fate, false)).collect_view()}
                    <For each=move || names.get() key=|i| *i let:i>
                        {cards.cards.get(i).map(|card| view! { <Name card=card.clone() words /> })}
                    </For>
                    {signs(&comparison)}
                </svg>
            </div>
            <figcaption class="compared__foot">
                <ul class="compared__legend" aria-label="Signs">
                    {[Fate::Added, Fate::Removed, Fate::Changed, Fate::Same]
                        .map(|fate| {
                            view! {
                                <li class=format!("compared--{}", fate.as_str())>
                                    <span class="compared__sample" aria-hidden="true">{fate.sign()}</span>
                                    {words.of(fate)}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
                <span class="spacer"></span>
                <IconButton icon="minus" label="Zoom out" act=move || zoom(0.8) />
                <IconButton icon="plus" label="Zoom in" act=move || zoom(1.25) />
                <IconButton icon="fit" label="Show all" act=move || seen.set(everything) />
            </figcaption>
        </figure>
    }
    .into_any()
}

fn frames(comparison: &Comparison) -> Vec<AnyView> {
    let frame = |(rect, title): &(Rect, String)| {
        let Rect { x, y, width, height } = *rect;
        view! {
            <g class="compared__frame">
                <rect x=n(x) y=n(y) width=n(width) height=n(height) rx="10" />
                <text x=n(x + 12.0) y=n(y + 22.0)>
                    {title.clone()}
                </text>
            </g>
        }
        .into_any()
    };
    comparison.frames.iter().map(frame).collect()
}

/// All wires of one fate.
fn wires(comparison: &Comparison, fate: Fate) -> Option<AnyView> {
    let mut d = String::new();
    comparison.wires.iter().filter(|w| w.fate == fate).for_each(|w| w.curve.append_coarse(&mut d));
    (!d.is_empty()).then(|| {
        view! { <path class=format!("compared__wire compared--{}", fate.as_str()) d=d /> }.into_any()
    })
}

/// All boxes of one fate, those that lie beneath others or those that do not.
fn boxes(comparison: &Comparison, fate: Fate, ghosts: bool) -> Option<AnyView> {
    let mut d = String::new();
    let cards = comparison.cards.iter().filter(|c| c.fate == fate && c.is_ghost == ghosts);
    for Rect { x, y, width, height } in cards.map(|c| c.rect) {
        let (x, y, width, height) = (n(x), n(y), n(width), n(height));
        // Writing into a string cannot fail.
        let _ = write!(d, "M{x} {y}h{width}v{height}h-{width}z");
    }
    (!d.is_empty()).then(|| {
        view! { <path class=format!("compared__card compared--{}", fate.as_str()) d=d /> }.into_any()
    })
}

/// The signs on wires that came or went.
fn signs(comparison: &Comparison) -> Vec<AnyView> {
    let sign = |(curve, fate): (Curve, Fate)| {
        let at = curve.at(0.5);
        view! { <Sign at fate /> }.into_any()
    };
    let changed = comparison.wires.iter().filter(|w| w.fate != Fate::Same).take(MOST_NAMED);
    changed.map(|w| sign((w.curve, w.fate))).collect()
}

#[component]
fn Sign(at: Point, fate: Fate) -> impl IntoView {
    view! {
        <g class=format!("compared__sign compared--{}", fate.as_str())>
            <circle cx=n(at.x) cy=n(at.y) r="12" />
            <text x=n(at.x) y=n(at.y + 6.0)>
                {fate.sign()}
            </text>
        </g>
    }
}

/// What stands on a card: its name, its kind or what changed, and the sign.
#[component]
fn Name(card: ComparedCard, words: Words) -> impl IntoView {
    let ComparedCard { name, node_type, rect, fate, is_ghost, fields } = card;
    let kind = catalog::sketch(&node_type);
    let category = kind.map_or("data", |t| t.category.as_str());
    let line = if fields.is_empty() { kind.map_or(node_type, |t| t.title.to_owned()) } else { fields };
    let hint = if fate == Fate::Same { name.clone() } else { format!("{name}: {}", words.of(fate)) };
    let hook = name.clone();
    let sign = (fate != Fate::Same).then(|| {
        let at = Point::new(rect.x + rect.width, rect.y);
        view! { <Sign at fate /> }
    });
    view! {
        <g
            class=format!("compared__name compared--{} cat-{category}", fate.as_str())
            data-testid="compared-card"
            data-node-name=hook
            data-fate=fate.as_str()
        >
            <title>{hint}</title>
            <rect class="compared__kind" x=n(rect.x + 12.0) y=n(rect.y + 14.0) width="18" height="18" rx="5" />
            <text class="compared__title" x=n(rect.x + 40.0) y=n(rect.y + 28.0)>
                {cut(&name, 26)}
            </text>
            // The other card lies over the second line of a ghost.
            {(!is_ghost)
                .then(|| {
                    view! {
                        <text class="compared__line" x=n(rect.x + 14.0) y=n(rect.y + 62.0)>
                            {cut(&line, 36)}
                        </text>
                    }
                })}
            {sign}
        </g>
    }
    .into_any()
}

fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(chars - 1).collect::<String>())
}

/// A whole number, the same text on both sides.
fn n(value: f64) -> String {
    (value.round() as i64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_graph_is_not_blown_up_and_a_large_one_is_whole() {
        let one = whole(Rect { x: 0.0, y: 0.0, width: 256.0, height: 98.0 });
        assert_eq!((one.width, one.height), LEAST);
        assert_eq!(one.x + one.width / 2.0, 128.0, "in the middle");
        let bounds = Rect { x: -5_000.0, y: 0.0, width: 20_000.0, height: 9_000.0 };
        assert!(whole(bounds).covers(bounds));
    }

    #[test]
    fn zooming_holds_a_point_still_and_has_ends() {
        let all = whole(Rect { x: 0.0, y: 0.0, width: 4_000.0, height: 2_000.0 });
        let at = Point::new(1_000.0, 500.0);
        let near = zoomed(all, all, at, 2.0);
        assert!((near.width - all.width / 2.0).abs() < 1e-6);
        let part = |r: Rect| (at.x - r.x) / r.width;
        assert!((part(near) - part(all)).abs() < 1e-9);
        let nearest = (0..50).fold(all, |r, _| zoomed(r, all, at, 2.0));
        let farthest = (0..50).fold(all, |r, _| zoomed(r, all, at, 0.5));
        assert!(nearest.width >= LEAST.0 / 4.0 - 1e-6 && farthest.width <= all.width * 1.5 + 1e-6);
    }

    #[test]
    fn what_changed_has_its_name_first() {
        let card = |i: usize, fate| ComparedCard {
            name: i.to_string(),
            node_type: "transform".to_owned(),
            rect: Rect { x: i as f64 * 300.0, y: 0.0, width: 256.0, height: 98.0 },
            fate,
            is_ghost: false,
            fields: String::new(),
        };
        let mut cards: Vec<_> = (0..MOST_NAMED + 50).map(|i| card(i, Fate::Same)).collect();
        cards.push(card(MOST_NAMED + 50, Fate::Added));
        let all = Rect { x: -1e6, y: -1e6, width: 2e6, height: 2e6 };
        let places = named(&cards, all);
        assert_eq!((places.len(), places.last()), (MOST_NAMED, Some(&(MOST_NAMED + 50))));
        let few = named(&cards, Rect { x: 0.0, y: 0.0, width: 500.0, height: 100.0 });
        assert_eq!(few, [0, 1]);
    }
}
