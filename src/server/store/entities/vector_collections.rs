//! Table `vector_collections`.

use sea_orm::entity::prelude::*;

/// A named set of documents with vectors.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vector_collections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub dimension: i32,
    pub metric: String,
    pub index_kind: String,
    pub index_path: Option<String>,
    pub document_count: i64,
    pub generation: i64,
    pub deletion: i64,
    pub next_seq: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub deleted_at: Option<DateTimeUtc>,
    pub embedding_model: Option<String>,
    pub embedding_source: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
