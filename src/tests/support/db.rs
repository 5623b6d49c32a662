//! A database for each test: SQLite in a folder of its own, and Postgres where `MILLRACE_TEST_POSTGRES` names a server
//! (an address with the right to make databases).

use millrace::server::store::Store;
use sea_orm::ConnectionTrait as _;
use tokio::sync::OnceCell;

/// A migrated database that goes away with this value.
pub struct TestDatabase {
    pub store: Store,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    _database: Option<DroppedDatabase>,
}

/// The same test on SQLite and, where there is one, on Postgres: `db_test! { async fn name(db) { … } }`.
#[macro_export]
macro_rules! db_test {
    ($(async fn $name:ident($db:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($db: &$crate::support::db::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(&$crate::support::db::TestDatabase::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::support::db::TestDatabase::postgres().await {
                    body(&db).await;
                }
            }
        }
    )+};
}

impl TestDatabase {
    /// As in production: WAL, `synchronous=FULL`.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("millrace.db").display());
        let store = Store::open(&url).await.expect("SQLite opens");
        store.migrate().await.expect("the migrations apply");
        Self { store, url, _folder: Some(folder), _database: None }
    }

    /// `None` where no server is named.
    pub async fn postgres() -> Option<Self> {
        let admin = super::Database::postgres_server()?;
        let template = template(&admin).await;
        let name = format!("millrace_test_{}", uuid::Uuid::now_v7().simple());
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let url = with_database(&admin, &name);
        let store = Store::open(&url).await.expect("Postgres opens");
        Some(Self { store, url, _folder: None, _database: Some(DroppedDatabase { admin, name }) })
    }
}

/// A migrated database that the others are copied from: migrating takes longer than copying.
async fn template(admin: &str) -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(|| async {
        let name = format!("millrace_template_{}", std::process::id());
        execute(admin, &format!("DROP DATABASE IF EXISTS {name}")).await;
        execute(admin, &format!("CREATE DATABASE {name}")).await;
        let store = Store::open(&with_database(admin, &name)).await.expect("Postgres opens");
        store.migrate().await.expect("the migrations apply");
        store.close().await.expect("it closes");
        name
    })
    .await
}

async fn execute(admin: &str, statement: &str) {
    let connection = sea_orm::Database::connect(admin).await.expect("the Postgres server answers");
    connection.execute_unprepared(statement).await.expect(statement);
    connection.close().await.expect("it closes");
}

/// The same server, another database.
fn with_database(admin: &str, name: &str) -> String {
    let (address, query) = admin.split_once('?').map_or((admin, None), |(a, q)| (a, Some(q)));
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let server = address[scheme_end..].find('/').map_or(address, |at| &address[..scheme_end + at]);
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{server}/{name}{query}")
}

struct DroppedDatabase {
    admin: String,
    name: String,
}

impl Drop for DroppedDatabase {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // A test's runtime may be gone by now, so this brings its own.
        let dropping = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(execute(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        // What is left behind is only rubbish in a throw-away cluster.
        let _ = dropping.join();
    }
}
