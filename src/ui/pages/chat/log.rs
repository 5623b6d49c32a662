//! The conversation on the page: questions, answers, what is known of each.

use super::{
    blocks::{Block, Span, blocks, identity, place, spans},
    composer::deed,
    conversation::{Outcome, speed},
    talk::{Live, Talk},
};
use crate::ui::{
    browser,
    components::{
        button::{CopyButton, IconButton},
        each::Each,
        empty::Notice,
        field::prose,
        icon::Icon,
    },
};
use leptos::prelude::*;

/// All that was said.
#[component]
pub fn Log(talk: Talk) -> impl IntoView {
    let ids =
        Signal::derive(move || talk.lives.with(|all| all.iter().map(|live| live.id).collect::<Vec<_>>()));
    let show = Callback::new(move |id| {
        let live = talk.lives.with_untracked(|all| all.iter().find(|live| live.id == id).cloned());
        live.map(|live| exchange(talk, live)).into_any()
    });
    view! {
        <div class="chat__log" data-testid="chat-log">
            <Each ids show />
        </div>
    }
    .into_any()
}

fn exchange(talk: Talk, live: Live) -> AnyView {
    let (question, id) = (live.question.clone(), live.id);
    let edited = live.clone();
    let edit = Callback::new(move |()| {
        talk.edit(&edited);
        browser::focus("chat-draft");
    });
    let copied = question.clone();
    view! {
        <section class="said" class:is-edited=move || talk.editing.get() == Some(id) aria-label="You">
            <p class="said__you" data-testid="chat-question">
                {question}
            </p>
            <div class="said__deeds said__deeds--you">
                <IconButton icon="pencil" label="Edit and send again" off=talk.is_busy act=edit />
                <CopyButton text=move |()| copied.clone() what="question" />
            </div>
        </section>
        {answer(talk, live)}
    }
    .into_any()
}

fn answer(talk: Talk, live: Live) -> AnyView {
    let id = live.id;
    let about = live.about.clone();
    let is_open = Memo::new({
        let about = about.clone();
        move |_| about.with(|about| about.outcome == Outcome::Open)
    });
    let is_silent = Memo::new({
        let text = live.answer.clone();
        move |_| text.with(String::is_empty)
    });
    let status = {
        let about = about.clone();
        move || {
            (is_open.get() && is_silent.get()).then(|| {
                let words = about.with(|about| about.status.clone());
                view! {
                    <p class="said__wait" role="status" data-testid="chat-wait">
                        <span class="dots" aria-hidden="true">
                            <i></i>
                            <i></i>
                            <i></i>
                        </span>
                        {words}
                    </p>
                }
            })
        }
    };
    let by = {
        let about = about.clone();
        move || about.with(|about| about.by.clone())
    };
    let text = answer_text(live.answer.clone());
    let is_last = Memo::new(move |_| talk.lives.with(|all| all.last().is_some_and(|last| last.id == id)));
    let foot = move || {
        let copied = live.answer.clone();
        (!is_open.get()).then(|| {
            let about = about.get();
            let has_failed = matches!(about.outcome, Outcome::Failed(_));
            let retry = move || {
                (is_last.get() && !has_failed)
                    .then(|| {
                        let retry = Callback::new(move |()| talk.retry());
                        view! { <IconButton icon="repeat" label="Answer again" off=talk.is_busy act=retry /> }
                    })
            };
            view! {
                {remark(talk, &about.outcome, about.left_out, is_last)}
                <div class="said__deeds">
                    {(!is_silent.get_untracked())
                        .then(|| view! { <CopyButton text=move |()| copied.get_untracked() what="answer" /> })}
                    {retry}
                    <span class="said__facts num" data-testid="chat-speed">
                        {speed(&about)}
                    </span>
                    {about
                        .run
                        .map(|(workflow, run)| {
                            view! {
                                <a class="link said__run" href=format!("/workflows/{workflow}/runs/{run}")>
                                    "See its run"
                                </a>
                            }
                        })}
                </div>
            }
                .into_any()
        })
    };
    view! {
        <section
            class="said said--it"
            aria-label="Answer"
            aria-busy=move || is_open.get().to_string()
            data-testid="chat-answer"
        >
            <p class="said__by">
                <Icon name="sparkles" class="icon--sm" />
                {by}
            </p>
            {text}
            {status}
            {foot}
        </section>
    }
    .into_any()
}

/// What is said below an answer that did not end by itself.
fn remark(talk: Talk, outcome: &Outcome, left_out: usize, is_last: Memo<bool>) -> AnyView {
    let failed = |why: &str| {
        let why = why.to_owned();
        view! {
            <Notice tone="tone-red" icon="alert">
                <p data-testid="chat-error">{prose(&why)}</p>
                {move || {
                    let again = move || talk.retry();
                    let off = talk.is_busy.into();
                    is_last.get().then(|| deed("btn btn--sm", "repeat", "Ask again", "chat-again", off, again))
                }}
            </Notice>
        }
        .into_any()
    };
    let mild = |words: String| view! { <p class="said__remark">{words}</p> }.into_any();
    let forgotten = match left_out {
        0 => ().into_any(),
        1 => mild("The first question of this conversation no longer fits into the model's context and was left out.".to_owned()),
        n => mild(format!("The first {n} questions of this conversation no longer fit into the model's context and were left out.")),
    };
    let ended = match outcome {
        Outcome::Failed(why) => failed(why),
        Outcome::Stopped => mild("Stopped.".to_owned()),
        Outcome::Cut => {
            mild("The answer is as long as it may be. Allow a longer one in the settings above.".to_owned())
        }
        Outcome::Open | Outcome::Whole => ().into_any(),
    };
    (forgotten, ended).into_any()
}

/// The answer in its blocks; those that have not changed stay as they are while the rest is written.
fn answer_text(text: ArcRwSignal<String>) -> AnyView {
    let all = Memo::new(move |_| text.with(|text| blocks(text)));
    let ids = Signal::derive(move || {
        all.with(|all| {
            all.iter().enumerate().map(|(place, block)| identity(place, block)).collect::<Vec<_>>()
        })
    });
    let show = Callback::new(move |id| {
        let block = all.with_untracked(|all| all.get(place(id)).cloned());
        block.map(one).into_any()
    });
    view! {
        <div class="said__text">
            <Each ids show />
        </div>
    }
    .into_any()
}

fn one(block: Block) -> AnyView {
    match block {
        Block::Text(text) => view! { <p>{line(&text)}</p> }.into_any(),
        Block::Heading(text) => view! { <p class="said__heading">{line(&text)}</p> }.into_any(),
        Block::Item { depth, sign, text } => view! {
            <p class="said__item" style=format!("--depth: {depth}")>
                <span class="said__sign">{sign}</span>
                <span>{line(&text)}</span>
            </p>
        }
        .into_any(),
        Block::Code { language, text } => {
            let copied = text.clone();
            view! {
                <div class="said__code">
                    <div class="said__code-head">
                        <span>{language}</span>
                        <CopyButton text=move |()| copied.clone() what="code" />
                    </div>
                    <pre tabindex="0">
                        <code>{text}</code>
                    </pre>
                </div>
            }
            .into_any()
        }
    }
}

fn line(text: &str) -> Vec<AnyView> {
    spans(text)
        .into_iter()
        .map(|span| match span {
            Span::Plain(text) => text.to_owned().into_any(),
            Span::Strong(text) => view! { <strong>{text.to_owned()}</strong> }.into_any(),
            Span::Emphasis(text) => view! { <em>{text.to_owned()}</em> }.into_any(),
            Span::Code(text) => view! { <code>{text.to_owned()}</code> }.into_any(),
        })
        .collect()
}
