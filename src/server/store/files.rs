//! Files that steps keep, in the database: there for every process, gone with their owner.

use super::{Read, Store, StoreError, Write, entities::files, page::PageRequest};
use crate::server::hex::hex;
use crate::{
    api::{
        files::{FileReference, FileView},
        page::Page,
    },
    workflow::ids::{RunId, UserId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{ExprTrait, OnConflict},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Bytes that the files of one account may have together.
const MAX_OWNER_BYTES: u64 = 512 << 20;

/// Keeps and reads files for steps; cheap to clone.
#[derive(Clone)]
pub struct Files(Option<Store>);

/// A file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Why a file cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("there is no file `{0}`; it may have been deleted")]
    Unknown(String),
    #[error(
        "your files have no room for {bytes} more bytes, {} is the limit; delete some with DELETE /api/files/{{id}}, or \
         choose text for the reply",
        MAX_OWNER_BYTES
    )]
    Full { bytes: usize },
    #[error("files cannot be kept or read now: {0}")]
    Store(#[from] StoreError),
}

impl FileError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_file",
            Self::Full { .. } => "files_full",
            Self::Store(_) => "files_unavailable",
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

impl Files {
    /// The files of this database.
    #[must_use]
    pub fn of(store: Store) -> Self {
        Self(Some(store))
    }

    /// Keeps none.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Keeps a file. The same bytes under the same key are the same file.
    ///
    /// # Errors
    /// `Full`; `Store` when the database does not answer.
    pub async fn keep(
        &self,
        owner: UserId,
        run: RunId,
        key: &str,
        content_type: &str,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<FileReference, FileError> {
        let store = self.0.as_ref().ok_or(FileError::Full { bytes: bytes.len() })?;
        let digest = Sha256::digest(bytes);
        let sha256 = hex(digest);
        let name = Sha256::new().chain_update(key).chain_update(digest).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&name[..16]);
        let size = bytes.len() as u64;
        let reference = FileReference {
            file: Uuid::from_bytes(id),
            content_type: content_type.to_owned(),
            bytes: size,
            sha256,
        };
        let write = store.write().await?;
        if used(&write, owner).await?.saturating_add(size) > MAX_OWNER_BYTES {
            return Err(FileError::Full { bytes: bytes.len() });
        }
        let row = files::ActiveModel {
            id: Set(reference.file),
            user_id: Set(owner.0),
            run_id: Set(run.0),
            content_type: Set(content_type.replace('\0', "")),
            size: Set(i64::try_from(size).unwrap_or(i64::MAX)),
            sha256: Set(reference.sha256.clone()),
            content: Set(bytes.to_vec()),
            created_at: Set(now),
        };
        files::Entity::insert(row)
            .on_conflict(OnConflict::column(files::Column::Id).do_nothing().to_owned())
            .exec_without_returning(write.connection())
            .await
            .map_err(StoreError::from)?;
        write.commit().await?;
        Ok(reference)
    }

    /// The file of that id.
    ///
    /// # Errors
    /// `Unknown`; `Store` when the database does not answer.
    pub async fn read(&self, owner: UserId, id: String) -> Result<StoredFile, FileError> {
        let (Some(store), Ok(file)) = (self.0.as_ref(), Uuid::try_parse(&id)) else {
            return Err(FileError::Unknown(id));
        };
        match get(store, owner, file).await {
            Err(StoreError::NotFound(_)) => Err(FileError::Unknown(id)),
            other => Ok(other?),
        }
    }
}

/// Bytes that the files of an account have.
async fn used(db: &impl Read, owner: UserId) -> Result<u64, StoreError> {
    let sizes: Vec<i64> = files::Entity::find()
        .select_only()
        .column(files::Column::Size)
        .filter(files::Column::UserId.eq(owner.0))
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(sizes.into_iter().filter_map(|size| u64::try_from(size).ok()).sum())
}

/// One file with its bytes.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn get(db: &impl Read, owner: UserId, id: Uuid) -> Result<StoredFile, StoreError> {
    let row = files::Entity::find()
        .filter(files::Column::UserId.eq(owner.0))
        .filter(files::Column::Id.eq(id))
        .one(db.connection())
        .await?
        .ok_or_else(StoreError::missing("file"))?;
    Ok(StoredFile { content_type: row.content_type, bytes: row.content })
}

/// A page of the owner's files without their bytes, newest first.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId, page: &PageRequest) -> Result<Page<FileView>, StoreError> {
    use files::Column::{ContentType, CreatedAt, Id, RunId, Sha256, Size, UserId as Owner};
    let mut select = files::Entity::find()
        .select_only()
        .columns([Id, RunId, ContentType, Size, Sha256, CreatedAt])
        .filter(Owner.eq(owner.0))
        .order_by_desc(CreatedAt)
        .order_by_desc(Id)
        .limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        let last: Option<DateTime<Utc>> = files::Entity::find()
            .select_only()
            .column(CreatedAt)
            .filter(Owner.eq(owner.0))
            .filter(Id.eq(after))
            .into_tuple()
            .one(db.connection())
            .await?;
        let Some(last) = last else { return Ok(Page { items: Vec::new(), next: None }) };
        select =
            select.filter(Condition::any().add(CreatedAt.lt(last)).add(CreatedAt.eq(last).and(Id.lt(after))));
    }
    let rows: Vec<(Uuid, Uuid, String, i64, String, DateTime<Utc>)> =
        select.into_tuple().all(db.connection()).await?;
    let rows = page.page(rows, |row| row.0);
    let items = rows
        .items
        .into_iter()
        .map(|(file, run_id, content_type, size, sha256, created_at)| FileView {
            reference: FileReference {
                file,
                content_type,
                bytes: u64::try_from(size).unwrap_or_default(),
                sha256,
            },
            run_id,
            created_at,
        })
        .collect();
    Ok(Page { items, next: rows.next })
}

/// Deletes a file.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(write: &Write, owner: UserId, id: Uuid) -> Result<(), StoreError> {
    let done = files::Entity::delete_many()
        .filter(files::Column::Id.eq(id))
        .filter(files::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("file")) } else { Ok(()) }
}
