//! Table `triggers`.

use sea_orm::entity::prelude::*;

/// A trigger.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "triggers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workflow_id: Uuid,
    pub kind: String,
    pub name: String,
    #[sea_orm(column_type = "Json")]
    pub config: Json,
    pub slug: Option<String>,
    pub secret: Option<String>,
    pub paused: bool,
    pub next_at: Option<DateTimeUtc>,
    pub last_at: Option<DateTimeUtc>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
