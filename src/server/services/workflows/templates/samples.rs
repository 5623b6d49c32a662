//! The sample documents, which are part of the program, in a collection of the owner.

use crate::{
    api::vectors::CollectionBody,
    server::{
        error::AppError,
        services::{
            collections,
            uploads::{self, Sent, SentFile, UploadOptions},
        },
        state::AppState,
    },
    workflow::ids::UserId,
};

macro_rules! samples {
    ($($name:literal),+) => {
        &[$(($name, include_bytes!(concat!("../../../../../data/samples/", $name)))),+]
    };
}

/// A handbook, a page, a price list, questions and answers, and a leaflet.
const SAMPLES: &[(&str, &[u8])] =
    samples!["handbook.md", "delivery.html", "products.csv", "questions.json", "leaflet.pdf"];

/// Makes the collection and starts to take the samples in. A collection of that name that is there already is left as it
/// is. A failure leaves a workflow that says what it lacks when it runs.
pub async fn put(state: &AppState, owner: UserId, collection: &str) {
    if collections::get(state, owner, collection).await.is_ok() {
        return;
    }
    if let Err(error) = make(state, owner, collection).await {
        tracing::warn!(code = error.code(), "the sample documents were not added: {error}");
    }
}

async fn make(state: &AppState, owner: UserId, collection: &str) -> Result<(), AppError> {
    let body = CollectionBody { name: collection.to_owned(), ..CollectionBody::default() };
    let made = collections::create(state, owner, body).await?;
    let mut sent = Sent { files: Vec::new(), room: state.uploads.room() };
    for (name, bytes) in SAMPLES {
        sent.room.grow(bytes.len() as u64)?;
        sent.files.push(SentFile { name: (*name).to_owned(), content_type: None, bytes: bytes.to_vec() });
    }
    uploads::start(state, owner, made, sent, UploadOptions::default()).map(|_| ())
}
