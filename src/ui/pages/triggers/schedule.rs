//! The form of a schedule, with when it would fire.

use super::{
    deeds::{Deeds, error_of},
    form::{About, Foot, NameField},
    times::NextTimes,
};
use crate::{
    api::triggers::{ScheduleTimes, TriggerView},
    ui::{
        browser,
        components::field::{Field, prose},
        server_fns::{error::UiError, session::with_session, triggers::preview_schedule},
    },
};
use leptos::{form::ActionForm, prelude::*};
use std::time::Duration;
use uuid::Uuid;

/// What people want most.
const PATTERNS: [(&str, &str); 7] = [
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 9 * * *", "Every day at 09:00"),
    ("0 9 * * 1-5", "Monday to Friday at 09:00"),
    ("0 9 * * 1", "Every Monday at 09:00"),
    ("0 9 1 * *", "On the first of each month at 09:00"),
    ("0 17 L * *", "On the last day of each month at 17:00"),
];
const FIELDS: &[&str] = &["name", "cron", "timezone", "input_data"];
/// How long after the last key the times are asked for.
const PAUSE: Duration = Duration::from_millis(300);

/// For a new schedule, or for `trigger`.
#[component]
pub(super) fn ScheduleForm(
    workflow: Uuid,
    zones: Vec<String>,
    #[prop(optional)] trigger: Option<TriggerView>,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let value = deeds.schedule.value();
    let is_new = trigger.is_none();
    let stored = |get: fn(&TriggerView) -> Option<String>| trigger.as_ref().and_then(get).unwrap_or_default();
    let cron =
        RwSignal::new(trigger.as_ref().and_then(|t| t.cron.clone()).unwrap_or("0 9 * * 1-5".to_owned()));
    let zone = RwSignal::new(trigger.as_ref().and_then(|t| t.timezone.clone()).unwrap_or("UTC".to_owned()));
    let name = stored(|t| Some(t.name.clone()));
    let input = stored(|t| t.input_data.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok()));
    let id = trigger.map(|t| t.id);
    // Only the browser knows where it is.
    Effect::new(move |_| {
        if is_new && let Some(here) = browser::time_zone() {
            zone.set(here);
        }
    });
    view! {
        <ActionForm action=deeds.schedule attr:class="card triggers__form" attr:data-testid="schedule-form">
            <About workflow trigger=id />
            <NameField value=name example="Morning report" error=error_of(value, "name", FIELDS) />
            <div class="triggers__pair">
                <Field
                    id="trigger-cron"
                    label="Pattern"
                    hint="Minute, hour, day, month, weekday. `0 9 * * 1-5` is 09:00 from Monday to Friday; a sixth field in front is seconds."
                    error=error_of(value, "cron", FIELDS)
                >
                    <Suggesting id="trigger-cron" name="cron" is_code=true limit=200 text=cron>
                        {PATTERNS
                            .map(|(pattern, word)| view! { <option value=pattern>{word}</option> })
                            .into_iter()
                            .collect_view()}
                    </Suggesting>
                </Field>
                <Field id="trigger-zone" label="Time zone" error=error_of(value, "timezone", FIELDS)>
                    <Suggesting id="trigger-zone" name="timezone" limit=60 text=zone>
                        {zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}
                    </Suggesting>
                </Field>
            </div>
            <Preview cron zone />
            <Field
                id="trigger-input"
                label="Input of its runs"
                side="optional"
                hint="JSON; leave it empty for `{scheduled_for, trigger}`."
                error=error_of(value, "input_data", FIELDS)
            >
                <textarea
                    class="input input--code"
                    id="trigger-input"
                    name="input"
                    rows="3"
                    spellcheck="false"
                >
                    {input}
                </textarea>
            </Field>
            <Foot workflow error=error_of(value, "", FIELDS) pending=deeds.schedule.pending() is_new />
        </ActionForm>
    }
    .into_any()
}

/// A field that suggests what to write; the children are the `<option>`s.
#[component]
fn Suggesting(
    id: &'static str,
    name: &'static str,
    #[prop(optional)] is_code: bool,
    /// Characters at most.
    limit: u32,
    text: RwSignal<String>,
    children: Children,
) -> impl IntoView {
    let list = format!("{id}-list");
    view! {
        <input
            class=if is_code { "input input--code" } else { "input" }
            id=id
            name=name
            required
            maxlength=limit
            autocomplete="off"
            spellcheck="false"
            list=list.clone()
            value=text.get_untracked()
            prop:value=text
            on:input=move |event| text.set(event_target_value(&event))
        />
        <datalist id=list>{children()}</datalist>
    }
    .into_any()
}

/// When it would fire, asked for while one types.
#[component]
fn Preview(cron: RwSignal<String>, zone: RwSignal<String>) -> impl IntoView {
    let shown = RwSignal::new(None::<Result<ScheduleTimes, UiError>>);
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let (cron, zone) = (cron.get(), zone.get());
        asked.update_value(|asked| *asked += 1);
        let mine = asked.get_value();
        set_timeout(
            move || {
                // Another key was pressed meanwhile, or the form is gone.
                if asked.try_get_value() != Some(mine) {
                    return;
                }
                leptos::task::spawn_local(async move {
                    let times = with_session(|| preview_schedule(cron.clone(), zone.clone())).await;
                    if asked.try_get_value() == Some(mine) {
                        shown.try_set(Some(times));
                    }
                });
            },
            PAUSE,
        );
    });
    view! {
        <div class="triggers__preview" aria-live="polite" data-testid="schedule-preview">
            {move || match shown.get() {
                None => ().into_any(),
                Some(Ok(times)) => {
                    view! {
                        <p class="muted">{times.meaning}</p>
                        <NextTimes times=times.next_times />
                    }
                        .into_any()
                }
                Some(Err(error)) => {
                    let text = error.field("cron").or(error.field("timezone")).unwrap_or(error.message);
                    view! { <p class="muted">{prose(&text)}</p> }.into_any()
                }
            }}
        </div>
    }
    .into_any()
}
