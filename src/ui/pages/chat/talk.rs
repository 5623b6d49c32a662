//! What the chat page knows and does: ask, stop, ask again, begin anew; and keeping the conversation in the browser.

use super::{
    conversation::{About, Exchange, Kept, Outcome, answered, asked, rate},
    stream::{self, Stop},
};
use crate::{
    api::chat::{ChatEvent, ChatPartner, ChatPartners},
    ui::{
        browser::{memory, now_ms},
        components::toast::Toasts,
        server_fns::{error::UiError, session::with_session},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

/// While an answer comes, it is kept this often, in milliseconds.
const KEEP_EVERY: f64 = 500.0;

/// A question and its answer on the page.
#[derive(Clone)]
pub struct Live {
    pub id: Uuid,
    pub question: String,
    pub answer: ArcRwSignal<String>,
    pub about: ArcRwSignal<About>,
}

/// The conversation of the page. Copies mean the same one.
#[derive(Clone, Copy)]
pub struct Talk {
    pub lives: RwSignal<Vec<Live>>,
    pub model: RwSignal<String>,
    pub system: RwSignal<String>,
    pub temperature: RwSignal<f64>,
    pub limit: RwSignal<f64>,
    pub draft: RwSignal<String>,
    /// The question that is written anew.
    pub editing: RwSignal<Option<Uuid>>,
    pub is_busy: RwSignal<bool>,
    /// What was kept has been read.
    pub is_known: RwSignal<bool>,
    behind: StoredValue<Behind>,
    toasts: Toasts,
}

/// What nothing on the page follows.
struct Behind {
    partners: ChatPartners,
    stop: Option<Stop>,
    /// Counts what was asked, so that an answer nobody waits for any more changes nothing.
    turn: u32,
    next_id: u64,
    kept_at: f64,
}

impl Talk {
    #[must_use]
    pub fn new(partners: ChatPartners) -> Self {
        let usual = Kept::default();
        let talk = Self {
            model: RwSignal::new(partners.items.first().map(|first| first.model.clone()).unwrap_or_default()),
            lives: RwSignal::new(Vec::new()),
            system: RwSignal::new(usual.system),
            temperature: RwSignal::new(usual.temperature),
            limit: RwSignal::new(usual.limit),
            draft: RwSignal::new(String::new()),
            editing: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            is_known: RwSignal::new(false),
            behind: StoredValue::new(Behind { partners, stop: None, turn: 0, next_id: 1, kept_at: 0.0 }),
            toasts: expect_context(),
        };
        // Whoever leaves the page does not wait for the answer.
        on_cleanup(move || talk.stop());
        talk
    }

    /// Takes up what was kept; `wanted` is the partner that an address names.
    pub fn restore(self, wanted: Option<String>) {
        let kept = Kept::read(&memory::recall(&self.key()).unwrap_or_default());
        for model in [Some(kept.model), wanted].into_iter().flatten() {
            // It may be gone since.
            if self.partner_of(&model).is_some() {
                self.model.set(model);
            }
        }
        self.system.set(kept.system);
        self.temperature.set(kept.temperature);
        self.limit.set(kept.limit);
        let lives = kept.exchanges.into_iter().map(|exchange| self.live(exchange)).collect();
        self.lives.set(lives);
        self.is_known.set(true);
    }

    fn live(self, exchange: Exchange) -> Live {
        let number = self.behind.try_update_value(|behind| {
            behind.next_id += 1;
            behind.next_id
        });
        let Exchange { question, answer, about } = exchange;
        let (answer, about) = (ArcRwSignal::new(answer), ArcRwSignal::new(about));
        Live { id: Uuid::from_u128(u128::from(number.unwrap_or_default())), question, answer, about }
    }

    /// Whom the next question goes to.
    #[must_use]
    pub fn partner(self) -> Option<ChatPartner> {
        self.model.with(|model| self.partner_of(model))
    }

    /// Everybody there is to talk to.
    #[must_use]
    pub fn partners(self) -> Vec<ChatPartner> {
        self.behind.with_value(|behind| behind.partners.items.clone())
    }

    fn partner_of(self, model: &str) -> Option<ChatPartner> {
        self.behind.with_value(|behind| {
            behind.partners.items.iter().find(|partner| partner.model == *model).cloned()
        })
    }

    /// Turns to another one.
    pub fn turn_to(self, model: String) {
        self.model.set(model);
        self.keep();
    }

    /// Sends what is written, in the place of the question that is written anew and all that came after it.
    pub fn send(self) {
        let question = self.draft.get_untracked().trim().to_owned();
        if question.is_empty() || self.is_busy.get_untracked() || self.model.with_untracked(String::is_empty)
        {
            return;
        }
        if let Some(id) = self.editing.get_untracked() {
            self.lives.update(|lives| {
                let place = lives.iter().position(|live| live.id == id).unwrap_or(lives.len());
                lives.truncate(place);
            });
            self.editing.set(None);
        }
        self.draft.set(String::new());
        let live = self.live(Exchange { question, ..Exchange::default() });
        self.lives.update(|lives| lives.push(live.clone()));
        self.ask(live);
    }

    /// Sends this question.
    pub fn say(self, question: &str) {
        self.draft.set(question.to_owned());
        self.send();
    }

    /// Asks the last question again.
    pub fn retry(self) {
        let last = self.lives.with_untracked(|lives| lives.last().cloned());
        if let (Some(last), false) = (last, self.is_busy.get_untracked()) {
            self.ask(last);
        }
    }

    /// Brings a question back to where it was written.
    pub fn edit(self, live: &Live) {
        self.draft.set(live.question.clone());
        self.editing.set(Some(live.id));
    }

    /// Ends the answer that is on its way, here and on the server.
    pub fn stop(self) {
        if !self.is_busy.try_get_untracked().unwrap_or_default() {
            return;
        }
        self.next_turn();
        if let Some(stop) = self.behind.try_update_value(|behind| behind.stop.take()).flatten() {
            stop.now();
        }
        let last = self.lives.with_untracked(|lives| lives.last().cloned());
        if let Some(last) = last {
            self.ended(&last, Outcome::Stopped);
        }
    }

    /// Begins anew; for a moment that can be taken back.
    pub fn clear(self) {
        self.stop();
        let before = self.lives.get_untracked();
        if before.is_empty() {
            return;
        }
        let (key, kept) = (self.key(), self.kept().write());
        self.lives.set(Vec::new());
        self.editing.set(None);
        self.keep();
        self.toasts.undoable("The conversation was cleared.", move |is_taken_back| {
            if is_taken_back {
                memory::keep(&key, &kept);
                // The page may be gone by now.
                self.lives.try_set(before.clone());
            }
        });
    }

    fn ask(self, live: Live) {
        let Some(partner) = self.partner() else { return };
        let turn = self.next_turn();
        live.answer.set(String::new());
        live.about.set(About { by: partner.name.clone(), ..About::default() });
        self.is_busy.set(true);
        self.keep();
        let is_workflow = partner.workflow.is_some();
        leptos::task::spawn_local(async move {
            let outcome = self.answer(&live, turn, is_workflow).await;
            if self.is_mine(turn) {
                self.ended(&live, outcome.unwrap_or_else(|error| Outcome::Failed(words(&error))));
            }
        });
    }

    /// Waits for the answer. A conversation that is too long loses its beginning, half of it at a time.
    async fn answer(self, live: &Live, turn: u32, is_workflow: bool) -> Result<Outcome, UiError> {
        // Without the question itself.
        let mut before = self.kept();
        before.exchanges.pop();
        let length = answered(&before).count();
        let mut left_out = 0;
        loop {
            let body = asked(&before, left_out, &live.question, is_workflow).to_string();
            match self.listen(live, turn, is_workflow, body).await {
                Err(error) if error.code == "prompt_too_long" && left_out < length && !is_workflow => {
                    left_out += (length - left_out).div_ceil(2);
                    live.about.update(|about| about.left_out = left_out);
                }
                other => return other,
            }
        }
    }

    async fn listen(
        self,
        live: &Live,
        turn: u32,
        is_workflow: bool,
        body: String,
    ) -> Result<Outcome, UiError> {
        let stop = Stop::new().ok_or_else(stream::cut_off)?;
        self.behind.try_update_value(|behind| behind.stop = Some(stop.clone()));
        let begun = now_ms();
        let (mut first_at, mut last_at) = (None, begun);
        let mut events = with_session(|| stream::open(body.clone(), stop.clone())).await?;
        while let Some(batch) = events.next().await? {
            if !self.is_mine(turn) {
                break;
            }
            let mut fresh = String::new();
            for event in batch {
                match event {
                    ChatEvent::Text(text) => fresh.push_str(&text),
                    ChatEvent::Done(done) => {
                        self.add(live, fresh, begun, &mut first_at, &mut last_at);
                        let rate = first_at.and_then(|at| rate(done.usage.completion_tokens, at, last_at));
                        // The tokens of a workflow are those of all its steps.
                        live.about.update(|about| about.speed = rate.filter(|_| !is_workflow));
                        return Ok(if done.finish_reason == "length" {
                            Outcome::Cut
                        } else {
                            Outcome::Whole
                        });
                    }
                    ChatEvent::Failed(failure) => {
                        self.add(live, fresh, begun, &mut first_at, &mut last_at);
                        let (errors, problems) = (Vec::new(), Vec::new());
                        let (code, message) = (failure.code, failure.message);
                        return Err(UiError { status: 422, code, message, errors, problems });
                    }
                    ChatEvent::Run { workflow_id, run_id } => {
                        live.about.update(|about| about.run = Some((workflow_id, run_id)));
                    }
                    other => live.about.update(|about| about.status = status(&other)),
                }
            }
            self.add(live, fresh, begun, &mut first_at, &mut last_at);
        }
        Err(stream::cut_off())
    }

    /// Adds to an answer what has come, and notes when.
    fn add(self, live: &Live, fresh: String, begun: f64, first_at: &mut Option<f64>, last_at: &mut f64) {
        if fresh.is_empty() {
            return;
        }
        *last_at = now_ms();
        if first_at.is_none() {
            *first_at = Some(*last_at);
            live.about.update(|about| about.first_ms = Some(*last_at - begun));
        }
        live.answer.update(|answer| answer.push_str(&fresh));
        let kept_at = self.behind.try_with_value(|behind| behind.kept_at);
        if kept_at.is_some_and(|kept_at| *last_at - kept_at > KEEP_EVERY) {
            self.keep();
        }
    }

    fn ended(self, live: &Live, outcome: Outcome) {
        live.about.update(|about| about.outcome = outcome);
        self.is_busy.try_set(false);
        self.keep();
    }

    /// Whatever was asked before is not waited for any more.
    fn next_turn(self) -> u32 {
        let turn = self.behind.try_update_value(|behind| {
            behind.turn += 1;
            behind.turn
        });
        turn.unwrap_or_default()
    }

    /// Whether somebody still waits for that answer.
    fn is_mine(self, turn: u32) -> bool {
        self.behind.try_with_value(|behind| behind.turn) == Some(turn)
    }

    fn key(self) -> String {
        self.behind.with_value(|behind| format!("millrace.chat.{}", behind.partners.account))
    }

    fn kept(self) -> Kept {
        let exchange = |live: &Live| Exchange {
            question: live.question.clone(),
            answer: live.answer.get_untracked(),
            about: live.about.get_untracked(),
        };
        Kept {
            model: self.model.get_untracked(),
            system: self.system.get_untracked(),
            temperature: self.temperature.get_untracked(),
            limit: self.limit.get_untracked(),
            exchanges: self.lives.with_untracked(|lives| lives.iter().map(exchange).collect()),
        }
    }

    /// Writes the conversation into the browser's store.
    pub fn keep(self) {
        // Before it is read, there is nothing worth keeping; after the page, nothing left of it.
        if self.is_known.try_get_untracked() == Some(true) {
            self.behind.update_value(|behind| behind.kept_at = now_ms());
            memory::keep(&self.key(), &self.kept().write());
        }
    }
}

/// What happens before the first word.
fn status(event: &ChatEvent) -> String {
    match event {
        ChatEvent::Waiting { ahead: 1 } => "Waiting for the model: 1 before you".to_owned(),
        ChatEvent::Waiting { ahead } => format!("Waiting for the model: {ahead} before you"),
        ChatEvent::Loading {} => "Bringing the model into memory".to_owned(),
        ChatEvent::Step { name, waits: Some(why) } => format!("“{name}” waits. {why}"),
        ChatEvent::Step { name, waits: None } => format!("“{name}” runs"),
        _ => "Reading the question".to_owned(),
    }
}

/// What is said of a failure. Settings that only programs have are no remedy here.
fn words(error: &UiError) -> String {
    match (error.code.as_str(), error.message.split_once(". ")) {
        ("prompt_too_long", Some((what, _))) => {
            format!("{what}. Shorten your message or the system prompt.")
        }
        _ => error.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_waits_for_and_what_to_do() {
        assert_eq!(status(&ChatEvent::Waiting { ahead: 2 }), "Waiting for the model: 2 before you");
        let step =
            |waits: Option<&str>| ChatEvent::Step { name: "Ask".to_owned(), waits: waits.map(str::to_owned) };
        assert_eq!(status(&step(None)), "“Ask” runs");
        assert_eq!(status(&step(Some("1 request comes first."))), "“Ask” waits. 1 request comes first.");
        let error = |code: &str, message: &str| {
            let (errors, problems) = (Vec::new(), Vec::new());
            words(&UiError {
                status: 422,
                code: code.to_owned(),
                message: message.to_owned(),
                errors,
                problems,
            })
        };
        assert_eq!(
            error("prompt_too_long", "The prompt has 9 tokens; the model takes at most 8. Set `truncate`."),
            "The prompt has 9 tokens; the model takes at most 8. Shorten your message or the system prompt."
        );
        assert_eq!(error("model_busy", "Busy. Try again."), "Busy. Try again.");
    }
}
