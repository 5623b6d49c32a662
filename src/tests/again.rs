//! New runs out of earlier ones: resume and fork, what they take over, and what they refuse.

mod idempotent;
mod refused;
mod waiting;

use crate::support::{Client, on_each_database};
use millrace::{
    server::store,
    workflow::ids::{RunId, UserId, WorkflowId},
};
use serde_json::{Value, json};

/// Runs to the end.
async fn run(client: &Client, path: &str, input: Value) -> Value {
    client.post(&format!("{path}/runs?wait=20"), json!({ "input_data": input })).await.expect(200)
}

fn id(run: &Value) -> String {
    run["run"]["id"].as_str().expect("an id").to_owned()
}

/// The new run, at its end.
async fn again(client: &Client, path: &str, from: &Value, what: &str, body: Value) -> Value {
    client.post(&format!("{path}/runs/{}/{what}?wait=20", id(from)), body).await.expect(200)
}

/// What became of a node: its last execution.
fn step<'r>(run: &'r Value, name: &str) -> &'r Value {
    let steps = run["node_executions"].as_array().expect("steps").iter();
    steps.filter(|s| s["node_name"] == name).max_by_key(|s| s["attempt"].as_i64()).unwrap_or(&Value::Null)
}

/// `name status` of each step in the order of starting, with `=` where it was taken over and `!` where it was given.
fn told(run: &Value) -> Vec<String> {
    run["node_executions"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|s| {
            let (name, status) = (s["node_name"].as_str(), s["status"].as_str());
            let sign = match (&s["attempt"], &s["reused_from"], status) {
                (_, Value::String(_), _) => "=",
                (attempt, _, Some("completed")) if *attempt == json!(0) => "!",
                _ => "",
            };
            format!("{} {}{sign}", name.expect("a name"), status.expect("a status"))
        })
        .collect()
}

/// `(seq, kind, data)` of the stored events of a run that has ended.
async fn events(client: &Client, path: &str, run: &Value) -> Vec<(i64, String, Value)> {
    let text = client.get(&format!("{path}/runs/{}/events", id(run))).await.text;
    text.split("\n\n")
        .filter(|block| block.contains("data:"))
        .map(|block| {
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).expect("a field").trim().to_owned()
            };
            let data = serde_json::from_str(&field("data:")).expect("JSON");
            (field("id:").parse().expect("a number"), field("event:"), data)
        })
        .collect()
}

/// Length → Long → Yes or No.
async fn sorter(client: &Client) -> String {
    client
        .workflow(
            &[
                ("Length", "transform", json!({ "expression": "input | length" })),
                ("Long", "condition", json!({ "condition": "input > 3" })),
                ("Yes", "transform", json!({ "expression": "'long ' ~ input" })),
                ("No", "transform", json!({ "expression": "'short ' ~ input" })),
            ],
            &[("Length", None, "Long"), ("Long", Some("true"), "Yes"), ("Long", Some("false"), "No")],
        )
        .await
}

/// First → Pick → Last, where Pick fails unless the input has `wanted`; beside it First → Side.
async fn picker(client: &Client) -> String {
    client
        .workflow(
            &[
                ("First", "transform", json!({ "expression": "input" })),
                ("Side", "transform", json!({ "expression": "'side'" })),
                ("Pick", "transform", json!({ "expression": "input.wanted" })),
                ("Last", "transform", json!({ "expression": "[input, run.input]" })),
            ],
            &[("First", None, "Pick"), ("First", None, "Side"), ("Pick", None, "Last")],
        )
        .await
}

async fn set_expression(client: &Client, path: &str, name: &str, expression: &str) {
    let nodes = client.get(&format!("{path}/nodes")).await.expect(200)["items"].clone();
    let node = nodes.as_array().expect("nodes").iter().find(|n| n["name"] == name).expect("the node").clone();
    let body = json!({ "name": name, "node_type": "transform", "config": { "expression": expression } });
    client.put(&format!("{path}/nodes/{}", node["id"].as_str().expect("an id")), body).await.expect(200);
}

on_each_database! {
    async fn resume_takes_over_what_completed(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({ "other": "é\u{0}✓" })).await;
        assert_eq!(failed["run"]["status"], "failed", "{failed}");
        let resumed = again(&client, &path, &failed, "resume", json!({})).await;
        assert_eq!(told(&resumed), ["First completed=", "Side completed=", "Pick failed"]);
        assert_eq!(resumed["run"]["forked_from"], failed["run"]["id"]);
        assert_eq!(resumed["run"]["input_data"].to_string(), failed["run"]["input_data"].to_string());
        assert_eq!(resumed["run"]["version"], failed["run"]["version"]);
        for name in ["First", "Side"] {
            let (before, now) = (step(&failed, name), step(&resumed, name));
            assert_eq!(now["reused_from"], before["id"]);
            assert_eq!(now["output_data"].to_string(), before["output_data"].to_string());
            assert_eq!(now["input_data"], before["input_data"]);
            assert_eq!((&now["attempt"], &now["port"], &now["logs"], &now["usage"]), (&json!(0), &json!("out"), &json!([]), &json!(null)));
        }
        assert_eq!(step(&resumed, "Pick")["attempt"], 1);
        // A copy of a copy names the execution that did the work.
        let twice = again(&client, &path, &resumed, "resume", json!({})).await;
        assert_eq!(step(&twice, "First")["reused_from"], step(&failed, "First")["id"]);
        assert_eq!(twice["run"]["forked_from"], resumed["run"]["id"]);
        assert_eq!(client.get(&format!("{path}/runs/{}", id(&failed))).await.expect(200), failed, "the source stays as it was");
    }

    async fn effects_keep_their_keys_along_a_chain_of_resumes(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let me = client.get("/api/auth/me").await.expect(200)["id"].as_str().expect("an id").parse().map(UserId).expect("an id");
        let workflow = path.rsplit('/').next().expect("an id").parse().map(WorkflowId).expect("an id");
        let failed = run(&client, &path, json!({})).await;
        let resumed = again(&client, &path, &failed, "resume", json!({})).await;
        let twice = again(&client, &path, &resumed, "resume", json!({})).await;
        let forked = again(&client, &path, &twice, "fork", json!({ "from_node": "Pick" })).await;
        for (run, root) in [(&failed, &failed), (&resumed, &failed), (&twice, &failed), (&forked, &forked)] {
            let run = id(run).parse().map(RunId).expect("an id");
            let source = store::again::source(&app.state.store, me, workflow, run).await.expect("the run");
            assert_eq!(source.effect_root.to_string(), id(root));
        }
    }

    async fn what_was_taken_over_is_told_first_and_without_gaps(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let resumed = again(&client, &path, &failed, "resume", json!({})).await;
        let events = events(&client, &path, &resumed).await;
        let kinds: Vec<_> = events.iter().map(|e| e.1.as_str()).collect();
        assert_eq!(kinds, ["node.reused", "node.reused", "run.started", "node.started", "node.failed", "run.failed"]);
        assert_eq!(events.iter().map(|e| e.0).collect::<Vec<_>>(), (1..=6).collect::<Vec<_>>());
        let first = &events[0].2;
        assert_eq!(first["node_id"], step(&failed, "First")["node_id"]);
        assert_eq!((&first["node"], &first["attempt"], &first["from_run"]), (&json!("First"), &json!(0), &failed["run"]["id"]));
    }

    async fn skipped_steps_are_found_out_anew(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let forked = again(&client, &path, &done, "fork", json!({ "from_node": "Yes" })).await;
        let mut steps = told(&forked);
        steps.sort();
        assert_eq!(steps, ["Length completed=", "Long completed=", "No skipped", "Yes completed"]);
        assert_eq!(forked["run"]["output_data"], done["run"]["output_data"]);
    }

    async fn a_fork_gives_another_output(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let other = json!({ "outputs": { "Long": { "port": "false", "output": null } } });
        let forked = again(&client, &path, &done, "fork", other).await;
        assert_eq!(forked["run"]["output_data"], json!({ "No": "short " }), "{forked}");
        assert_eq!(step(&forked, "Yes")["status"], "skipped");
        let given = step(&forked, "Long");
        assert_eq!((&given["attempt"], &given["status"], &given["reused_from"]), (&json!(0), &json!("completed"), &json!(null)));
        assert_eq!((&given["port"], &given["output_data"]), (&json!("false"), &json!(null)));
        let shorter = again(&client, &path, &done, "fork", json!({ "outputs": { "Length": 2 } })).await;
        assert_eq!(shorter["run"]["output_data"], json!({ "No": "short 2" }));
        let events = events(&client, &path, &shorter).await;
        assert_eq!((events[0].1.as_str(), &events[0].2["attempt"]), ("node.completed", &json!(0)));
        // What was given is an output like any other to the next fork.
        let next = again(&client, &path, &shorter, "fork", json!({ "from_node": "No" })).await;
        assert_eq!(next["run"]["output_data"], json!({ "No": "short 2" }));
        assert_eq!(step(&next, "Length")["reused_from"], step(&shorter, "Length")["id"]);
    }

    async fn a_given_output_takes_a_failed_run_past_its_failure(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let forked = again(&client, &path, &failed, "fork", json!({ "outputs": { "Pick": [1] } })).await;
        assert_eq!(told(&forked), ["First completed=", "Side completed=", "Pick completed!", "Last completed"]);
        assert_eq!(forked["run"]["output_data"], json!({ "Side": "side", "Last": [[1], {}] }));
    }

    async fn another_input_runs_everything_or_from_a_step(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let all = again(&client, &path, &failed, "fork", json!({ "input_data": { "wanted": 7 } })).await;
        assert!(told(&all).iter().all(|s| s.ends_with(" completed")), "{all}");
        assert_eq!(all["run"]["output_data"]["Last"], json!([7, { "wanted": 7 }]));
        let from = json!({ "input_data": null, "from_node": "Last" });
        let part = again(&client, &path, &all, "fork", from).await;
        assert_eq!(told(&part).iter().filter(|s| s.ends_with('=')).count(), 3, "{part}");
        assert_eq!(step(&part, "Last")["reused_from"], json!(null));
        assert_eq!(part["run"]["output_data"]["Last"], json!([7, null]), "what stands comes from the old input, what runs sees the new one");
        let given = json!({ "input_data": { "wanted": 8 }, "outputs": { "First": { "wanted": 9 } } });
        let given = again(&client, &path, &all, "fork", given).await;
        assert_eq!(given["run"]["output_data"]["Last"], json!([9, { "wanted": 8 }]));
        assert!(given["node_executions"].as_array().expect("steps").iter().all(|s| s["reused_from"].is_null()), "{given}");
    }

    async fn an_empty_fork_runs_everything_again(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        set_expression(&client, &path, "Yes", "'changed'").await;
        for body in [json!({}), json!({ "input_data": "hello" }), json!({ "version": "same", "outputs": {} })] {
            let forked = again(&client, &path, &done, "fork", body).await;
            assert_eq!(forked["run"]["output_data"], done["run"]["output_data"], "the same version");
            assert_eq!((&forked["run"]["forked_from"], &forked["run"]["version"]), (&done["run"]["id"], &json!(1)));
            assert!(forked["node_executions"].as_array().expect("steps").iter().all(|s| s["reused_from"].is_null()), "{forked}");
        }
        let runs = client.get(&format!("{path}/runs")).await.expect(200);
        assert_eq!(runs["items"].as_array().map(Vec::len), Some(4));
    }

    async fn the_current_version_runs_what_changed(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({ "there": 1 })).await;
        set_expression(&client, &path, "Pick", "input.there").await;
        let mended = again(&client, &path, &failed, "fork", json!({ "version": "current" })).await;
        assert_eq!(told(&mended), ["First completed=", "Side completed=", "Pick completed", "Last completed"]);
        assert_eq!((&mended["run"]["version"], &mended["run"]["output_data"]["Last"]), (&json!(2), &json!([1, { "there": 1 }])));
        set_expression(&client, &path, "Side", "'other side'").await;
        let part = again(&client, &path, &mended, "fork", json!({ "version": "current" })).await;
        assert_eq!(part["run"]["output_data"]["Side"], "other side");
        assert_eq!(step(&part, "Side")["reused_from"], json!(null));
        assert_eq!(step(&part, "Last")["reused_from"], step(&mended, "Last")["id"]);
        let unchanged = again(&client, &path, &part, "fork", json!({ "version": "current" })).await;
        assert!(told(&unchanged).iter().all(|s| s.ends_with('=')), "{unchanged}");
        assert_eq!(unchanged["run"]["output_data"], part["run"]["output_data"]);
        set_expression(&client, &path, "Side", "nonsense +").await;
        let refused = client.post(&format!("{path}/runs/{}/fork", id(&part)), json!({ "version": "current" })).await;
        assert_eq!(refused.problem(422).0, "workflow_has_problems");
        assert_eq!(refused.expect(422)["problems"][0]["node"], "Side");
        again(&client, &path, &part, "fork", json!({ "version": "same" })).await;
    }

    async fn another_pin_is_a_change_where_pins_are_taken(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "'made'" }))], &[]).await;
        let node = client.get(&format!("{path}/nodes")).await.expect(200)["items"][0].clone();
        let address = format!("{path}/nodes/{}", node["id"].as_str().expect("an id"));
        let (mut runs, current) = (Vec::new(), json!({ "version": "current" }));
        for use_pinned in [true, false] {
            let body = json!({ "use_pinned": use_pinned });
            runs.push(client.post(&format!("{path}/runs?wait=20"), body).await.expect(200));
        }
        let pinned = json!({ "name": "A", "node_type": "transform", "config": node["config"], "settings": { "pinned_output": "pinned" } });
        client.put(&address, pinned).await.expect(200);
        let with_pins = again(&client, &path, &runs[0], "fork", current.clone()).await;
        assert_eq!(with_pins["run"]["output_data"], json!({ "A": "pinned" }));
        let without = again(&client, &path, &runs[1], "fork", current).await;
        assert_eq!((told(&without), &without["run"]["output_data"]), (vec!["A completed=".to_owned()], &json!({ "A": "made" })));
    }

    async fn many_steps_are_taken_over(app) {
        let client = app.user("ada").await;
        let names: Vec<String> = (0..999).map(|n| format!("S{n}")).collect();
        let mut nodes = vec![("Gate", "transform", json!({ "expression": "input.missing" }))];
        nodes.extend(names.iter().map(|name| (name.as_str(), "transform", json!({ "expression": "input" }))));
        let edges: Vec<_> = names.iter().map(|name| ("Gate", None, name.as_str())).collect();
        let path = client.workflow(&nodes, &edges).await;
        let failed = run(&client, &path, json!({})).await;
        let mut outputs: serde_json::Map<String, Value> =
            names.iter().enumerate().map(|(n, name)| (name.clone(), json!(n))).collect();
        outputs.remove("S998");
        outputs.insert("Gate".to_owned(), json!("through"));
        let given = again(&client, &path, &failed, "fork", json!({ "outputs": outputs })).await;
        assert_eq!(given["run"]["status"], "completed", "{}", given["run"]);
        let all = again(&client, &path, &given, "fork", json!({ "from_node": "S998" })).await;
        assert_eq!(told(&all).iter().filter(|s| s.ends_with('=')).count(), 999);
        assert_eq!(all["run"]["output_data"], given["run"]["output_data"]);
        let seqs: Vec<_> = events(&client, &path, &all).await.into_iter().map(|e| e.0).collect();
        assert_eq!(seqs, (1..=1003).collect::<Vec<_>>());
    }
}
