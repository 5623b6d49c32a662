//! Answers of models that steps may take again. A cache: whatever is here may go at any time.

use super::{Read, Store, StoreError, Write, entities::llm_cache};
use crate::workflow::ids::UserId;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, sea_query::OnConflict};
use uuid::Uuid;

/// How much one account may keep; the oldest go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub entries: u64,
    pub bytes: u64,
}

impl Room {
    /// What steps get.
    pub const USUAL: Self = Self { entries: 5_000, bytes: 64 << 20 };
}

/// The answers of a database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Answers(Option<(Store, Room)>);

impl Answers {
    /// Those of this database.
    #[must_use]
    pub fn of(store: Store, room: Room) -> Self {
        Self(Some((store, room)))
    }

    /// Keeps none.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// What was kept under a key.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn find(&self, owner: UserId, key: &str) -> Result<Option<String>, StoreError> {
        let Some((store, _)) = &self.0 else { return Ok(None) };
        let found: Option<String> = llm_cache::Entity::find()
            .select_only()
            .column(llm_cache::Column::Reply)
            .filter(llm_cache::Column::UserId.eq(owner.0))
            .filter(llm_cache::Column::Key.eq(key))
            .into_tuple()
            .one(store.connection())
            .await?;
        Ok(found)
    }

    /// Keeps an answer. The first one under a key stays; what is larger than all the room is not kept.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn keep(
        &self,
        owner: UserId,
        key: &str,
        reply: String,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some((store, room)) = &self.0 else { return Ok(()) };
        // Postgres cannot store NUL, and an answer that holds one is not worth a form of its own.
        if reply.len() as u64 > room.bytes || reply.contains('\0') {
            return Ok(());
        }
        let write = store.write().await?;
        let row = llm_cache::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(owner.0),
            key: Set(key.to_owned()),
            size: Set(i64::try_from(reply.len()).unwrap_or(i64::MAX)),
            reply: Set(reply),
            created_at: Set(now),
        };
        let once = OnConflict::columns([llm_cache::Column::UserId, llm_cache::Column::Key]);
        llm_cache::Entity::insert(row)
            .on_conflict(once.clone().do_nothing().to_owned())
            .exec_without_returning(write.connection())
            .await?;
        make_room(&write, owner, *room).await?;
        write.commit().await
    }
}

/// Removes the oldest answers of the account until the rest fits.
async fn make_room(write: &Write, owner: UserId, room: Room) -> Result<(), StoreError> {
    let sizes: Vec<(Uuid, i64)> = llm_cache::Entity::find()
        .select_only()
        .columns([llm_cache::Column::Id, llm_cache::Column::Size])
        .filter(llm_cache::Column::UserId.eq(owner.0))
        .order_by_desc(llm_cache::Column::CreatedAt)
        .order_by_desc(llm_cache::Column::Id)
        .into_tuple()
        .all(write.connection())
        .await?;
    let (mut entries, mut bytes) = (0, 0);
    let too_old = sizes.into_iter().filter(|(_, size)| {
        entries += 1;
        bytes += u64::try_from(*size).unwrap_or_default();
        entries > room.entries || bytes > room.bytes
    });
    let too_old: Vec<Uuid> = too_old.map(|(id, _)| id).collect();
    if too_old.is_empty() {
        return Ok(());
    }
    llm_cache::Entity::delete_many()
        .filter(llm_cache::Column::UserId.eq(owner.0))
        .filter(llm_cache::Column::Id.is_in(too_old))
        .exec(write.connection())
        .await?;
    Ok(())
}
