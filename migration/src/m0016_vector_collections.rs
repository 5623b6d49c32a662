//! Collections of documents and their vectors. These rows are the truth; index files are caches.

use crate::columns::{big, id, index, integer, json, refer, text, text_null, time, time_null, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0016_vector_collections"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("vector_collections")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(integer("dimension", 384))
                    .col(text("metric"))
                    .col(text("index_kind"))
                    .col(text_null("index_path"))
                    .col(big("document_count", 0))
                    // Raised by every change to the documents.
                    .col(big("generation", 0))
                    // The generation of the last deletion of documents.
                    .col(big("deletion", 0))
                    .col(big("next_seq", 1))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    // Hidden; its documents go little by little.
                    .col(time_null("deleted_at"))
                    .foreign_key(&mut refer(
                        "vector_collections",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("vector_collections", &["user_id", "name"]).unique().to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table("vector_documents")
                    .col(id())
                    .col(uuid("collection_id"))
                    .col(big("seq", 0))
                    .col(text("content"))
                    .col(text("content_hash"))
                    .col(json("metadata"))
                    // f32, little-endian.
                    .col(ColumnDef::new("embedding").blob().not_null().take())
                    .col(time("created_at"))
                    .foreign_key(&mut refer(
                        "vector_documents",
                        "collection_id",
                        "vector_collections",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("vector_documents", &["collection_id", "seq"]).unique().to_owned())
            .await?;
        manager.create_index(index("vector_documents", &["collection_id", "content_hash"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("vector_documents").to_owned()).await?;
        manager.drop_table(Table::drop().table("vector_collections").to_owned()).await
    }
}
