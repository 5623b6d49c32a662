//! What handlers take: who asks and what they may do, whose resource is meant, the query, the body.
//! In this order in a signature, so that 401 comes before 404 and both before the body.

mod auth;
mod body;
mod owned;
mod query;
mod table;
mod upload;

pub use auth::{Auth, Needed, ReadScope, RunScope, SessionOnly, WriteScope};
pub use body::{JsonBody, raw_body};
pub use owned::{
    CollectionOf, EdgeOf, IdempotencyKey, IfMatch, NodeOf, RunOf, TriggerOf, VersionOf, WorkflowOf, path_id,
};
pub use query::{DiffQuery, PageQuery, RunListQuery, WaitQuery};
pub use table::{CsvFile, ImportQuery, RowsQuery, TableOf};
pub use upload::{SentFiles, UploadOf, UploadQuery};
