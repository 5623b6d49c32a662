//! Runs that wait for a person: deciding, and what becomes of them by cancel, resume and fork.

use super::{again, id, step, told};
use crate::support::{Client, on_each_database};
use serde_json::{Value, json};
use std::time::Duration;

/// Before → Ask → Yes or No.
async fn asking(client: &Client) -> String {
    client
        .workflow(
            &[
                ("Before", "transform", json!({ "expression": "input * 2" })),
                ("Ask", "approval", json!({ "message": "Send {input}?" })),
                ("Yes", "transform", json!({ "expression": "[input, nodes.Before]" })),
                ("No", "transform", json!({ "expression": "input" })),
            ],
            &[("Before", None, "Ask"), ("Ask", Some("approved"), "Yes"), ("Ask", Some("rejected"), "No")],
        )
        .await
}

/// The run, once it is in that state.
async fn in_state(client: &Client, address: &str, state: &str) -> Value {
    for _ in 0..2000 {
        let run = client.get(address).await.expect(200);
        if run["run"]["status"] == state {
            return run;
        }
        let ended = run["run"]["completed_at"].is_string();
        assert!(!ended, "{address} ended before it was {state}: {run}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} did not come to be {state}: {}", client.get(address).await.text);
}

/// A run that waits: its address.
async fn waiting(client: &Client, path: &str) -> String {
    let run = client.post(&format!("{path}/runs"), json!({ "input_data": 21 })).await.expect(202);
    let address = format!("{path}/runs/{}", run["run_id"].as_str().expect("an id"));
    in_state(client, &address, "waiting").await;
    address
}

on_each_database! {
    async fn a_person_decides_which_way_a_run_goes(app) {
        let client = app.user("ada").await;
        let path = asking(&client).await;
        let (yes, no) = (waiting(&client, &path).await, waiting(&client, &path).await);
        let asked = client.get(&yes).await.expect(200);
        let ask = step(&asked, "Ask");
        assert_eq!((&ask["status"], &ask["output_data"]["message"]), (&json!("waiting"), &json!("Send 42?")));
        let reply = client.post(&format!("{yes}/approve"), json!({ "node": "Ask", "approved": true, "comment": "fine ✓" })).await;
        assert_eq!(reply.expect(202)["run_id"], asked["run"]["id"]);
        client.post(&format!("{no}/approve"), json!({ "node": "Ask", "approved": false })).await.expect(202);
        let done = in_state(&client, &yes, "completed").await;
        assert_eq!(done["run"]["output_data"], json!({ "Yes": [{ "approved": true, "comment": "fine ✓" }, 42] }));
        assert_eq!((&step(&done, "No")["status"], &step(&done, "Ask")["port"]), (&json!("skipped"), &json!("approved")));
        let refused = in_state(&client, &no, "completed").await;
        assert_eq!(refused["run"]["output_data"], json!({ "No": { "approved": false, "comment": null } }));
        for address in [yes, no] {
            let late = client.post(&format!("{address}/approve"), json!({ "node": "Ask", "approved": true })).await;
            assert_eq!(late.problem(409).0, "not_waiting");
        }
    }

    async fn of_many_decisions_one_counts(app) {
        let client = app.user("ada").await;
        let path = asking(&client).await;
        let address = waiting(&client, &path).await;
        let approve = format!("{address}/approve");
        let decisions = (0..8).map(|n| client.post(&approve, json!({ "node": "Ask", "approved": n % 2 == 0, "comment": n.to_string() })));
        let replies = futures::future::join_all(decisions).await;
        let taken: Vec<usize> = (0..8).filter(|n| replies[*n].status == 202).collect();
        let [taken] = taken[..] else { panic!("{taken:?} were taken") };
        for (n, reply) in replies.iter().enumerate().filter(|(n, _)| *n != taken) {
            assert_eq!(reply.problem(409).0, "not_waiting", "{n}");
        }
        let done = in_state(&client, &address, "completed").await;
        assert_eq!(step(&done, "Ask")["output_data"], json!({ "approved": taken % 2 == 0, "comment": taken.to_string() }));
    }

    async fn steps_that_wait_for_no_person_take_no_decision(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[
            ("Later", "delay", json!({ "seconds": 3600 })),
            ("Ask", "approval", json!({ "message": "?" })),
        ], &[("Later", None, "Ask")]).await;
        let address = waiting(&client, &path).await;
        for node in ["Later", "Ask"] {
            let reply = client.post(&format!("{address}/approve"), json!({ "node": node, "approved": true })).await;
            assert_eq!(reply.problem(409).0, "not_waiting", "{node}");
        }
        assert_eq!(client.get(&address).await.expect(200)["run"]["status"], "waiting");
        client.post(&format!("{address}/cancel"), json!({})).await.expect(202);
        assert_eq!(in_state(&client, &address, "cancelled").await["run"]["output_data"], json!(null));
    }

    async fn a_cancelled_run_goes_on_where_it_waited(app) {
        let client = app.user("ada").await;
        let path = asking(&client).await;
        let address = waiting(&client, &path).await;
        assert_eq!(client.post(&format!("{address}/resume"), json!({})).await.problem(409).0, "run_not_ended");
        client.post(&format!("{address}/cancel"), json!({})).await.expect(202);
        let cancelled = in_state(&client, &address, "cancelled").await;
        assert_eq!(step(&cancelled, "Ask")["status"], "cancelled");
        let late = client.post(&format!("{address}/approve"), json!({ "node": "Ask", "approved": true })).await;
        assert_eq!(late.problem(409).0, "not_waiting");
        assert_eq!(client.post(&format!("{address}/cancel"), json!({})).await.problem(409).0, "run_ended");
        let resumed = client.post(&format!("{address}/resume"), json!({})).await.expect(202);
        let resumed = format!("{path}/runs/{}", resumed["run_id"].as_str().expect("an id"));
        assert_eq!(told(&in_state(&client, &resumed, "waiting").await), ["Before completed=", "Ask waiting"]);
        client.post(&format!("{resumed}/approve"), json!({ "node": "Ask", "approved": true })).await.expect(202);
        let done = in_state(&client, &resumed, "completed").await;
        assert_eq!(done["run"]["output_data"]["Yes"][1], 42);
        assert_eq!(in_state(&client, &address, "cancelled").await, cancelled, "the source stays as it was");
    }

    async fn a_fork_of_a_run_that_waits_goes_its_own_way(app) {
        let client = app.user("ada").await;
        let path = asking(&client).await;
        let address = waiting(&client, &path).await;
        let source = client.get(&address).await.expect(200);
        let answered = json!({ "outputs": { "Ask": { "port": "rejected", "output": "no" } } });
        let forked = again(&client, &path, &source, "fork", answered).await;
        assert_eq!(told(&forked), ["Before completed=", "Ask completed!", "Yes skipped", "No completed"]);
        assert_eq!(forked["run"]["output_data"], json!({ "No": "no" }));
        let all = client.post(&format!("{address}/fork"), json!({ "from_node": "Ask" })).await.expect(202);
        let all = format!("{path}/runs/{}", all["run_id"].as_str().expect("an id"));
        let other = in_state(&client, &all, "waiting").await;
        assert_eq!(other["run"]["forked_from"].as_str(), Some(id(&source).as_str()));
        client.post(&format!("{all}/approve"), json!({ "node": "Ask", "approved": true })).await.expect(202);
        in_state(&client, &all, "completed").await;
        assert_eq!(client.get(&address).await.expect(200)["run"]["status"], "waiting", "a decision counts for its run only");
    }
}
