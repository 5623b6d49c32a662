//! Models elsewhere: added, listed, asked for a word or a vector, forgotten.

use crate::{
    api::models::{Endpoint, ModelKind, ModelState, ModelView, RemoteModelCreate, RemoteModelTest},
    server::{
        error::AppError,
        llm::{
            Caller, ChatMessage, ChatRequest, ChatService as _, FoundRemote, LlmError, RemoteBook,
            RemoteModel,
        },
        search::WIDEST,
        secrets::allows,
        services::Fields,
        state::AppState,
        store::{
            Store, StoreError, credentials,
            remote_models::{self, StoredRemote},
        },
    },
    workflow::ids::UserId,
};
use uuid::Uuid;

/// Models of one account.
const MOST: u64 = 100;
/// How names of workflows begin where a model is asked for.
pub const WORKFLOW_PREFIX: &str = "workflow/";

/// Looks models up in the database.
pub struct StoredBook(pub Store);

impl RemoteBook for StoredBook {
    fn find<'a>(&'a self, owner: UserId, name: &'a str) -> FoundRemote<'a> {
        Box::pin(async move {
            let found = remote_models::find(&self.0, owner, name).await.map_err(|error| LlmError {
                code: "models_unavailable",
                message: format!("The models of the account cannot be read now: {error}. Try again."),
                retryable: error.is_transient(),
            })?;
            Ok(found.map(as_asked))
        })
    }
}

fn as_asked(stored: StoredRemote) -> RemoteModel {
    let StoredRemote { name, base_url, model, credential_id, dimension, .. } = stored;
    let credential = credential_id.map(|id| id.to_string());
    RemoteModel { name, base_url, model, credential, dimension }
}

/// The models elsewhere of an account, by name.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn list(state: &AppState, owner: UserId) -> Result<Vec<ModelView>, AppError> {
    let stored = remote_models::list(&state.store, owner).await?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let credentials = credentials::list(&state.store, owner).await?;
    let name_of = |id: Uuid| credentials.iter().find(|c| c.id == id).map(|c| c.name.clone());
    Ok(stored.into_iter().map(|remote| view(state, remote, name_of)).collect())
}

fn view(state: &AppState, remote: StoredRemote, name_of: impl Fn(Uuid) -> Option<String>) -> ModelView {
    let description = match (state.models.knows(&remote.name), remote.credential_id) {
        (true, _) => {
            "A model of this installation has the same name now and answers instead. Remove this one and add it under another name."
        }
        (_, Some(id)) if name_of(id).is_none() => {
            "Its credential was deleted. Remove it and add it again with another one."
        }
        _ if remote.dimension.is_some() => {
            "A service elsewhere. The texts of its collections are sent there."
        }
        _ => "A service elsewhere. What is asked of it leaves this machine.",
    };
    let kind = if remote.dimension.is_some() { ModelKind::Embedding } else { ModelKind::Chat };
    ModelView {
        name: remote.name,
        kind: kind.as_str().to_owned(),
        dimension: remote.dimension,
        family: "remote".to_owned(),
        description: description.to_owned(),
        size_bytes: 0,
        installed: true,
        state: ModelState::Remote,
        loaded: false,
        memory_bytes: None,
        is_default: false,
        queue_length: 0,
        tokens_per_second: None,
        remote: true,
        endpoint: Some(Endpoint {
            base_url: remote.base_url,
            model: remote.model,
            credential: remote.credential_id.and_then(name_of),
        }),
    }
}

/// The names of those that chat, for the checker.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn names(state: &AppState, owner: UserId) -> Result<Vec<String>, AppError> {
    Ok(remote_models::chat_names(&state.store, owner).await?)
}

/// Adds a model. A chat model is not asked anything yet; an embedding model is, for the length of its vectors.
///
/// # Errors
/// 422 with the fields that break a rule, 409 for a taken name; what the service says, or why it cannot be asked.
pub async fn create(state: &AppState, owner: UserId, body: RemoteModelCreate) -> Result<ModelView, AppError> {
    let mut fields = Fields::default();
    fields.line("name", &body.name, 1, 100);
    let name = body.name.trim();
    if name.contains(['{', '}']) {
        fields.refuse("name", "has braces, which mean expressions; leave them out");
    }
    if name.starts_with(WORKFLOW_PREFIX) {
        fields.refuse("name", "begins with `workflow/`, which means a workflow; choose another");
    }
    fields.line("model", &body.model, 1, 200);
    let base_url = base_url(state, &body.base_url, &mut fields);
    if let Some(id) = body.credential_id {
        check_credential(state, owner, id, base_url.as_deref(), &mut fields).await?;
    }
    fields.check()?;
    if state.models.knows(name) {
        return Err(AppError::taken("name", "is a model of this installation; choose another"));
    }
    let mut stored = StoredRemote {
        name: name.to_owned(),
        base_url: base_url.unwrap_or_default(),
        model: body.model.trim().to_owned(),
        credential_id: body.credential_id,
        dimension: None,
        created_at: state.clock.now(),
    };
    if remote_models::find(&state.store, owner, name).await?.is_some() {
        return Err(AppError::taken("name", "is taken by another of your models; choose another"));
    }
    if body.kind == ModelKind::Embedding {
        stored.dimension = Some(measure(state, owner, as_asked(stored.clone())).await?);
    }
    let write = state.store.write().await?;
    if remote_models::count(&write, owner).await? >= MOST {
        return Err(AppError::field("name", format!("would be one of more than {MOST}; remove some")));
    }
    remote_models::create(&write, owner, &stored).await?;
    write.commit().await?;
    let credentials = credentials::list(&state.store, owner).await?;
    Ok(view(state, stored, |id| credentials.iter().find(|c| c.id == id).map(|c| c.name.clone())))
}

/// Numbers in each vector of an embedding model, which is asked for one.
async fn measure(state: &AppState, owner: UserId, model: RemoteModel) -> Result<u32, AppError> {
    let texts = ["How long is this vector?".to_owned()];
    let made = state.search.embedders().ask(owner, &model, &texts).await?;
    let numbers = made.vectors.first().map_or(0, Vec::len);
    match u32::try_from(numbers) {
        Ok(numbers) if (1..=WIDEST).contains(&numbers) => Ok(numbers),
        _ => {
            let message = format!("makes vectors of {numbers} numbers; collections take up to {WIDEST}");
            Err(AppError::field("model", message))
        }
    }
}

/// The address in the form in which it is kept.
fn base_url(state: &AppState, given: &str, fields: &mut Fields) -> Option<String> {
    let given = given.trim();
    // Documentation of services often shows the whole address.
    let given = given.trim_end_matches('/').trim_end_matches("/chat/completions");
    let given = given.trim_end_matches("/embeddings").trim_end_matches('/');
    match state.outbound.check(given) {
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            fields.refuse("base_url", "has a `?` or `#`; write it as in https://api.example.com/v1");
            None
        }
        Ok(_) => Some(given.to_owned()),
        Err(error) => {
            let what = error.to_string();
            fields.refuse("base_url", what.strip_prefix("the address ").unwrap_or(&what));
            None
        }
    }
}

/// The credential must be the owner's, one for requests, and allowed for the host.
async fn check_credential(
    state: &AppState,
    owner: UserId,
    id: Uuid,
    base_url: Option<&str>,
    fields: &mut Fields,
) -> Result<(), AppError> {
    let found = match credentials::get(&state.store, owner, id).await {
        Ok(found) => found.credential,
        Err(StoreError::NotFound(_)) => {
            fields.refuse("credential_id", "is none of your credentials; choose another, or leave it out");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if found.kind == crate::api::credentials::CredentialKind::Postgres {
        fields.refuse("credential_id", "is the address of a database; choose a credential for requests");
    }
    let url = base_url.and_then(|url| state.outbound.check(url).ok());
    if let Some(host) = url.as_ref().and_then(|url| url.host_str())
        && !allows(&found.allowed_hosts, host)
    {
        let hosts = found.allowed_hosts.join(", ");
        fields.refuse(
            "credential_id",
            format!("may be sent to {hosts}, not to {host}; set it anew with this host among its hosts"),
        );
    }
    Ok(())
}

/// Forgets a model; steps that name it fail from now on.
///
/// # Errors
/// 404 for an unknown one, also for a model of this installation.
pub async fn delete(state: &AppState, owner: UserId, name: &str) -> Result<(), AppError> {
    let write = state.store.write().await?;
    remote_models::delete(&write, owner, name).await?;
    write.commit().await?;
    Ok(())
}

/// Asks a model elsewhere for a word, an embedding model for a vector.
///
/// # Errors
/// 404; what the service says, or why it cannot be asked.
pub async fn test(state: &AppState, owner: UserId, name: &str) -> Result<RemoteModelTest, AppError> {
    let found = remote_models::find(&state.store, owner, name).await?;
    let stored = found.ok_or_else(|| AppError::not_found("model"))?;
    if stored.dimension.is_some() {
        let begun = state.clock.now();
        let texts = ["How long is this vector?".to_owned()];
        let made = state.search.embedders().ask(owner, &as_asked(stored), &texts).await?;
        return Ok(RemoteModelTest {
            text: format!("a vector of {} numbers", made.vectors.first().map_or(0, Vec::len)),
            time_to_first_token_ms: u64::try_from((state.clock.now() - begun).num_milliseconds())
                .unwrap_or(0),
            tokens_per_second: None,
        });
    }
    let messages = vec![ChatMessage::user("Reply with the single word: ready")];
    let request = ChatRequest { model: Some(name.to_owned()), max_tokens: 16, ..ChatRequest::of(messages) };
    let reply = state.chat.chat(request, Caller::silent().of(owner)).await?;
    Ok(RemoteModelTest {
        text: reply.text.trim().to_owned(),
        time_to_first_token_ms: reply.usage.time_to_first_token_ms,
        tokens_per_second: reply.usage.tokens_per_second,
    })
}
