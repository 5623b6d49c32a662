//! What becomes durable, broken right before and right after: by an error, a panic, a delay, the end of the process. One
//! run has a step of every node type, so that each is hit at each of its writes.

mod heard;
mod row;
mod stage;

use crate::{agent::Brain, support::Database};
use heard::Heard;
use row::Row;
use serde_json::json;
use stage::{Played, Stage};
use std::path::Path;

/// Every fail point.
const POINTS: &[&str] = &[
    "journal::before_batch",
    "journal::before_commit",
    "journal::after_commit",
    "store::before_commit",
    "store::after_commit",
    "runs::before_create",
    "runs::after_create",
    "tables::after_rows",
];
/// Passes that a run with a step of every node type makes at the least, by point. On SQLite the journal has a way of its
/// own around the store's: there it is the rows of a table and the decision of a person that go through it.
const PASSES: [usize; 8] = [9, 9, 9, 2, 2, 1, 1, 1];
/// No run makes more passes than this.
const MANY: usize = 80;

/// What happens at a point.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Every second or third pass, the first one included.
    Error,
    /// The same.
    Panic,
    /// Every pass.
    Delay,
    /// Once, after that many passes.
    Abort(usize),
}

impl Fault {
    /// In the words of `FAILPOINTS`.
    fn at(self, point: &str) -> String {
        match self {
            Self::Error => format!("{point}={}", again_and_again("return")),
            Self::Panic => format!("{point}={}", again_and_again("panic")),
            Self::Delay => format!("{point}=sleep(30)"),
            Self::Abort(0) => format!("{point}=1*return(abort)"),
            Self::Abort(after) => format!("{point}={after}*off->1*return(abort)"),
        }
    }

    /// What the server's log shows when it happened.
    fn trace(self, point: &str) -> Option<String> {
        match self {
            Self::Error => Some(format!("the fail point {point} was told to fail")),
            Self::Panic => Some(format!("failpoint {point} panic")),
            Self::Delay | Self::Abort(_) => None,
        }
    }
}

/// Without a beat that the engine could fall into: what always takes two passes shall not always meet the same one.
fn again_and_again(task: &str) -> String {
    let bar = format!("1*{task}->1*off->1*{task}->2*off->1*{task}->3*off");
    [bar.as_str(); MANY / 4].join("->")
}

/// Plays a run that meets a fault, and checks what is left.
async fn play(stage: &mut Stage, row: &Row, point: &str, fault: Fault) -> Played {
    let played = stage.play(row, &fault.at(point)).await;
    let what = format!("{fault:?} at {point}");
    row.check(&what, &played);
    if let Some(trace) = fault.trace(point) {
        assert!(played.deaths == 0, "{what}: the server ended");
        assert!(played.log.contains(&trace), "{what}: it did not happen");
    }
    played
}

/// Runs the body once for each point, all at the same time, each with a data folder of its own.
async fn at_each_point<F>(database: fn() -> Option<Database>, body: fn(usize, Stage, Row) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = tokio::task::JoinSet::new();
    for at in 0..POINTS.len() {
        let Some(database) = database() else { return };
        all.spawn(async move {
            let stage = Stage::set(database).await;
            let row = Row::create(&stage).await;
            body(at, stage, row).await;
        });
    }
    while let Some(done) = all.join_next().await {
        if let Err(error) = done {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

macro_rules! on_each_database {
    ($($name:ident => $body:path;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                at_each_point(|| Some(Database::Sqlite), $body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                at_each_point(Database::postgres, $body).await;
            }
        }
    )+};
}

on_each_database! {
    errors_panics_and_delays => broken;
    the_end_of_the_process => aborted;
}

async fn broken(at: usize, mut stage: Stage, row: Row) {
    for fault in [Fault::Error, Fault::Panic, Fault::Delay] {
        play(&mut stage, &row, POINTS[at], fault).await;
    }
}

/// Ends the process at the first pass, at the second, and so on, until a run makes fewer passes than that.
async fn aborted(at: usize, mut stage: Stage, row: Row) {
    let mut after = 0;
    while play(&mut stage, &row, POINTS[at], Fault::Abort(after)).await.deaths > 0 {
        after += 1;
        assert!(after < MANY, "{}: a run makes no end of passes", POINTS[at]);
    }
    assert!(after >= PASSES[at], "{} was passed only {after} times", POINTS[at]);
}

/// A model answers in a row of its own: it takes longer, and is not there on every machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_has_answered() {
    let Some(models) = std::env::var_os("MILLRACE_MODELS_DIR") else { return };
    if !Path::new(&models).join("smollm2-135m").exists() {
        return;
    }
    let mut stage = Stage::set(Database::Sqlite).await;
    stage.models = Some(models);
    let row = Row::with_model(&stage).await;
    at_the_journal(&mut stage, &row).await;
}

/// Requests and documents are at least once: a step that was broken off does its work again, and comes to the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_outside() {
    for database in [Some(Database::Sqlite), Database::postgres()].into_iter().flatten() {
        let mut stage = Stage::set(database).await;
        let row = Row::outside(&stage).await;
        at_the_journal(&mut stage, &row).await;
    }
}

/// An agent goes on where it was: a call whose result was written down is never made again, and one that was under way is
/// made once more with the same key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_agent_has_done() {
    for database in [Some(Database::Sqlite), Database::postgres()].into_iter().flatten() {
        let (mut stage, heard) = (Stage::set(database).await, Heard::start().await);
        let post = |n: i64| ("post", json!({ "path": "mail", "body": { "n": n } }));
        let brain = [post(1), ("twice", json!({ "n": 21 })), post(2), ("final", json!("done"))];
        let brain = Brain::start(brain).await;
        let row = Row::agent(&stage, &brain.url(), &heard.url()).await;
        for (point, repeats) in [("journal::before_commit", true), ("journal::after_commit", false)] {
            let mut after = 0;
            loop {
                let played = play(&mut stage, &row, point, Fault::Abort(after)).await;
                let (calls, what) = (heard.take(), format!("{point} after {after} passes"));
                assert_eq!(calls.len(), 2, "{what}: {calls:?}");
                let most = 2 + if repeats { played.deaths } else { 0 };
                assert!(calls.values().sum::<usize>() <= most, "{what}: {calls:?}");
                if played.deaths == 0 {
                    break;
                }
                after += 1;
                assert!(after < MANY, "{point}: the run makes no end of passes");
            }
            // A beginning, three calls with a thought, a call and a result each, and an answer.
            assert!(after >= 10, "{point} was passed only {after} times");
        }
    }
}

/// Faults where results are written down.
async fn at_the_journal(stage: &mut Stage, row: &Row) {
    for fault in [Fault::Error, Fault::Panic, Fault::Delay, Fault::Abort(0), Fault::Abort(1), Fault::Abort(2)]
    {
        for point in ["journal::before_commit", "journal::after_commit"] {
            let played = play(stage, row, point, fault).await;
            assert_eq!(played.deaths > 0, matches!(fault, Fault::Abort(_)), "{fault:?} at {point}");
        }
    }
}

#[test]
fn every_node_type_has_its_step() {
    let missing: Vec<_> = millrace::workflow::catalog::all()
        .iter()
        .map(|kind| kind.name)
        .filter(|kind| !row::covers(kind))
        .collect();
    assert!(missing.is_empty(), "add a step of {missing:?} to the row");
}
