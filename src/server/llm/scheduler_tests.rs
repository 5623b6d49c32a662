//! Who is answered when, and what happens to those who wait.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::server::llm::testing::{ScriptedModel, collecting_sink, request, vocabulary};
use crate::workflow::ids::UserId;

fn waiting(queue_limit: usize) -> Sharing {
    Sharing { queue_limit, at_once: 4, rest_after: None }
}

/// Says "a" for ever, a millisecond each; panics at the message "panic!".
fn endless(limit: usize) -> (Arc<Scheduler>, Arc<AtomicU32>, Arc<AtomicU32>) {
    let (loads, steps) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (load_count, step_count) = (loads.clone(), steps.clone());
    let loader: Loader = Box::new(move || {
        load_count.fetch_add(1, Ordering::SeqCst);
        let steps = step_count.clone();
        let mut model = ScriptedModel::new(vocabulary(&["a"]), move |seen| {
            std::thread::sleep(Duration::from_millis(1));
            steps.fetch_add(1, Ordering::SeqCst);
            assert!(seen.len() != "panic!".len(), "as asked");
            vec![1.0, 0.0]
        });
        model.context = 1_000_000;
        Ok(Box::new(model))
    });
    (Arc::new(Scheduler::start("test", waiting(limit), loader).unwrap()), loads, steps)
}

fn long() -> ChatRequest {
    ChatRequest { max_tokens: 1_000_000, ..request("longer than panic") }
}

async fn until(mut met: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if met() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("not within two seconds");
}

#[tokio::test]
async fn cancel_ends_an_answer_within_a_few_tokens() {
    let (scheduler, _, steps) = endless(4);
    let cancel = CancellationToken::new();
    let (sink, pieces) = collecting_sink();
    let asking = tokio::spawn({
        let (scheduler, cancel) = (scheduler.clone(), cancel.clone());
        async move { scheduler.ask(long(), Caller::reading(sink).with_cancel(cancel)).await }
    });
    until(|| pieces.lock().unwrap().len() > 5).await;
    cancel.cancel();
    assert_eq!(asking.await.unwrap().unwrap_err().code, "cancelled");
    let at_cancel = steps.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(steps.load(Ordering::SeqCst) <= at_cancel + 2);
    // The next one is answered.
    let next = ChatRequest { max_tokens: 3, ..long() };
    assert_eq!(scheduler.ask(next, Caller::silent()).await.unwrap().text, "aaa");
}

#[tokio::test]
async fn a_full_queue_refuses_and_the_abandoned_make_room() {
    let (scheduler, _, _) = endless(2);
    let ask = |request: ChatRequest| {
        let scheduler = scheduler.clone();
        tokio::spawn(async move { scheduler.ask(request, Caller::silent()).await })
    };
    let running = ask(long());
    until(|| scheduler.is_loaded() && scheduler.queue_length() == 0).await;
    let waiting = [ask(long()), ask(ChatRequest { max_tokens: 2, ..long() })];
    until(|| scheduler.queue_length() == 2).await;
    let refused = ask(long()).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.retryable), ("model_busy", true));
    // Whoever asked first leaves: its place is free, and the model turns to the last.
    let [first, last] = waiting;
    first.abort();
    until(|| scheduler.queue_length() == 1).await;
    let another = ask(ChatRequest { max_tokens: 1, ..long() });
    until(|| scheduler.queue_length() == 2).await;
    running.abort();
    let reply = last.await.unwrap().unwrap();
    assert_eq!(reply.text, "aa");
    assert!(reply.usage.queue_ms > 0 && reply.usage.tokens_per_second.is_some());
    assert_eq!(another.await.unwrap().unwrap().text, "a");
    assert!(scheduler.last_speed().is_some_and(|speed| speed > 1.0));
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_a_reload() {
    let (scheduler, loads, _) = endless(4);
    let panicked = scheduler.ask(request("panic!"), Caller::silent()).await;
    let error = panicked.unwrap_err();
    assert_eq!((error.code, error.retryable), ("model_crashed", true));
    let short = ChatRequest { max_tokens: 1, ..long() };
    let reply = scheduler.ask(short, Caller::silent()).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.model.as_str()), ("a", "test"));
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failed_load_is_told_and_tried_again() {
    let tries = Arc::new(AtomicU32::new(0));
    let count = tries.clone();
    let loader: Loader = Box::new(move || {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(LlmError::not_installed("test", true));
        }
        Ok(Box::new(ScriptedModel::new(vocabulary(&["a"]), |_| vec![1.0, 0.0])))
    });
    let scheduler = Scheduler::start("test", waiting(4), loader).unwrap();
    let ask = || scheduler.ask(request("x"), Caller::silent());
    assert_eq!(ask().await.unwrap_err().code, "model_not_installed");
    assert!(!scheduler.is_loaded());
    assert!(ask().await.is_ok());
    assert!(scheduler.is_loaded());
}

#[tokio::test]
async fn owners_take_turns_and_know_how_many_come_first() {
    let (scheduler, _, _) = endless(3);
    let told = Arc::new(Mutex::new(Vec::new()));
    let ask = |name: &'static str, owner: u128, request: ChatRequest| {
        let (scheduler, told) = (scheduler.clone(), told.clone());
        let progress = move |progress: Progress<'_>| match progress {
            Progress::Waiting { ahead } => told.lock().unwrap().push(format!("{name} waits for {ahead}")),
            Progress::Started => told.lock().unwrap().push(format!("{name} begins")),
            _ => {}
        };
        let caller = Caller { progress: Box::new(progress), ..Caller::silent() };
        let caller = caller.of(UserId(uuid::Uuid::from_u128(owner)));
        tokio::spawn(async move { scheduler.ask(request, caller).await })
    };
    let short = || ChatRequest { max_tokens: 1, ..long() };
    let running = ask("running", 1, long());
    until(|| scheduler.state() == ModelState::Busy).await;
    let mut others = Vec::new();
    for (name, owner) in [("first", 1), ("second", 1), ("third", 1)] {
        others.push(ask(name, owner, short()));
        until(|| scheduler.queue_length() == others.len() as u32).await;
    }
    // The queue is full for the owner of all of these, and not for somebody else.
    assert_eq!(ask("fourth", 1, short()).await.unwrap().unwrap_err().code, "model_busy");
    others.push(ask("other", 2, short()));
    until(|| scheduler.queue_length() == 4).await;
    running.abort();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap().text, "a");
    }
    let told = told.lock().unwrap();
    let begun: Vec<_> = told.iter().filter_map(|line| line.strip_suffix(" begins")).collect();
    assert_eq!(begun, ["running", "first", "other", "second", "third"]);
    let waited: Vec<_> = told.iter().filter_map(|line| line.strip_prefix("third waits for ")).collect();
    assert_eq!(waited, ["3", "4", "3", "2", "1"], "the other one came in between, then they went one by one");
}

#[tokio::test]
async fn a_model_that_nobody_asks_leaves_the_memory_and_comes_back() {
    let loads = Arc::new(AtomicU32::new(0));
    let count = loads.clone();
    let loader: Loader = Box::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(ScriptedModel::new(vocabulary(&["a"]), |_| vec![1.0, 0.0])))
    });
    let sharing = Sharing { queue_limit: 4, at_once: 4, rest_after: Some(Duration::from_millis(20)) };
    let scheduler = Scheduler::start("test", sharing, loader).unwrap();
    assert_eq!((scheduler.state(), scheduler.memory_bytes()), (ModelState::Installed, None));
    let ask = || scheduler.ask(ChatRequest { max_tokens: 1, ..request("x") }, Caller::silent());
    ask().await.unwrap();
    until(|| scheduler.state() == ModelState::Installed).await;
    assert_eq!(scheduler.memory_bytes(), None);
    ask().await.unwrap();
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_model_in_use_says_so() {
    let (scheduler, _, _) = endless(4);
    assert_eq!(scheduler.state(), ModelState::Installed);
    let cancel = CancellationToken::new();
    let asking = tokio::spawn({
        let (scheduler, cancel) = (scheduler.clone(), cancel.clone());
        async move { scheduler.ask(long(), Caller::silent().with_cancel(cancel)).await }
    });
    until(|| scheduler.state() == ModelState::Busy).await;
    assert_eq!(scheduler.memory_bytes(), Some(1000));
    cancel.cancel();
    asking.await.unwrap().unwrap_err();
    until(|| scheduler.state() == ModelState::Ready).await;
}
