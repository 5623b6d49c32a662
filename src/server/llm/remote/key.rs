//! The owner's credential in the form in which a request carries it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::refusal::Place;
use crate::server::llm::LlmError;
use crate::server::outbound::Attached;
use crate::server::secrets::{CredentialValue, Redactor, SecretError, Secrets};
use crate::workflow::ids::UserId;

/// Opens the credential for the host of `url`; from now on the redactor hides it.
pub async fn of(
    secrets: &Secrets,
    owner: UserId,
    id: &str,
    url: &Url,
    redactor: &Redactor,
    place: &Place,
) -> Result<Attached, LlmError> {
    let host = url.host_str().unwrap_or_default();
    let revealed = secrets.reveal(owner, id, host, redactor).await.map_err(|error| match &error {
        SecretError::Unknown { .. } => LlmError::new(
            error.code(),
            format!(
                "The credential of the model \"{}\" was deleted. Add the model again with another one, on the Models page.",
                place.name
            ),
        ),
        _ => LlmError {
            code: error.code(),
            message: format!("The model \"{}\" cannot be asked: {error}.", place.name),
            retryable: error.is_retryable(),
        },
    })?;
    let unusable = |what: &str| {
        LlmError::new(
            "wrong_credential_kind",
            format!("The credential of the model \"{}\" {what}. Choose another one.", place.name),
        )
    };
    let header = |name: HeaderName, text: &str| {
        let mut value =
            HeaderValue::from_str(text).map_err(|_| unusable("holds a value that no header can carry"))?;
        value.set_sensitive(true);
        Ok(Attached::Headers(HeaderMap::from_iter([(name, value)])))
    };
    match &revealed.value {
        CredentialValue::Bearer(token) | CredentialValue::Openai(token) => {
            header(AUTHORIZATION, &format!("Bearer {}", &**token))
        }
        CredentialValue::Basic { username, password } => {
            let pair = STANDARD.encode(format!("{username}:{}", &**password));
            header(AUTHORIZATION, &format!("Basic {pair}"))
        }
        CredentialValue::Header { name, value } => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| unusable("names a header that is none"))?;
            header(name, value)
        }
        CredentialValue::Query { name, value } => {
            Ok(Attached::Query { name: name.clone(), value: value.to_string() })
        }
        CredentialValue::Postgres(_) => Err(unusable("is the address of a database")),
    }
}
