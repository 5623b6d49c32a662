//! Notes and frames of a draft: one JSON column of its workflow, read and written as a whole.

use super::{
    Read as _, StoreError, Write,
    entities::{workflow_versions, workflows},
    json,
};
use crate::workflow::{document::Workflow, notes::Note};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, sea_query::Query};
use serde_json::Value;
use uuid::Uuid;

/// The notes of a row.
pub(super) fn read(column: Value) -> Result<Vec<Note>, StoreError> {
    serde_json::from_value(column).map_err(StoreError::damaged)
}

/// Writes the notes of a locked workflow; tells whether they are others than before. The revision is the caller's.
pub(super) async fn replace(write: &Write, row: &workflows::Model, new: &[Note]) -> Result<bool, StoreError> {
    for (i, note) in new.iter().enumerate() {
        json::refuse_nul(&format!("notes.{i}.text"), &note.text)?;
    }
    if read(row.notes.clone())? == new {
        return Ok(false);
    }
    let update = Query::update()
        .table(workflows::Entity)
        .value(workflows::Column::Notes, json::value(write.backend(), &new)?)
        .and_where(workflows::Column::Id.eq(row.id))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(true)
}

/// Gives a version the notes of a draft that is the same in all that runs. A version is found by what runs, so it may
/// hold notes of another day; before a restore takes those of the draft away, they are kept here.
pub(super) async fn keep(
    write: &Write,
    version: Uuid,
    stored: Workflow,
    notes: &[Note],
) -> Result<(), StoreError> {
    if stored.notes == notes {
        return Ok(());
    }
    let document = Workflow { notes: notes.to_vec(), ..stored };
    let update = Query::update()
        .table(workflow_versions::Entity)
        .value(workflow_versions::Column::Document, json::value(write.backend(), &document)?)
        .and_where(workflow_versions::Column::Id.eq(version))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}
