//! What an agent did, step by step: what it thought, what it called, what came of it.

use super::output::StepOutput;
use crate::{
    api::runs::{NodeExecutionView, NodeStatus},
    ui::components::{icon::Icon, run_feed::RunFeed, time::duration},
    workflow::agent_lines::{self, Call, Step},
};
use leptos::prelude::*;

/// What is kept of an attempt, or, while it goes on, what it has told so far; follows the feed.
fn steps_of(step: &NodeExecutionView, feed: RunFeed) -> Vec<Step> {
    let kept =
        || agent_lines::steps(step.started_at, step.logs.iter().map(|line| (line.at, line.message.as_str())));
    if !matches!(step.status, NodeStatus::Running | NodeStatus::Waiting) {
        return kept();
    }
    feed.step(step.node_id).lines.with(|lines| {
        if lines.len() <= step.logs.len() {
            return kept();
        }
        agent_lines::steps(step.started_at, lines.iter().map(|(_, at, text)| (*at, text.as_str())))
    })
}

/// How many there are.
pub(super) fn count(step: &NodeExecutionView, feed: RunFeed) -> usize {
    steps_of(step, feed).len()
}

/// The steps, and what came out in the end.
#[component]
pub(super) fn Steps(step: NodeExecutionView) -> impl IntoView {
    let feed = expect_context::<RunFeed>();
    let of = step.clone();
    let steps = Memo::new(move |_| steps_of(&of, feed));
    view! {
        {move || {
            let steps = steps.get();
            (!steps.is_empty())
                .then(|| {
                    view! {
                        <ol class="story" data-testid="agent-steps">
                            {steps.into_iter().map(|step| view! { <OneStep step /> }).collect_view()}
                        </ol>
                    }
                })
        }}
        <StepOutput step />
    }
    .into_any()
}

fn took(ms: Option<i64>) -> impl IntoView {
    ms.map(|ms| view! { <span class="story__ms num">{duration(ms)}</span> })
}

#[component]
fn OneStep(step: Step) -> impl IntoView {
    let word = if step.is_answer { "Answer" } else { "Thought" };
    let thought = if step.thought.is_empty() { "Says nothing about it.".to_owned() } else { step.thought };
    view! {
        <li class="story__step" class:is-answer=step.is_answer data-testid="agent-step">
            <span class="story__number num">{step.number}</span>
            <div class="story__body">
                <p class="story__line">
                    <span class="story__word">{word}</span>
                    <span class="story__text">{thought}</span>
                    {took(step.thought_ms)}
                </p>
                {step.call.map(|call| view! { <OneCall call /> })}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn OneCall(call: Call) -> impl IntoView {
    let Call { tool, input, decided, outcome, left_out, ms } = call;
    let outcome = match outcome {
        None => view! { <p class="story__line faint">"Nothing came of it yet."</p> }.into_any(),
        Some(Ok(text)) => view! {
            <div class="story__result">
                <pre>{text}</pre>
                {(left_out > 0)
                    .then(|| {
                        view! {
                            <p class="faint">
                                {format!("{left_out} characters in its middle were not shown to the model.")}
                            </p>
                        }
                    })}
            </div>
        }
        .into_any(),
        Some(Err((code, message))) => view! {
            <div class="story__result tone-red">
                <p>{message}</p>
                <p class="faint mono">{code}</p>
            </div>
        }
        .into_any(),
    };
    view! {
        <p class="story__line">
            <span class="story__word">"Call"</span>
            <span class="story__text">
                <code class="story__tool">{tool}</code>
                " "
                <code class="story__input">{input}</code>
            </span>
            {took(ms)}
        </p>
        {decided
            .map(|(by, approved, comment)| {
                let (icon, word) = if approved { ("check", "approved it") } else { ("x", "rejected it") };
                let comment = comment.map(|comment| format!(": {comment}")).unwrap_or_default();
                view! {
                    <p class="story__decided">
                        <Icon name=icon class="icon--sm" />
                        {format!("{by} {word}{comment}")}
                    </p>
                }
            })}
        {outcome}
    }
    .into_any()
}
