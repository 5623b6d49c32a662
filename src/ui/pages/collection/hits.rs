//! What a search found: best first, with scores and why each was found.

use super::{documents::Pairs, finder::Wanted};
use crate::{
    api::vectors::{SearchHit, SearchMode, Why},
    ui::components::{empty::Empty, icon::Icon, marked::Marked},
};
use leptos::prelude::*;

/// How many are shown.
pub(super) const SHOWN: i64 = 20;

#[component]
pub(super) fn Hits(mode: SearchMode, hits: Vec<SearchHit>, wanted: Wanted) -> impl IntoView {
    if hits.is_empty() {
        return view! { <Nothing wanted mode /> }.into_any();
    }
    let all = Wanted { query: String::new(), ..wanted }.href();
    view! { <List all mode hits /> }.into_any()
}

#[component]
fn Nothing(wanted: Wanted, mode: SearchMode) -> impl IntoView {
    let text = match mode {
        SearchMode::Lexical => "None of these words is in a document. Try other words, or search by meaning.",
        _ => "There is nothing to compare it with yet. Add documents first.",
    };
    view! {
        <div class="table-wrap" data-testid="no-hits">
            <Empty icon="search" title="Nothing found" text>
                <a class="btn" href=Wanted { query: String::new(), ..wanted }.href()>
                    "Show all documents"
                </a>
            </Empty>
        </div>
    }
    .into_any()
}

#[component]
fn List(all: String, mode: SearchMode, hits: Vec<SearchHit>) -> impl IntoView {
    let best = hits.first().map_or(1.0, |hit| hit.score).max(f64::EPSILON);
    let count = hits.len();
    view! {
        <section aria-labelledby="hits">
            <div class="section__head">
                <h2 id="hits">"Best matches"</h2>
                <span class="count">{count}</span>
                <span class="spacer"></span>
                <a class="btn btn--ghost btn--sm" href=all data-noscroll="">
                    <Icon name="x" class="icon--sm" />
                    "All documents"
                </a>
            </div>
            <ol class="hits" data-testid="hits">
                {hits
                    .into_iter()
                    .zip(1_usize..)
                    .map(|(hit, rank)| view! { <Hit hit rank mode best /> })
                    .collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

#[component]
fn Hit(hit: SearchHit, rank: usize, mode: SearchMode, best: f64) -> impl IntoView {
    // A cosine says something by itself; ranks and BM25 only beside the best of them.
    let part = if mode == SearchMode::Vector { hit.score } else { hit.score / best };
    let unit = match mode {
        SearchMode::Vector => "similarity",
        SearchMode::Lexical => "BM25",
        SearchMode::Hybrid => "combined",
    };
    let digits = if mode == SearchMode::Hybrid { 4 } else { 3 };
    view! {
        <li class="hit" data-testid="hit">
            <span class="hit__rank">{rank}</span>
            <div class="hit__body">
                <Marked text=hit.content words=hit.why.words.clone() />
                <div class="why" data-testid="why">
                    <Reasons why=hit.why />
                    <Pairs metadata=hit.metadata />
                </div>
            </div>
            <div class="score" title=format!("{unit}: {}", hit.score)>
                <strong data-testid="score">{format!("{:.digits$}", hit.score)}</strong>
                <small>{unit}</small>
                <span
                    class="score__bar"
                    aria-hidden="true"
                    style=format!("--at: {:.1}%", part.clamp(0.0, 1.0) * 100.0)
                ></span>
            </div>
        </li>
    }
    .into_any()
}

/// By what it was found, and how well by each.
#[component]
fn Reasons(why: Why) -> impl IntoView {
    let reason = |icon: &'static str,
                  word: &'static str,
                  rank: Option<u32>,
                  score: Option<f64>,
                  tone: &'static str| {
        rank.map(|rank| {
            let score = score.map(|s| format!(" {s:.3}")).unwrap_or_default();
            view! {
                <span class=format!("chip chip--sm {tone}")>
                    <Icon name=icon />
                    {format!("{word}{score} · {}", nth(rank))}
                </span>
            }
        })
    };
    view! {
        {reason("sparkles", "Meaning", why.vector_rank, why.vector_score, "tone-violet")}
        {reason("letters", "Words", why.lexical_rank, why.lexical_score, "tone-amber")}
    }
}

/// `1st`, `2nd`, `11th`, `23rd`.
fn nth(n: u32) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

#[cfg(test)]
mod tests {
    use super::nth;

    #[test]
    fn ranks_read_well() {
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 21, 112].map(nth),
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th"]
        );
    }
}
