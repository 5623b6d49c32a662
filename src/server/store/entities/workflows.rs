//! Table `workflows`.

use sea_orm::entity::prelude::*;

/// A workflow, without its graph.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub description: String,
    #[sea_orm(column_type = "Json")]
    pub input_schema: Option<Json>,
    #[sea_orm(column_type = "Json")]
    pub vars: Json,
    pub is_active: bool,
    pub revision: i64,
    pub deleted_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub failure_url: Option<String>,
    #[sea_orm(column_type = "Json")]
    pub notes: Json,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
