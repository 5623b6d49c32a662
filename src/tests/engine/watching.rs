//! The event stream: gap-free, replayable, with tokens in between, whoever reads it and whenever.

use super::{PATIENCE, Probe, bench, engine, node, probe};
use crate::db_test;
use futures::StreamExt as _;
use millrace::api::events::{EventKind, RunEvent};
use serde_json::{Value, json};

fn numbers(events: &[RunEvent]) -> Vec<i64> {
    events.iter().filter_map(|e| e.seq).collect()
}

fn kinds(events: &[RunEvent]) -> Vec<&'static str> {
    events.iter().map(|e| e.kind.as_str()).collect()
}

/// The number and the message of the next event that says what a step waits for.
async fn wait_told(reader: &mut (impl futures::Stream<Item = RunEvent> + Unpin)) -> (Option<i64>, Value) {
    loop {
        let event = tokio::time::timeout(PATIENCE, reader.next()).await.expect("in time").expect("more");
        if event.kind == EventKind::LlmWaiting {
            return (event.seq, event.payload["message"].clone());
        }
    }
}

db_test! {
    async fn events_tell_the_whole_run_without_gaps(db) {
        let nodes = vec![node("check", "condition", json!({"condition": "true"})), probe("a", "pass"), probe("b", "pass")];
        let bench = bench(db, nodes, &["check.true>a", "check.false>b"]).await;
        let engine = engine(db, &Probe::default()).await;
        let run = bench.make_run(db, json!(1), false).await;
        // From before the run is known to the engine.
        let early = tokio::spawn(engine.events(run, None).collect::<Vec<_>>());
        engine.submit(run);
        let early = tokio::time::timeout(PATIENCE, early).await.expect("the stream ends").expect("no panic");
        assert_eq!(numbers(&early), (1..=7).collect::<Vec<_>>());
        assert_eq!(kinds(&early), [
            "run.started", "node.started", "node.completed", "node.started", "node.skipped", "node.completed", "run.completed",
        ]);
        assert_eq!(early[2].payload["port"], json!("true"));
        assert_eq!(early[2].payload["node_id"], json!(bench.nodes[0].id));
        let late: Vec<_> = engine.events(run, None).collect().await;
        assert_eq!(late, early, "the replay is what was told live");
        let rest: Vec<_> = engine.events(run, Some(5)).collect().await;
        assert_eq!(numbers(&rest), [6, 7]);
        assert!(engine.events(run, Some(7)).collect::<Vec<_>>().await.is_empty());
    }

    async fn who_comes_late_gets_the_text_so_far(db) {
        let bench = bench(db, vec![probe("t", "talk")], &[]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.make_run(db, json!(1), false).await;
        let mut early = Box::pin(engine.events(run, None));
        engine.submit(run);
        let mut whole = String::new();
        while whole != "Héllo world" {
            let event = tokio::time::timeout(PATIENCE, early.next()).await.expect("in time").expect("more");
            if event.kind == EventKind::LlmToken {
                assert_eq!(event.payload["offset"].as_u64(), Some(whole.len() as u64), "each piece follows the last");
                whole.push_str(event.payload["text"].as_str().expect("a text"));
            }
        }
        let mut late = Box::pin(engine.events(run, Some(2)));
        let first = tokio::time::timeout(PATIENCE, late.next()).await.expect("in time").expect("a piece");
        let payload = json!({"node": "t", "attempt": 1, "offset": 0, "text": "Héllo world"});
        assert_eq!((first.seq, first.payload), (None, payload));
        watch.gate.add_permits(1);
        let rest: Vec<_> = tokio::time::timeout(PATIENCE, late.collect()).await.expect("the stream ends");
        assert_eq!(kinds(&rest), ["node.completed", "run.completed"]);
    }

    async fn what_a_step_waits_for_is_told_and_not_stored(db) {
        let bench = bench(db, vec![probe("t", "queue")], &[]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.make_run(db, json!(1), false).await;
        let mut early = Box::pin(engine.events(run, None));
        engine.submit(run);
        while wait_told(&mut early).await != (None, json!("1 request comes first.")) {}
        let mut late = Box::pin(engine.events(run, Some(2)));
        assert_eq!(wait_told(&mut late).await, (None, json!("1 request comes first.")), "told to who comes late");
        watch.gate.add_permits(1);
        assert_eq!(wait_told(&mut early).await, (None, json!(null)));
        watch.gate.add_permits(1);
        assert!(engine.wait(run, PATIENCE).await);
        let stored: Vec<_> = engine.events(run, None).collect().await;
        assert!(stored.iter().all(|event| event.kind != EventKind::LlmWaiting));
    }

    async fn a_reader_that_falls_behind_misses_nothing_that_is_stored(db) {
        // Far more events than a reader may be behind.
        let names: Vec<String> = (0..300).map(|i| format!("n{i}")).collect();
        let bench = bench(db, names.iter().map(|n| probe(n, "pass")).collect(), &[]).await;
        let engine = engine(db, &Probe::default()).await;
        let run = bench.make_run(db, json!(1), false).await;
        let mut slow = Box::pin(engine.events(run, None));
        engine.submit(run);
        let first = tokio::time::timeout(PATIENCE, slow.next()).await.expect("in time").expect("an event");
        assert!(engine.wait(run, PATIENCE).await);
        let mut all = vec![first];
        all.extend(tokio::time::timeout(PATIENCE, slow.collect::<Vec<_>>()).await.expect("the stream ends"));
        assert_eq!(numbers(&all), (1..=602).collect::<Vec<_>>());
    }

    async fn a_thousand_readers_do_no_harm(db) {
        let names: Vec<String> = (0..150).map(|i| format!("n{i}")).collect();
        let mut nodes: Vec<_> = names.iter().map(|n| probe(n, "pass")).collect();
        nodes.push(probe("last", "gate"));
        let bench = bench(db, nodes, &[]).await;
        let other = crate::engine::bench_of(db, bench.owner, "other", vec![probe("a", "pass")], &[]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.make_run(db, json!(1), false).await;
        // Every fourth reads one event and then nothing until the run has ended: far more than it may be behind.
        let mut readers = Vec::new();
        let mut asleep = Vec::new();
        for i in 0..1000 {
            let mut stream = Box::pin(engine.events(run, None));
            if i % 4 == 0 {
                asleep.push(stream);
            } else {
                readers.push(tokio::spawn(async move {
                    let mut all = Vec::new();
                    while let Some(event) = stream.next().await {
                        all.extend(event.seq);
                    }
                    all
                }));
            }
        }
        engine.submit(run);
        let mut first = Vec::new();
        for stream in &mut asleep {
            let event = tokio::time::timeout(PATIENCE, stream.next()).await.expect("in time").expect("an event");
            first.push(event.seq.expect("a stored event"));
        }
        // Other runs go on meanwhile.
        let beside = other.submit(db, &engine, json!(1)).await;
        assert!(engine.wait(beside, PATIENCE).await);
        watch.gate.add_permits(1);
        assert!(engine.wait(run, PATIENCE).await);
        let all: Vec<i64> = (1..=304).collect();
        for reader in readers {
            let seen = tokio::time::timeout(PATIENCE, reader).await.expect("the stream ends").expect("no panic");
            assert_eq!(seen, all);
        }
        for (stream, first) in asleep.into_iter().zip(first) {
            let rest = tokio::time::timeout(PATIENCE, stream.collect::<Vec<_>>()).await.expect("the stream ends");
            let mut seen = vec![first];
            seen.extend(numbers(&rest));
            assert_eq!(seen, all);
        }
    }

    async fn a_run_does_not_care_who_watches(db) {
        let bench = bench(db, vec![probe("a", "gate"), probe("b", "pass")], &["a>b"]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.submit(db, &engine, json!(1)).await;
        let mut reader = Box::pin(engine.events(run, None));
        reader.next().await.expect("an event");
        drop(reader);
        watch.gate.add_permits(1);
        assert!(engine.wait(run, PATIENCE).await);
        assert_eq!(engine.events(run, None).count().await, 6);
    }
}
