//! What starts a workflow by itself, and whom to tell when a run failed. Which form is open is in the address, and what is
//! changed is changed by plain forms, so that everything here works without a script.

mod card;
mod deeds;
mod form;
mod notice;
mod question;
mod schedule;
mod times;
mod webhook;

use super::{
    active::ActiveSwitch,
    beside::{Beside, beside_page},
    layout::TopBar,
    runs::parse_id,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::triggers::TriggerKind,
    ui::{
        components::{
            empty::{Empty, Notice},
            icon::Icon,
        },
        server_fns::{
            error::UiError,
            session::with_session,
            triggers::{TriggersOverview, read_triggers, time_zones},
        },
    },
};
use deeds::Deeds;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the address asks for.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    workflow: Option<String>,
    open: Open,
}

/// Which form is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Open {
    Nothing,
    New(TriggerKind),
    Edit(Uuid),
    Test(Uuid),
    Delete(Uuid),
}

impl Open {
    fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let id = |key: &str| get(key).and_then(|text| text.parse().ok());
        if let Some(kind) = get("new").and_then(|word| TriggerKind::parse(&word)) {
            return Self::New(kind);
        }
        (id("edit").map(Self::Edit))
            .or_else(|| id("test").map(Self::Test))
            .or_else(|| id("delete").map(Self::Delete))
            .unwrap_or(Self::Nothing)
    }

    /// The address with that form open.
    fn href(self, workflow: Uuid) -> String {
        let path = format!("/workflows/{workflow}/triggers");
        match self {
            Self::Nothing => path,
            Self::New(kind) => format!("{path}?new={}", kind.as_str()),
            Self::Edit(id) => format!("{path}?edit={id}"),
            Self::Test(id) => format!("{path}?test={id}"),
            Self::Delete(id) => format!("{path}?delete={id}"),
        }
    }
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shown {
    workflow: Uuid,
    open: Open,
    all: TriggersOverview,
    /// Only where a schedule's form is open.
    zones: Vec<String>,
}

/// `/workflows/:id/triggers`.
#[component]
pub fn TriggersPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(beside_page(Beside::Triggers))}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Triggers" rows=3 /> }
}

/// The page with what it reads.
pub fn triggers_page() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let deeds = Deeds::provide();
    let wanted = Memo::new(move |_| Wanted {
        workflow: params.with(|p| p.get("id")),
        open: query.with(|q| Open::read(|key| q.get(key))),
    });
    let shown = Resource::new(move || (wanted.get(), deeds.done.get()), |(wanted, _)| read(wanted));
    view! {
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(shown) => triggers_view(shown),
                    Err(error) => view! { <FailedPage title="Triggers" crumbs=vec![("/".to_owned(), "Workflows".to_owned())] error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

async fn read(wanted: Wanted) -> Result<Shown, UiError> {
    let nowhere = || UiError::not_found("There is no such workflow.");
    let workflow = parse_id(wanted.workflow.as_deref())?.ok_or_else(nowhere)?;
    let all = with_session(|| read_triggers(workflow)).await?;
    let is_schedule = |id: Uuid| all.triggers.iter().any(|t| t.id == id && t.kind == TriggerKind::Schedule);
    let needs_zones = match wanted.open {
        Open::New(kind) => kind == TriggerKind::Schedule,
        Open::Edit(id) => is_schedule(id),
        _ => false,
    };
    let zones = if needs_zones { with_session(time_zones).await? } else { Vec::new() };
    Ok(Shown { workflow, open: wanted.open, all, zones })
}

/// The page itself.
fn triggers_view(shown: Shown) -> AnyView {
    let deeds = expect_context::<Deeds>();
    let Shown { workflow, open, all, zones } = shown;
    let crumbs =
        vec![("/".to_owned(), "Workflows".to_owned()), (format!("/workflows/{workflow}"), all.name.clone())];
    let form = match open {
        Open::New(TriggerKind::Schedule) => {
            Some(view! { <schedule::ScheduleForm workflow zones=zones.clone() /> }.into_any())
        }
        Open::New(TriggerKind::Webhook) => {
            Some(view! { <webhook::WebhookForm workflow suggested=all.secret.clone() /> }.into_any())
        }
        _ => None,
    };
    let is_empty = all.triggers.is_empty() && form.is_none();
    let cards = all
        .triggers
        .into_iter()
        .map(|trigger| {
            let zones = zones.clone();
            view! { <card::TriggerCard trigger open zones origin=all.origin.clone() is_active=all.is_active /> }
        })
        .collect_view();
    view! {
        <Title text=format!("Triggers of {}", all.name) />
        <TopBar title="Triggers" crumbs>
            <a class="btn" href=format!("/workflows/{workflow}")>
                <Icon name="workflow" />
                <span class="wide-only">"Open workflow"</span>
            </a>
        </TopBar>
        <main class="content" data-testid="triggers">
            <deeds::Refused />
            <section class="card setting">
                <div>
                    <h3>"Triggers are " {if all.is_active { "on" } else { "off" }}</h3>
                    <p class="muted">
                        {if all.is_active {
                            "Schedules and webhooks of this workflow start runs."
                        } else {
                            "Nothing starts this workflow but you. What is missed meanwhile is not made up for."
                        }}
                    </p>
                </div>
                <ActiveSwitch
                    id=workflow
                    is_active=all.is_active
                    changed=Callback::new(move |_| deeds.again())
                />
            </section>
            <section class="section" aria-labelledby="all-triggers">
                <div class="section__head">
                    <h2 id="all-triggers">"Schedules and webhooks"</h2>
                    <span class="spacer"></span>
                    <AddLink workflow kind=TriggerKind::Schedule />
                    <AddLink workflow kind=TriggerKind::Webhook />
                </div>
                {form}
                <webhook::FreshSecret origin=all.origin.clone() />
                {is_empty
                    .then(|| {
                        view! {
                            <div class="table-wrap">
                                <Empty
                                    icon="bolt"
                                    title="Nothing starts this workflow by itself"
                                    text="A schedule runs it at the times you choose; a webhook runs it when another program calls an address."
                                />
                            </div>
                        }
                    })}
                <div class="triggers__list">{cards}</div>
            </section>
            <notice::FailureNoticeForm workflow notice=all.notice />
        </main>
    }
    .into_any()
}

#[component]
fn AddLink(workflow: Uuid, kind: TriggerKind) -> impl IntoView {
    let (icon, word, testid) = match kind {
        TriggerKind::Schedule => ("clock", "Add schedule", "add-schedule"),
        TriggerKind::Webhook => ("globe", "Add webhook", "add-webhook"),
    };
    view! {
        <a class="btn btn--sm" href=Open::New(kind).href(workflow) data-noscroll="" data-testid=testid>
            <Icon name=icon class="icon--sm" />
            {word}
        </a>
    }
}

/// A remark that the workflow is off, where something is said to come.
#[component]
fn IsOff() -> impl IntoView {
    view! {
        <Notice tone="tone-amber" icon="pause">
            "The workflow is switched off, so this does nothing until it is on again."
        </Notice>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_which_form_is_open() {
        let (workflow, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for open in [
            Open::Nothing,
            Open::New(TriggerKind::Schedule),
            Open::New(TriggerKind::Webhook),
            Open::Edit(id),
            Open::Test(id),
            Open::Delete(id),
        ] {
            let href = open.href(workflow);
            let pair = href.split_once('?').and_then(|(_, query)| query.split_once('='));
            let read =
                Open::read(|key| pair.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()));
            assert_eq!(read, open, "{href}");
        }
        assert_eq!(Open::read(|_| Some("nonsense".to_owned())), Open::Nothing);
    }
}
