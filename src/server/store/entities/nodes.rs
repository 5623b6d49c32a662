//! Table `nodes`.

use sea_orm::entity::prelude::*;

/// A node of a draft.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workflow_id: Uuid,
    pub name: String,
    pub node_type: String,
    #[sea_orm(column_type = "Json")]
    pub config: Json,
    #[sea_orm(column_type = "Json")]
    pub settings: Json,
    pub position_x: f64,
    pub position_y: f64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
