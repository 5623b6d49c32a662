//! The nodes of the draft; versions hold their own copy.

use crate::columns::{double, id, index, json, refer, text, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_nodes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("nodes")
                    .col(id())
                    .col(uuid("workflow_id"))
                    .col(text("name"))
                    .col(text("node_type"))
                    .col(json("config"))
                    .col(json("settings"))
                    .col(double("position_x"))
                    .col(double("position_y"))
                    .foreign_key(&mut refer("nodes", "workflow_id", "workflows", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("nodes", &["workflow_id", "name"]).unique().to_owned()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("nodes").to_owned()).await
    }
}
