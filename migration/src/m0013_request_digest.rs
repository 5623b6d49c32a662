//! What a resume or a fork asked for, in a digest: the same idempotency key with another request is refused. A plain start
//! needs none, its input is in its row.

use crate::columns::text_null;
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_request_digest"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = &mut text_null("request_digest");
        manager.alter_table(Table::alter().table("workflow_runs").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter().table("workflow_runs").drop_column("request_digest").to_owned();
        manager.alter_table(drop).await
    }
}
