//! A connection to a user's database: only to where the guard lets it, and with nothing but what the address says.

use crate::server::{
    nodes::NodeError,
    outbound::{Outbound, OutboundError},
    secrets::{Revealed, allows},
};
use reqwest::Url;
use sqlx::{
    ConnectOptions as _, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::time::Duration;

/// Longest that a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects. The driver's own reading of addresses is not used: it would take paths of files and sockets from them, and
/// what they leave out from the environment of this process.
pub async fn connect(
    outbound: &Outbound,
    revealed: &Revealed,
    address: &str,
) -> Result<PgConnection, NodeError> {
    let credential = &revealed.credential;
    let bad = |what: &str| {
        NodeError::permanent(
            "wrong_credential",
            format!("the address in the credential `{}` {what}; set it anew", credential.name),
        )
    };
    let url = Url::parse(address).map_err(|_| bad("is not postgres://USER:PASSWORD@HOST/DATABASE"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("names no host"))?;
    if !allows(&credential.allowed_hosts, host) {
        return Err(bad("names a host that is not among the credential's"));
    }
    let port = url.port().unwrap_or(5432);
    let mode = mode(&url).map_err(|what| bad(&what))?;
    let part = |text: &str| decoded(text);
    let unreadable = || bad("is not in UTF-8");
    let user = part(url.username()).ok_or_else(unreadable)?;
    let password = part(url.password().unwrap_or_default()).ok_or_else(unreadable)?;
    let database = part(url.path().trim_start_matches('/')).ok_or_else(unreadable)?;
    let options = PgConnectOptions::new_without_pgpass()
        .port(port)
        .username(&user)
        .password(&password)
        .database(if database.is_empty() { &user } else { &database })
        .application_name("millrace")
        .statement_cache_capacity(0)
        .ssl_mode(mode);
    let addresses = outbound.addresses(host, port).await?;
    let mut last = None;
    for address in addresses {
        // The address that was checked is dialled. Only where the server proves the name, the name is: a name that
        // answers differently the second time gains nothing by it.
        let dialled = match mode {
            PgSslMode::VerifyFull => host.to_owned(),
            _ => address.ip().to_string(),
        };
        match tokio::time::timeout(PATIENCE, options.clone().host(&dialled).connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => last = Some(error_of(&error)),
            Err(_) => last = Some(unreachable(&format!("no answer for {} s", PATIENCE.as_secs()))),
        }
    }
    Err(last.unwrap_or_else(|| unreachable("the name has no address")))
}

/// A part of an address without its percent signs.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, later)) = rest.split_first() {
        let code = std::str::from_utf8(later.get(..2).unwrap_or_default()).ok();
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &later[2..];
            }
            None => {
                bytes.push(*first);
                rest = later;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// What `sslmode` says; TLS where the server has it, unless it says otherwise.
fn mode(url: &Url) -> Result<PgSslMode, String> {
    let mut mode = PgSslMode::Prefer;
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("sslmode", "disable") => mode = PgSslMode::Disable,
            ("sslmode", "allow" | "prefer") => mode = PgSslMode::Prefer,
            ("sslmode", "require") => mode = PgSslMode::Require,
            ("sslmode", "verify-ca" | "verify-full") => mode = PgSslMode::VerifyFull,
            ("sslmode", _) => {
                return Err("has another `sslmode` than disable, prefer, require or verify-full".to_owned());
            }
            // Written by many services; nothing depends on them here.
            ("application_name" | "channel_binding" | "connect_timeout", _) => {}
            (name, _) => {
                let shown: String = name.chars().take(40).collect();
                return Err(format!("has the parameter `{shown}`, which cannot be used here: leave it out"));
            }
        }
    }
    Ok(mode)
}

fn unreachable(cause: &str) -> NodeError {
    NodeError::passing(
        "database_unreachable",
        format!("the database cannot be reached: {cause}; check host and port of the credential"),
    )
}

fn error_of(error: &sqlx::Error) -> NodeError {
    match error {
        // Who may not come in now may not come in later either.
        sqlx::Error::Database(answer)
            if !answer.code().is_some_and(|c| c.starts_with("53") || c.starts_with("57")) =>
        {
            NodeError::permanent(
                "credential_refused",
                format!(
                    "the database does not let this user in: {}; set the credential anew",
                    answer.message()
                ),
            )
        }
        other => unreachable(&other.to_string()),
    }
}

impl From<OutboundError> for NodeError {
    fn from(error: OutboundError) -> Self {
        let (code, retryable, message) = (error.code(), error.is_retryable(), error.to_string());
        if retryable { Self::passing(code, message) } else { Self::permanent(code, message) }
    }
}
