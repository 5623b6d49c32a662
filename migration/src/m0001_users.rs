//! Accounts.

use crate::columns::{boolean, id, text, time};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_users"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(id())
                    .col(text("username"))
                    .col(text("email"))
                    .col(text("hashed_password"))
                    .col(boolean("is_active", true))
                    .col(boolean("is_admin", false))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .to_owned(),
            )
            .await?;
        // Names and addresses that differ in case only are the same account.
        manager
            .get_connection()
            .execute_unprepared("CREATE UNIQUE INDEX users_username_key ON users (lower(username))")
            .await?;
        // As above.
        manager
            .get_connection()
            .execute_unprepared("CREATE UNIQUE INDEX users_email_key ON users (lower(email))")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("users").to_owned()).await
    }
}
