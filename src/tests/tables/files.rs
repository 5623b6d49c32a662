//! CSV in and out over HTTP.

use super::people;
use crate::support::{Client, Reply, on_each_database};
use reqwest::{Method, multipart};
use serde_json::{Value, json};

async fn import(client: &Client, path: &str, file: impl Into<reqwest::Body>) -> Reply {
    let request = client.request(Method::POST, &format!("/api/tables/{path}"));
    client.send(request.header("content-type", "text/csv").body(file)).await
}

fn without_own(rows: &Value) -> Vec<Value> {
    let strip = |row: &Value| {
        let mut row = row.as_object().expect("a row").clone();
        row.shift_remove("_id");
        row.shift_remove("_created_at");
        Value::Object(row)
    };
    rows["items"].as_array().expect("rows").iter().map(strip).collect()
}

on_each_database! {
    async fn what_is_exported_can_be_imported(app) {
        let client = app.user("ada").await;
        people(&client).await;
        let exported = client.get("/api/tables/people/export").await;
        assert_eq!(exported.status, 200);
        assert_eq!(exported.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(exported.headers["content-disposition"], "attachment; filename=\"people.csv\"");
        assert!(exported.text.starts_with("_id,name,age,city,tags,_created_at\n1,Ada,36,London,\"[\"\"math\"\"]\","), "{}", exported.text);
        client.post("/api/tables", json!({ "name": "copy" })).await.expect(201);
        let written = import(&client, "copy/import", exported.text).await.expect(200);
        assert_eq!(written["rows"], 4);
        let kinds: Vec<_> = written["table"]["columns"].as_array().expect("columns").iter().map(|c| c["type"].clone()).collect();
        assert_eq!(kinds, ["text", "integer", "text", "json"]);
        let (copy, original) = (client.get("/api/tables/copy/rows").await.expect(200), client.get("/api/tables/people/rows").await.expect(200));
        assert_eq!(without_own(&copy), without_own(&original));
    }

    async fn a_file_of_a_form_and_an_upsert(app) {
        let client = app.user("ada").await;
        people(&client).await;
        let file = multipart::Part::bytes(b"\xef\xbb\xbfname;age\r\nAda;37\r\nKatherine;101\r\n".to_vec()).file_name("ages.csv");
        let form = multipart::Form::new().text("note", "ignored").part("file", file);
        let request = client.request(Method::POST, "/api/tables/people/import?mode=upsert&key=name").multipart(form);
        let written = client.send(request).await.expect(200);
        assert_eq!((&written["rows"], &written["table"]["row_count"]), (&json!(2), &json!(5)));
        let rows = client.get("/api/tables/people/rows?order=_id").await.expect(200);
        assert_eq!((&rows["items"][0]["age"], &rows["items"][0]["city"]), (&json!(37), &json!("London")));
    }

    async fn a_file_with_a_mistake_changes_nothing(app) {
        let client = app.user("ada").await;
        people(&client).await;
        for (file, code) in [
            ("name,age\nX,1\nY,old\n", "type_conflict"),
            ("name,age\nX,NaN\n", "type_conflict"),
            ("name,age\nX,99999999999999999999\n", "type_conflict"),
            ("name,age\nX\n", "malformed_csv"),
            ("name,name\nX,Y\n", "bad_name"),
            ("", "empty_file"),
            ("new column,-x\n1,2\n", "bad_name"),
        ] {
            assert_eq!(import(&client, "people/import", file).await.problem(422).0, code, "{file}");
        }
        let told = import(&client, "people/import", "name,age\nX,1\nY,old\n").await;
        assert!(told.text.contains("line 3: column `age`"), "{}", told.text);
        import(&client, "nobody/import", "a\n1\n").await.problem(404);
        assert_eq!(import(&client, "people/import?mode=upsert", "name\nX\n").await.problem(422).0, "missing_key");
        assert_eq!(import(&client, "people/import", vec![b'x'; (8 << 20) + 1]).await.problem(413).0, "body_too_large");
        let table = client.get("/api/tables/people").await.expect(200);
        assert_eq!((&table["row_count"], table["columns"].as_array().map(Vec::len)), (&json!(4), Some(4)));
    }

    async fn many_rows(app) {
        let client = app.user("ada").await;
        client.post("/api/tables", json!({ "name": "many" })).await.expect(201);
        let mut file = String::from("n,text\n");
        for n in 0..3000 {
            file.push_str(&format!("{n},\"row \"\"{n}\"\"\"\n"));
        }
        assert_eq!(import(&client, "many/import", file).await.expect(200)["rows"], 3000);
        let exported = client.get("/api/tables/many/export").await.text;
        let lines: Vec<_> = exported.lines().collect();
        assert_eq!(lines.len(), 3001);
        assert!(lines[3000].starts_with("3000,2999,\"row \"\"2999\"\"\","), "{}", lines[3000]);
    }
}
