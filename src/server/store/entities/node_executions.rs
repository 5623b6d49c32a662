//! Table `node_executions`.

use sea_orm::entity::prelude::*;

/// An attempt of a node.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "node_executions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workflow_run_id: Uuid,
    pub node_id: Uuid,
    pub node_name: String,
    pub node_type: String,
    pub attempt: i32,
    pub status: String,
    pub port: Option<String>,
    #[sea_orm(column_type = "Json")]
    pub input_data: Json,
    #[sea_orm(column_type = "Json")]
    pub output_data: Json,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    #[sea_orm(column_type = "Json")]
    pub logs: Json,
    #[sea_orm(column_type = "Json")]
    pub usage: Json,
    pub execution_order: i32,
    pub due_at: Option<DateTimeUtc>,
    pub reused_from: Option<Uuid>,
    pub lease_epoch: i64,
    pub started_at: Option<DateTimeUtc>,
    pub completed_at: Option<DateTimeUtc>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
