//! Immutable snapshots.

use crate::columns::{id, index, integer, json, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_workflow_versions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("workflow_versions")
                    .col(id())
                    .col(uuid("workflow_id"))
                    .col(integer("number", 1))
                    .col(json("document"))
                    .col(text("digest"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer(
                        "workflow_versions",
                        "workflow_id",
                        "workflows",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("workflow_versions", &["workflow_id", "number"]).unique().to_owned())
            .await?;
        manager
            .create_index(index("workflow_versions", &["workflow_id", "digest"]).unique().to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("workflow_versions").to_owned()).await
    }
}
