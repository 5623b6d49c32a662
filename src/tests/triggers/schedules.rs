//! When schedules fire, and when they do not.

use super::{address, broken, echo, on, program, runs, runs_ended, schedule};
use crate::support::{Database, TestApp};
use chrono::TimeDelta;
use millrace::server::services::triggers;
use serde_json::{Value, json};

macro_rules! by_the_clock {
    ($(async fn $name:ident($app:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($app: TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(on(Database::Sqlite, |_| {}).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres() {
                    body(on(database, |_| {}).await).await;
                }
            }
        }
    )+};
}

/// Fires what is due now and tells how many runs there are, whoever fired.
async fn fired(app: &TestApp, client: &crate::support::Client, workflow: &str) -> usize {
    triggers::fire_due(&app.state).await.expect("it fires");
    runs(client, workflow).await.len()
}

by_the_clock! {
    async fn a_schedule_fires_when_it_is_due_and_tells_the_run_why(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let made = schedule(&client, &workflow, "*/5 * * * *").await;
        assert_eq!(made["next_at"], "2026-11-23T10:05:00Z");
        let times: Vec<_> = made["next_times"].as_array().expect("times").iter().map(|t| t.as_str().expect("a time")).collect();
        assert_eq!((times.len(), times[0], times[4]), (5, "2026-11-23T10:05:00Z", "2026-11-23T10:25:00Z"));
        assert_eq!((&made["is_on"], &made["last"], &made["last_at"]), (&json!(true), &Value::Null, &Value::Null));
        app.clock.advance(TimeDelta::milliseconds(299_749));
        assert_eq!(fired(&app, &client, &workflow).await, 0, "a millisecond too early");
        app.clock.advance(TimeDelta::milliseconds(1));
        let run = runs_ended(&client, &workflow, 1).await.remove(0);
        assert_eq!((&run["status"], &run["trigger"], &run["trigger_id"]), (&json!("completed"), &json!("schedule"), &made["id"]));
        assert_eq!(run["input_data"]["scheduled_for"], "2026-11-23T10:05:00.000Z");
        assert_eq!(run["input_data"]["trigger"]["id"], made["id"]);
        let after = client.get(&address(&workflow, &made)).await.expect(200);
        assert_eq!((&after["next_at"], &after["last_at"]), (&json!("2026-11-23T10:10:00Z"), &json!("2026-11-23T10:05:00Z")));
        assert_eq!((&after["last"]["run_id"], &after["last"]["status"]), (&run["id"], &json!("completed")));
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(runs_ended(&client, &workflow, 2).await[1]["input_data"]["scheduled_for"], "2026-11-23T10:10:00.000Z");
        let of_schedules = client.get("/api/runs?trigger=schedule").await.expect(200);
        assert_eq!(of_schedules["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(client.get("/api/runs?trigger=webhook").await.expect(200)["items"], json!([]));
        assert_eq!(client.get("/api/runs?trigger=sundial").await.problem(422).1, ["trigger"]);
    }

    async fn what_was_missed_comes_once(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        schedule(&client, &workflow, "*/5 * * * *").await;
        app.clock.advance(TimeDelta::hours(3) + TimeDelta::minutes(2));
        let run = runs_ended(&client, &workflow, 1).await.remove(0);
        assert_eq!(run["input_data"]["scheduled_for"], "2026-11-23T10:05:00.000Z", "the first that was missed");
        assert_eq!(fired(&app, &client, &workflow).await, 1);
        app.clock.advance(TimeDelta::minutes(3));
        assert_eq!(runs_ended(&client, &workflow, 2).await[1]["input_data"]["scheduled_for"], "2026-11-23T13:05:00.000Z");
    }

    async fn a_schedule_has_its_own_input_and_its_zone(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let body = json!({ "kind": "schedule", "name": "Morning", "cron": "30 11 * * *", "timezone": "Europe/Berlin", "input_data": { "city": "Kiel" } });
        let made = client.post(&format!("{workflow}/triggers"), body).await.expect(201);
        assert_eq!((&made["next_at"], &made["next_times"][0]), (&json!("2026-11-23T10:30:00Z"), &json!("2026-11-23T11:30:00+01:00")));
        app.clock.advance(TimeDelta::minutes(30));
        let run = runs_ended(&client, &workflow, 1).await.remove(0);
        assert_eq!(run["output_data"]["Echo"], json!({ "city": "Kiel" }));
    }

    async fn nothing_fires_while_it_is_off_and_nothing_is_made_up_for(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let made = schedule(&client, &workflow, "0 * * * *").await;
        let at = address(&workflow, &made);
        let off = client.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.expect(200);
        assert_eq!(off["is_active"], false);
        let view = client.get(&at).await.expect(200);
        assert_eq!((&view["is_on"], &view["next_at"], &view["next_times"][0]), (&json!(false), &Value::Null, &json!("2026-11-23T11:00:00Z")));
        app.clock.advance(TimeDelta::hours(2));
        assert_eq!(fired(&app, &client, &workflow).await, 0);
        // By the workflow's own address, too, where everything else comes along.
        let on = client.put(&workflow, json!({ "name": "Test", "is_active": true })).await.expect(200);
        assert_eq!(on["is_active"], true);
        assert_eq!(client.get(&at).await.expect(200)["next_at"], "2026-11-23T13:00:00Z");
        assert_eq!(fired(&app, &client, &workflow).await, 0, "what was missed is gone");
        let body = json!({ "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC", "paused": true });
        let paused = client.put(&at, body).await.expect(200);
        assert_eq!((&paused["paused"], &paused["is_on"], &paused["next_at"]), (&json!(true), &json!(false), &Value::Null));
        // Neither switch turns the other one.
        client.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.expect(200);
        client.put(&format!("{workflow}/active"), json!({ "is_active": true })).await.expect(200);
        assert_eq!(client.get(&at).await.expect(200)["next_at"], Value::Null);
        app.clock.advance(TimeDelta::hours(2));
        assert_eq!(fired(&app, &client, &workflow).await, 0);
        let body = json!({ "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC", "paused": false });
        assert_eq!(client.put(&at, body).await.expect(200)["next_at"], "2026-11-23T15:00:00Z");
        app.clock.advance(TimeDelta::hours(1));
        let run = runs_ended(&client, &workflow, 1).await.remove(0);
        assert_eq!(run["input_data"]["scheduled_for"], "2026-11-23T15:00:00.000Z");
        // A run by hand is never off.
        client.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.expect(200);
        client.post(&format!("{workflow}/runs?wait=20"), json!({})).await.expect(200);
    }

    async fn a_deleted_trigger_or_workflow_fires_no_more(app) {
        let client = program(&app, "ada").await;
        let (workflow, other) = (echo(&client).await, echo(&client).await);
        let gone = schedule(&client, &workflow, "0 * * * *").await;
        schedule(&client, &other, "0 * * * *").await;
        client.delete(&address(&workflow, &gone)).await.expect(204);
        client.get(&address(&workflow, &gone)).await.problem(404);
        assert_eq!(client.get(&format!("{workflow}/triggers")).await.expect(200), json!({ "items": [], "next": null }));
        client.delete(&other).await.expect(204);
        app.clock.advance(TimeDelta::hours(2));
        assert_eq!(fired(&app, &client, &workflow).await, 0);
        assert_eq!(client.get("/api/runs").await.expect(200)["items"], json!([]));
    }

    async fn a_firing_that_cannot_start_is_told_and_keeps_nobody_waiting(app) {
        let client = program(&app, "ada").await;
        let sick = client.workflow(&[("Sick", "transform", json!({ "expression": "input +" }))], &[]).await;
        let well = echo(&client).await;
        let made = schedule(&client, &sick, "*/5 * * * *").await;
        schedule(&client, &well, "*/5 * * * *").await;
        app.clock.advance(TimeDelta::minutes(5));
        runs_ended(&client, &well, 1).await;
        assert_eq!(fired(&app, &client, &sick).await, 0);
        let view = client.get(&address(&sick, &made)).await.expect(200);
        assert_eq!(view["last"]["error_code"], "workflow_has_problems", "{view}");
        assert_eq!((&view["last"]["run_id"], &view["next_at"]), (&Value::Null, &json!("2026-11-23T10:10:00Z")));
        // Mended, it goes on, and what is shown is the run.
        let detail = client.get(&sick).await.expect(200);
        let mut nodes = detail["nodes"].clone();
        nodes[0]["config"]["expression"] = json!("1");
        client.put(&format!("{sick}/graph"), json!({ "revision": detail["revision"], "nodes": nodes, "edges": [] })).await.expect(200);
        app.clock.advance(TimeDelta::minutes(5));
        runs_ended(&client, &sick, 1).await;
        let view = client.get(&address(&sick, &made)).await.expect(200);
        assert_eq!((&view["last"]["status"], &view["last"]["error_code"]), (&json!("completed"), &Value::Null));
    }

    async fn a_run_that_fails_does_not_stop_the_schedule(app) {
        let client = program(&app, "ada").await;
        let workflow = broken(&client).await;
        let made = schedule(&client, &workflow, "*/5 * * * *").await;
        for count in 1..=3 {
            app.clock.advance(TimeDelta::minutes(5));
            runs_ended(&client, &workflow, count).await;
        }
        let view = client.get(&address(&workflow, &made)).await.expect(200);
        assert_eq!(view["last"]["status"], "failed");
        assert!(view["last"]["error_message"].as_str().is_some_and(|text| text.starts_with("Broken:")), "{view}");
    }

    async fn the_last_time_of_a_year_is_the_last(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let made = schedule(&client, &workflow, "0 0 12 24 12 * 2026").await;
        assert_eq!((&made["next_at"], made["next_times"].as_array().map(Vec::len)), (&json!("2026-12-24T12:00:00Z"), Some(1)));
        app.clock.advance(TimeDelta::days(40));
        runs_ended(&client, &workflow, 1).await;
        let view = client.get(&address(&workflow, &made)).await.expect(200);
        assert_eq!((&view["next_at"], &view["next_times"]), (&Value::Null, &Value::Null));
        assert_eq!(fired(&app, &client, &workflow).await, 1);
    }

    async fn a_test_fires_at_once_whatever_is_off(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let made = schedule(&client, &workflow, "0 0 1 1 *").await;
        client.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.expect(200);
        let at = format!("{}/test", address(&workflow, &made));
        client.post(&at, json!({})).await.expect(202);
        client.post(&at, json!({ "input_data": null })).await.expect(202);
        let all = runs_ended(&client, &workflow, 2).await;
        assert_eq!(all[0]["input_data"]["scheduled_for"], "2026-11-23T10:00:00.250Z");
        assert_eq!((&all[1]["input_data"], &all[1]["trigger"], &all[1]["trigger_id"]), (&Value::Null, &json!("schedule"), &made["id"]));
    }

    async fn a_change_of_anything_but_the_time_keeps_what_is_due(app) {
        let client = program(&app, "ada").await;
        let workflow = echo(&client).await;
        let made = schedule(&client, &workflow, "*/5 * * * *").await;
        let body = |name: &str, cron: &str| json!({ "kind": "schedule", "name": name, "cron": cron, "timezone": "UTC" });
        let named = client.put(&address(&workflow, &made), body("Named", "*/5 * * * *")).await.expect(200);
        assert_eq!((&named["name"], &named["next_at"]), (&json!("Named"), &made["next_at"]));
        let moved = client.put(&address(&workflow, &made), body("Named", "7 * * * *")).await.expect(200);
        assert_eq!(moved["next_at"], "2026-11-23T10:07:00Z");
        app.clock.advance(TimeDelta::minutes(6));
        assert_eq!(fired(&app, &client, &workflow).await, 0);
        app.clock.advance(TimeDelta::minutes(1));
        runs_ended(&client, &workflow, 1).await;
    }
}
