//! Notes and frames of a workflow: a list, empty until somebody writes one.

use crate::columns::json;
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0019_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = &mut json("notes").default("[]").take();
        manager.alter_table(Table::alter().table("workflows").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter().table("workflows").drop_column("notes").to_owned();
        manager.alter_table(drop).await
    }
}
