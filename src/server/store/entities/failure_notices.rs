//! Table `failure_notices`.

use sea_orm::entity::prelude::*;

/// That a run has failed, to be told to whom its workflow names.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "failure_notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: Uuid,
    pub workflow_id: Uuid,
    pub url: String,
    pub attempts: i32,
    pub due_at: Option<DateTimeUtc>,
    pub sent_at: Option<DateTimeUtc>,
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
