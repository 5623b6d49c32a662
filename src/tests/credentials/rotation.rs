//! `millrace secrets rotate`, undisturbed and killed in the middle: everything opens before, between and after.

use crate::support::{
    Client, Database, Target,
    process::{Process, millrace},
};
use serde_json::{Value, json};
use std::{ffi::OsString, path::Path};

struct House {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, OsString)>,
    target: Target,
}

impl House {
    async fn new(database: Database) -> Self {
        let mut variables = vec![("MILLRACE_OUTBOUND_ALLOW", OsString::from("127.0.0.1"))];
        if let Some(url) = database.url().await {
            variables.push(("DATABASE_URL", url.into()));
        }
        Self { folder: tempfile::tempdir().expect("a folder"), variables, target: Target::start().await }
    }

    fn serve(&self) -> Process {
        Process::start(self.folder.path(), &self.variables)
    }

    /// The exit code and what was said.
    fn rotate(&self, fault: &str) -> (bool, String) {
        let mut command = millrace(self.folder.path());
        command.args(["secrets", "rotate"]).env("FAILPOINTS", fault);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        let done = command.output().expect("the program runs");
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    fn keys(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("secrets.keys")).expect("a ring");
        let ring: Value = serde_json::from_str(&text).expect("JSON");
        ring["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .map(|key| key["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// Whether the steps that use the credentials send their values.
    async fn check(&self, client: &Client, paths: &[String]) {
        for (number, path) in paths.iter().enumerate() {
            let done = client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200);
            assert_eq!(done["run"]["status"], "completed", "{done}");
            let last = self.target.asked().pop().expect("a request");
            assert_eq!(last["headers"]["authorization"], format!("Bearer value-{number}"));
        }
    }
}

fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let file = std::fs::metadata(folder.join("secrets.keys")).expect("a ring");
    file.permissions().mode() & 0o777 == 0o600
}

async fn everything_opens(database: Database) {
    let house = House::new(database).await;
    let server = house.serve();
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    client.token =
        client.post("/api/auth/register", body).await.expect(201)["access_token"].as_str().map(str::to_owned);
    let mut paths = Vec::new();
    for number in 0..5 {
        let body = json!({ "name": format!("c{number}"), "kind": "bearer", "value": format!("value-{number}"), "allowed_hosts": ["127.0.0.1"] });
        client.post("/api/credentials", body).await.expect(201);
        let config = json!({ "url": house.target.url("/echo"), "credential": format!("c{number}") });
        paths.push(client.workflow(&[("Call", "http_request", config)], &[]).await);
    }
    house.check(&client, &paths).await;
    let first = house.keys();
    assert_eq!(first.len(), 1);

    // Killed in the middle, beside a server that runs.
    for (fault, point) in [
        ("secrets::after_key=return(abort)", "after the key"),
        ("store::before_commit=return(abort)", "before the commit"),
        ("store::after_commit=return(abort)", "after the commit"),
    ] {
        let (ok, said) = house.rotate(fault);
        assert!(!ok, "it was not killed {point}: {said}");
        assert!(is_private(house.folder.path()));
        house.check(&client, &paths).await;
        let made = json!({ "name": point, "kind": "bearer", "value": "value-of-now", "allowed_hosts": ["127.0.0.1"] });
        client.post("/api/credentials", made).await.expect(201);
    }
    assert!(house.keys().ends_with(&first), "no key is lost by a rotation that was killed");

    // And to its end: what is sealed needs the newest key alone, the one before stays for one more time.
    let (ok, said) = house.rotate("");
    assert!(ok && said.contains("Sealed 8 values"), "{said}");
    house.check(&client, &paths).await;
    let (ok, said) = house.rotate("");
    assert!(ok, "{said}");
    let now = house.keys();
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(!now.contains(&first[0]));
    house.check(&client, &paths).await;

    // After a restart too, and only with the ring.
    let token = client.token.clone();
    drop(server);
    let server = house.serve();
    let mut client = Client::new(server.address);
    client.token = token;
    house.check(&client, &paths).await;
    drop(server);
    std::fs::rename(house.folder.path().join("secrets.keys"), house.folder.path().join("away"))
        .expect("it moves");
    let server = house.serve();
    client.address = server.address;
    let done = client.post(&format!("{}/runs?wait=60", paths[0]), json!({})).await.expect(200);
    assert_eq!(done["run"]["error_code"], "credential_unreadable", "{done}");
    let (ok, said) = house.rotate("");
    assert!(!ok && said.contains("Nothing was changed"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_opens_on_sqlite() {
    everything_opens(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_opens_on_postgres() {
    if let Some(database) = Database::postgres() {
        everything_opens(database).await;
    }
}
