//! The edges of the draft. An empty port stands for the default one, so that uniqueness holds.

use crate::columns::{id, index, refer, text, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_edges"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("edges")
                    .col(id())
                    .col(uuid("workflow_id"))
                    .col(uuid("source_node_id"))
                    .col(text("source_port"))
                    .col(uuid("target_node_id"))
                    .col(text("target_port"))
                    .foreign_key(&mut refer("edges", "workflow_id", "workflows", ForeignKeyAction::Cascade))
                    .foreign_key(&mut refer("edges", "source_node_id", "nodes", ForeignKeyAction::Cascade))
                    .foreign_key(&mut refer("edges", "target_node_id", "nodes", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                index("edges", &["source_node_id", "source_port", "target_node_id", "target_port"])
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("edges", &["workflow_id"])).await?;
        manager.create_index(index("edges", &["target_node_id"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("edges").to_owned()).await
    }
}
