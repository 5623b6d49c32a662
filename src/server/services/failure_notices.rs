//! Telling somebody that a run of a workflow has failed: a POST to an address of their choice, at least once, tried again
//! for half a day. The notice itself is stored by the transaction that ends the run.

mod delivery;

pub use delivery::{deliver_due, watch};

use super::Fields;
use crate::{
    api::triggers::{FailureNotice, FailureNoticeBody},
    server::{error::AppError, state::AppState, store},
    workflow::ids::{UserId, WorkflowId},
};

const URL_CHARS: usize = 2_000;

/// Whom a workflow tells, and what became of the last notice.
///
/// # Errors
/// 404.
pub async fn get(state: &AppState, owner: UserId, workflow: WorkflowId) -> Result<FailureNotice, AppError> {
    Ok(FailureNotice {
        url: store::failure_notices::url(&state.store, owner, workflow).await?,
        last: store::failure_notices::last(&state.store, owner, workflow).await?,
    })
}

/// Tells somebody else from now on, or nobody.
///
/// # Errors
/// 404; 422 for what is no address of the web.
pub async fn set(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    body: FailureNoticeBody,
) -> Result<FailureNotice, AppError> {
    let url = body.url.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    let mut fields = Fields::default();
    if let Some(url) = &url {
        fields.line("url", url, 1, URL_CHARS);
        match reqwest::Url::parse(url) {
            Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => {
                fields.refuse("url", "must start with https:// or http://");
            }
            Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
                fields.refuse(
                    "url",
                    "must not hold a name and password; use an address with a token in its path",
                );
            }
            Ok(_) => {}
            Err(error) => {
                fields.refuse(
                    "url",
                    format!("is not an address, such as https://example.org/alerts ({error})"),
                );
            }
        }
    }
    fields.check()?;
    let write = state.store.write().await?;
    store::failure_notices::set_url(&write, owner, workflow, url.as_deref()).await?;
    write.commit().await?;
    get(state, owner, workflow).await
}
