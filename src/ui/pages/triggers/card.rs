//! One trigger: what it does, whether it is on, what it last did, and what can be done with it.

use super::{Open, deeds::Deeds, form::About, question, schedule, times::NextTimes, webhook};
use crate::{
    api::triggers::{HookMode, TriggerKind, TriggerOutcome, TriggerView},
    ui::{
        components::{button::CopyButton, icon::Icon, status::StatusChip, time::RelativeTime},
        pages::runs::short_id,
    },
};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub(super) fn TriggerCard(
    trigger: TriggerView,
    open: Open,
    zones: Vec<String>,
    origin: String,
    is_active: bool,
) -> impl IntoView {
    let id = trigger.id;
    let body = match open {
        Open::Edit(open) if open == id => match trigger.kind {
            TriggerKind::Schedule => {
                view! { <schedule::ScheduleForm workflow=trigger.workflow_id zones trigger=trigger.clone() /> }
                    .into_any()
            }
            TriggerKind::Webhook => {
                view! { <webhook::WebhookForm workflow=trigger.workflow_id trigger=trigger.clone() /> }.into_any()
            }
        },
        _ => {
            let question = match open {
                Open::Delete(open) if open == id => {
                    Some(view! { <question::DeleteQuestion trigger=trigger.clone() /> }.into_any())
                }
                Open::Test(open) if open == id => {
                    Some(view! { <question::TestForm trigger=trigger.clone() /> }.into_any())
                }
                _ => None,
            };
            let is_off = (!is_active && !trigger.paused).then(|| view! { <super::IsOff /> });
            view! {
                <div class="card__body triggers__body">
                    {question}
                    {is_off}
                    <Facts trigger=trigger.clone() origin />
                </div>
            }
            .into_any()
        }
    };
    let kind = trigger.kind.as_str();
    view! {
        <article class="card trigger" data-testid="trigger" data-kind=kind>
            <Head trigger />
            {body}
        </article>
    }
    .into_any()
}

#[component]
fn Head(trigger: TriggerView) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let (workflow, id, paused) = (trigger.workflow_id, trigger.id, trigger.paused);
    let (icon, kind) = match trigger.kind {
        TriggerKind::Schedule => ("clock", "Schedule"),
        TriggerKind::Webhook => ("globe", "Webhook"),
    };
    let is_over = trigger.kind == TriggerKind::Schedule && trigger.next_times.is_empty();
    let (tone, word) = match () {
        () if paused => ("tone-amber", "Paused"),
        () if is_over => ("tone-grey", "Over"),
        () if trigger.is_on => ("tone-green", "On"),
        () => ("tone-grey", "Off"),
    };
    let name = if trigger.name.is_empty() { kind.to_owned() } else { trigger.name };
    view! {
        <div class="card__head triggers__head">
            <Icon name=icon />
            <h3 class="truncate">{name}</h3>
            <span class=format!("chip chip--sm {tone}") data-testid="trigger-state">
                {word}
            </span>
            <span class="spacer"></span>
            <a
                class="btn btn--ghost btn--sm"
                href=Open::Test(id).href(workflow)
                data-noscroll=""
                data-testid="test-trigger"
            >
                <Icon name="play" class="icon--sm" />
                "Test"
            </a>
            <ActionForm action=deeds.pause>
                <About workflow trigger=id />
                <input type="hidden" name="paused" value=(!paused).to_string() />
                <button type="submit" class="btn btn--ghost btn--sm" data-testid="pause-trigger">
                    {if paused { "Resume" } else { "Pause" }}
                </button>
            </ActionForm>
            <OpenLink href=Open::Edit(id).href(workflow) icon="pencil" what="Edit" testid="edit-trigger" />
            <OpenLink href=Open::Delete(id).href(workflow) icon="trash" what="Delete" testid="delete-trigger" />
        </div>
    }
    .into_any()
}

/// A button-like link that opens a form or a question.
#[component]
fn OpenLink(href: String, icon: &'static str, what: &'static str, testid: &'static str) -> impl IntoView {
    view! {
        <a
            class="btn btn--ghost btn--icon btn--sm"
            href=href
            data-noscroll=""
            aria-label=what
            title=what
            data-testid=testid
        >
            <Icon name=icon class="icon--sm" />
        </a>
    }
}

#[component]
fn Facts(trigger: TriggerView, origin: String) -> impl IntoView {
    let own = match trigger.kind {
        TriggerKind::Schedule => view! {
            <dt>"When"</dt>
            <dd>
                <code>{trigger.cron.clone()}</code>
                " in "
                {trigger.timezone.clone()}
            </dd>
            <dt>"Next"</dt>
            <dd>
                <NextTimes times=trigger.next_times.clone() />
            </dd>
        }
        .into_any(),
        TriggerKind::Webhook => {
            let url = address(&trigger, &origin);
            let curl = curl(&url, None);
            let (copied_url, copied_curl) = (url.clone(), curl.clone());
            let answer = match (trigger.mode, trigger.wait_seconds) {
                (Some(HookMode::Wait), seconds) => {
                    format!("The run's output, or its id after {} s", seconds.unwrap_or_default())
                }
                _ => "The run's id, at once".to_owned(),
            };
            view! {
                <dt>"Address"</dt>
                <dd>
                    <div class="command">
                        <code data-testid="hook-url">{url}</code>
                        <CopyButton text=move |()| copied_url.clone() what="address" />
                    </div>
                </dd>
                <dt>"Try it"</dt>
                <dd>
                    <div class="command">
                        <code data-testid="hook-curl">{curl}</code>
                        <CopyButton text=move |()| copied_curl.clone() what="command" />
                    </div>
                </dd>
                <dt>"Answers"</dt>
                <dd>{answer}</dd>
            }
            .into_any()
        }
    };
    view! {
        <dl class="kv triggers__facts">
            {own} <dt>"Last"</dt> <dd data-testid="last-outcome">
                <Last trigger />
            </dd>
        </dl>
    }
    .into_any()
}

#[component]
fn Last(trigger: TriggerView) -> impl IntoView {
    let at = trigger.last_at.map(|at| {
        view! {
            <span class="faint">
                <RelativeTime at />
            </span>
        }
    });
    match trigger.last {
        None => view! { <span class="faint">"It has not fired yet"</span> }.into_any(),
        Some(TriggerOutcome { run_id: Some(run), status, error_message, .. }) => {
            let href = format!("/workflows/{}/runs/{run}", trigger.workflow_id);
            view! {
                <span class="triggers__last">
                    {status.map(|status| view! { <StatusChip status=status.as_str() small=true /> })}
                    {at}
                    <a class="link" href=href>
                        "Run "
                        {short_id(run)}
                    </a>
                    {error_message.map(|text| view! { <span class="muted">{text}</span> })}
                </span>
            }
            .into_any()
        }
        Some(outcome) => view! {
            <span class="triggers__last">
                <span class="chip chip--sm tone-red">
                    <Icon name="x" />
                    "No run"
                </span>
                {at}
                <span class="muted">{outcome.error_message}</span>
            </span>
        }
        .into_any(),
    }
}

/// Where to send requests, whole.
pub(super) fn address(trigger: &TriggerView, origin: &str) -> String {
    let url = trigger.url.clone().unwrap_or_default();
    if url.starts_with('/') { format!("{origin}{url}") } else { url }
}

/// A command that calls it; without its secret, what to put there.
pub(super) fn curl(url: &str, secret: Option<&str>) -> String {
    let secret = secret.unwrap_or("$SECRET");
    // In double quotes, so that a shell fills the variable in.
    format!(
        "curl -X POST '{url}' -H \"Authorization: Bearer {secret}\" -H 'Content-Type: application/json' -d '{{\"hello\": \"mill\"}}'"
    )
}
