//! Embedding models elsewhere, and the one that a collection was made with.

use crate::columns::{integer_null, text_null};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0022_embedding_models"
    }
}

/// SQLite adds one column at a time.
fn columns() -> [(&'static str, ColumnDef); 3] {
    [
        // Numbers in each vector; a chat model has none.
        ("remote_models", integer_null("dimension")),
        // The owner's name for the model; null: that of the installation, or vectors of the owner's own.
        ("vector_collections", text_null("embedding_model")),
        // What the service calls it: another model under the same name gives other vectors.
        ("vector_collections", text_null("embedding_source")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let name = column.get_column_name();
            manager.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
