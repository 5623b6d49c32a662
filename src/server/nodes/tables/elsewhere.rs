//! Tables of the user's own Postgres, reached with a credential. They are there already: columns are read from that
//! database's catalogue, nothing is made or altered. Names become part of a statement only after they were found there;
//! values are bound. Rows are written at least once: a crash between the write and the completion of the step repeats it.

mod columns;
mod connect;
mod filter;

use super::{Asking, Writing, insist};
use crate::server::{
    nodes::NodeError,
    outbound::Outbound,
    secrets::{CredentialValue, Redactor, SecretError, Secrets},
};
use crate::workflow::ids::UserId;
use columns::Known;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

/// Reaches databases of users; cheap to clone.
#[derive(Clone)]
pub struct Elsewhere {
    secrets: Secrets,
    outbound: Outbound,
}

/// Which database: a credential of somebody.
#[derive(Clone, Copy)]
pub struct Database<'d> {
    pub owner: UserId,
    pub credential: &'d str,
    pub redactor: &'d Redactor,
}

impl Elsewhere {
    /// Databases that these credentials name, where this client may go.
    #[must_use]
    pub fn new(secrets: Secrets, outbound: Outbound) -> Self {
        Self { secrets, outbound }
    }

    /// Writes rows, all or none.
    ///
    /// # Errors
    /// What keeps the database from being reached, and what it refuses.
    pub async fn write(&self, database: Database<'_>, writing: Writing<'_>) -> Result<(), NodeError> {
        let mut connection = self.connect(database).await?;
        let table = Known::find(&mut connection, writing.table).await?;
        let key = writing.key.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut transaction = connection.begin().await.map_err(|error| refused(&error, writing.table))?;
        for (names, rows) in by_columns(writing.rows) {
            let columns = names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
            let statement = columns::insert(&table, &columns, &key);
            // One value whatever the number of rows: their JSON, which Postgres reads by the types of the table.
            let rows = Value::Array(rows.into_iter().cloned().map(Value::Object).collect()).to_string();
            sqlx::query(AssertSqlSafe(statement))
                .bind(rows)
                .execute(&mut *transaction)
                .await
                .map_err(|error| refused(&error, writing.table))?;
        }
        transaction.commit().await.map_err(|error| refused(&error, writing.table))?;
        close(connection).await;
        Ok(())
    }

    /// The rows that somebody asks for.
    ///
    /// # Errors
    /// As [`Elsewhere::write`]; `output_too_large` for more than about so many bytes.
    pub async fn ask(
        &self,
        database: Database<'_>,
        asking: Asking<'_>,
        bytes: usize,
    ) -> Result<Vec<Map<String, Value>>, NodeError> {
        let mut connection = self.connect(database).await?;
        let table = Known::find(&mut connection, asking.table).await?;
        let (statement, values) = filter::select(&table, asking)?;
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for value in values {
            query = query.bind(value);
        }
        let (mut rows, mut size) = (Vec::new(), 0);
        {
            use futures::TryStreamExt as _;
            let mut found = query.fetch(&mut connection);
            while let Some(row) = found.try_next().await.map_err(|error| refused(&error, asking.table))? {
                let text: String = row.try_get(0).map_err(|error| refused(&error, asking.table))?;
                size += text.len();
                if size > bytes {
                    return Err(NodeError::permanent(
                        "output_too_large",
                        format!(
                            "the rows have more than {bytes} bytes (MILLRACE_MAX_OUTPUT_BYTES); ask for fewer with `limit` \
                             or `where`"
                        ),
                    ));
                }
                rows.push(serde_json::from_str(&text).map_err(|error| {
                    NodeError::permanent("rows_unreadable", format!("a row cannot be read as JSON: {error}"))
                })?);
            }
        }
        close(connection).await;
        Ok(rows)
    }

    async fn connect(&self, database: Database<'_>) -> Result<PgConnection, NodeError> {
        let Database { owner, credential, redactor } = database;
        let revealed = insist(|| self.secrets.look_up(owner, credential, redactor)).await?;
        let CredentialValue::Postgres(url) = &revealed.value else {
            return Err(NodeError::permanent(
                "wrong_credential",
                format!(
                    "the credential `{}` is of the kind {}; a database needs one of the kind postgres",
                    revealed.credential.name,
                    revealed.credential.kind.as_str()
                ),
            ));
        };
        connect::connect(&self.outbound, &revealed, url).await
    }
}

impl From<SecretError> for NodeError {
    fn from(error: SecretError) -> Self {
        let message = error.to_string();
        match error {
            SecretError::Unavailable(_) => Self::passing(error.code(), message),
            _ => Self::permanent(error.code(), message),
        }
    }
}

/// Says goodbye; the rows are there or read whatever comes of it.
async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a connection to a user's database was not closed properly");
    }
}

type Rows<'r> = Vec<&'r Map<String, Value>>;

/// Rows that name the same columns together: what a row does not name gets the column's default.
fn by_columns<'r>(rows: &[&'r Map<String, Value>]) -> Vec<(Vec<&'r String>, Rows<'r>)> {
    let mut groups: Vec<(Vec<&String>, Rows<'_>)> = Vec::new();
    for row in rows {
        let mut names: Vec<_> = row.keys().collect();
        names.sort();
        match groups.iter_mut().find(|(other, _)| *other == names) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((names, vec![row])),
        }
    }
    groups
}

/// What the other database says no with. It may be away; otherwise it is about the rows or the question.
fn refused(error: &sqlx::Error, table: &str) -> NodeError {
    let sqlx::Error::Database(answer) = error else {
        return NodeError::passing(
            "database_unreachable",
            format!("the connection to the database broke: {error}"),
        );
    };
    let code = answer.code().unwrap_or_default();
    if ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)) {
        return NodeError::passing(
            "database_unavailable",
            format!("the database cannot do it now: {answer}"),
        );
    }
    let (name, remedy) = match code.as_ref() {
        "42P10" => ("bad_key", "; an upsert needs a unique index on its key: make one in that database"),
        "21000" => ("duplicate_key", "; two rows of the list have the same key: leave one of them out"),
        "23505" => ("not_unique", "; use the mode upsert to change the row that is there"),
        "42501" => ("not_allowed", "; the user of the credential needs the right to do it"),
        _ => ("database_refused", ""),
    };
    NodeError::permanent(
        name,
        format!("the database refuses it for the table `{table}`: {}{remedy}", answer.message()),
    )
}
