//! One attempt as a bar that leads to it.

use super::{
    folds::{Fold, place},
    lanes::{self, Bar, Lane},
};
use crate::ui::{
    browser,
    components::{status::look, time::duration},
    pages::run::{
        choice::{Choice, href},
        live::Live,
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

#[component]
pub(super) fn BarLink(
    id: Uuid,
    lane: Memo<Lane>,
    folded: Memo<Vec<Fold>>,
    name: String,
    chosen: Memo<Choice>,
) -> impl IntoView {
    let query = use_query_map();
    let live = expect_context::<Live>();
    let bar = Memo::new(move |before: Option<&Option<Bar>>| {
        let found = lane.with(|l| l.bars.iter().find(|b| b.id == id).cloned());
        found.or_else(|| before.cloned().flatten())
    });
    let look_of = move || bar.with(|b| b.as_ref().map_or("", |b| b.state));
    let style = move || {
        bar.with(|b| {
            let b = b.as_ref()?;
            let at = |ms| folded.with(|f| format!("{:.2}", place(f, ms)));
            let end = b.end.map_or_else(|| "var(--span)".to_owned(), at);
            Some(format!("--a:{};--b:{end};--q:{}", at(b.start), b.queue))
        })
    };
    let tip = move || bar.with(|b| b.as_ref().map(|b| b.tip.clone())).unwrap_or_default();
    let label = move || {
        let said = tip().replace('\n', ", ").replace('\t', " ");
        format!("{name}, {}. {said}", look(look_of()).2)
    };
    let class = move || {
        let reach = live.detail.with(lanes::reach);
        let middle = folded.with(|f| place(f, reach)) / 2.0;
        bar.with(|b| {
            let word = |is: bool, word: &'static str| if is { word } else { "" };
            let (waits, open) = b.as_ref().map_or((false, false), |b| (b.waits, b.end.is_none()));
            // Bars that begin late have no room for the times on their right.
            let late = b.as_ref().is_some_and(|b| folded.with(|f| place(f, b.start)) > middle);
            format!(
                "bar tl-stop {}{}{}{}",
                look(look_of()).0,
                word(waits, " is-waiting"),
                word(open, " is-open"),
                word(late, " is-late")
            )
        })
    };
    view! {
        {move || {
            let gap = bar.with(|b| b.as_ref().and_then(|b| b.gap.map(|from| (from, b.start))));
            gap.map(|(from, to)| {
                view! {
                    <span
                        class="bar__gap"
                        style=move || folded.with(|f| format!("--a:{:.2};--b:{:.2}", place(f, from), place(f, to)))
                        title=format!("{} until the next attempt", duration(to - from))
                    ></span>
                }
            })
        }}
        <a
            class=class
            style=style
            href=move || href(query, Choice::Step(id))
            data-noscroll=""
            aria-label=label
            aria-current=move || (chosen.get() == Choice::Step(id)).then_some("true")
            data-tip=tip
            data-testid="bar"
            data-attempt=move || bar.with(|b| b.as_ref().map(|b| b.attempt))
            data-state=look_of
            on:click=move |_| browser::reveal("inspector")
        >
            {move || {
                bar.with(|b| b.as_ref().is_some_and(|b| b.queue > 0)).then(|| view! { <i class="bar__queue"></i> })
            }}
        </a>
    }
    .into_any()
}
