//! The catalogue of users' tables. The rows of a table live in a table of their own, whose name is made of the id here;
//! what users call tables and columns is data and never becomes part of a statement.

use crate::columns::{id, integer, json, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0015_data_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("data_tables")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    // [{name, type, physical}]
                    .col(json("columns"))
                    // [{columns: [physical], index}]
                    .col(json("keys"))
                    // The number that the next physical name takes.
                    .col(integer("next_number", 1))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .foreign_key(&mut refer("data_tables", "user_id", "users", ForeignKeyAction::Cascade))
                    .index(
                        Index::create()
                            .unique()
                            .name("data_tables_user_id_name_key")
                            .col("user_id")
                            .col("name"),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("data_tables").to_owned()).await
    }
}
