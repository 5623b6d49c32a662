//! Table `workflow_runs`.

use sea_orm::entity::prelude::*;

/// A run.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workflow_id: Uuid,
    pub user_id: Uuid,
    pub version_id: Uuid,
    pub status: String,
    pub trigger: String,
    #[sea_orm(column_type = "Json")]
    pub input_data: Json,
    #[sea_orm(column_type = "Json")]
    pub output_data: Json,
    pub use_pinned: bool,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub idempotency_key: Option<String>,
    pub forked_from: Option<Uuid>,
    pub parent_run_id: Option<Uuid>,
    pub parent_node_id: Option<Uuid>,
    pub item_index: Option<i32>,
    pub lease_owner: Option<String>,
    pub lease_epoch: i64,
    pub lease_expires_at: Option<DateTimeUtc>,
    pub deadline_at: Option<DateTimeUtc>,
    pub next_event_seq: i64,
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub completed_at: Option<DateTimeUtc>,
    pub wake_at: Option<DateTimeUtc>,
    pub cancel_requested: bool,
    pub time_left_ms: Option<i64>,
    pub effect_root: Option<Uuid>,
    pub depth: i32,
    pub request_digest: Option<String>,
    pub trigger_id: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
