//! The normal road: files of a repository on the model hub, over HTTPS, resumed where a pull before was cut off.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderMap, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::io::AsyncWriteExt;

use super::place::{Place, last_part};
use super::{PullProgress, checksum};
use crate::server::llm::LlmError;
use crate::server::llm::catalog::{HubFile, HubSource};
use crate::server::llm::library::manifest::ManifestFile;

/// A hub that does not answer shall not keep anyone waiting: there may be another road.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest silence in the middle of a file.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A damaged rest of an earlier pull costs one more try.
const TRIES: u32 = 2;

/// Fetches the files and leaves them, checked, in the staging folder.
pub async fn fetch(
    hub: &str,
    source: &HubSource,
    place: &Place,
    progress: &dyn PullProgress,
) -> Result<Vec<ManifestFile>, LlmError> {
    let client = |redirects: Policy| {
        Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(redirects)
            .user_agent(concat!("millrace/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unreachable(hub, &error))
    };
    let (asking, fetching) = (client(Policy::none())?, client(Policy::limited(10))?);
    let mut files = Vec::new();
    for file in source.files {
        let url = format!("{hub}/{}/resolve/main/{}", source.repository, file.path);
        let stated = ask(&asking, hub, &url, file).await?;
        files.push(fetch_file(&fetching, hub, &url, &stated, place, progress).await?);
    }
    Ok(files)
}

/// What is known of a file before it is fetched.
struct Stated {
    name: String,
    sha256: Option<String>,
    size: Option<u64>,
}

/// The hub states checksum and size of a large file in the reply that sends on to the store.
async fn ask(client: &Client, hub: &str, url: &str, file: &HubFile) -> Result<Stated, LlmError> {
    let reply = client.head(url).send().await.map_err(|error| unreachable(hub, &error))?;
    let status = reply.status();
    if !(status.is_success() || status.is_redirection()) {
        return Err(refused(url, status));
    }
    let headers = reply.headers();
    let sha256 = file.sha256.map(str::to_owned).or_else(|| {
        let tag = text(headers, "x-linked-etag")?.trim_start_matches("W/").trim_matches('"').to_owned();
        (tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(tag)
    });
    let size = text(headers, "x-linked-size").and_then(|size| size.parse().ok());
    Ok(Stated { name: last_part(file.path), sha256, size })
}

async fn fetch_file(
    client: &Client,
    hub: &str,
    url: &str,
    stated: &Stated,
    place: &Place,
    progress: &dyn PullProgress,
) -> Result<ManifestFile, LlmError> {
    let part = place.staging.join(format!("{}.part", stated.name));
    let staged = place.staging.join(&stated.name);
    let mut wrong = String::new();
    for _ in 0..TRIES {
        progress.message(&format!("Fetching {}", stated.name));
        receive(client, hub, url, stated.size, &part, progress).await?;
        progress.message(&format!("Checking {}", stated.name));
        let (sha256, size_bytes) = checksum::of(&part).await?;
        if stated.sha256.as_ref().is_none_or(|wanted| *wanted == sha256) {
            std::fs::rename(&part, &staged).map_err(|error| LlmError::io("move", &part, &error))?;
            return Ok(ManifestFile { name: stated.name.clone(), size_bytes, sha256 });
        }
        let _ = std::fs::remove_file(&part);
        wrong = sha256;
    }
    Err(LlmError::new(
        "checksum_mismatch",
        format!(
            "{} has the checksum {wrong} instead of {}; it was thrown away.",
            stated.name,
            stated.sha256.as_deref().unwrap_or_default()
        ),
    ))
}

/// Appends to `part` what it lacks.
async fn receive(
    client: &Client,
    hub: &str,
    url: &str,
    size: Option<u64>,
    part: &Path,
    progress: &dyn PullProgress,
) -> Result<(), LlmError> {
    let storage = |error: std::io::Error| LlmError::io("write", part, &error);
    let have = std::fs::metadata(part).map_or(0, |meta| meta.len());
    if have > 0 && Some(have) == size {
        return Ok(());
    }
    let mut asked = client.get(url);
    if have > 0 {
        asked = asked.header(RANGE, format!("bytes={have}-"));
    }
    let mut reply = asked.send().await.map_err(|error| unreachable(hub, &error))?;
    let append = match reply.status() {
        StatusCode::PARTIAL_CONTENT => true,
        // Nothing after what we have: the checksum decides.
        StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => return Ok(()),
        status if status.is_success() => false,
        status => return Err(refused(url, status)),
    };
    let mut file = tokio::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(part)
        .await
        .map_err(storage)?;
    let mut done = if append { have } else { 0 };
    let total = size.or_else(|| reply.content_length().map(|rest| rest + done));
    let end = loop {
        match reply.chunk().await {
            Ok(Some(bytes)) => {
                file.write_all(&bytes).await.map_err(storage)?;
                done += bytes.len() as u64;
                progress.bytes(done, total);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(unreachable(hub, &error)),
        }
    };
    // Also when the connection broke: the next pull goes on from here.
    file.sync_all().await.map_err(storage)?;
    end
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn unreachable(hub: &str, error: &reqwest::Error) -> LlmError {
    // The cause is the last of the chain; what stands before only repeats the address.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    LlmError::retryable("hub_unreachable", format!("The model hub {hub} cannot be reached: {cause}."))
}

fn refused(url: &str, status: StatusCode) -> LlmError {
    LlmError {
        code: "pull_failed",
        message: format!("The model hub answered {status} for {url}."),
        retryable: status.is_server_error(),
    }
}
