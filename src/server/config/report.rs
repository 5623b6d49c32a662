//! `millrace config`: every setting, its value and where it came from.

use super::load::{ConfigError, defaults, sources, variable};
use figment::{Figment, value::Value};

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    pub variable: String,
    /// Secrets are masked.
    pub value: String,
    /// `default`, `environment`, or the file.
    pub source: String,
}

/// Every setting in alphabetical order of its variable.
///
/// # Errors
/// When a source cannot be read.
pub fn rows() -> Result<Vec<SettingRow>, ConfigError> {
    let sources = sources()?;
    let known: figment::value::Dict = defaults()
        .extract()
        .map_err(|e| ConfigError { variable: "defaults".to_owned(), message: e.to_string() })?;
    Ok(known.keys().map(|key| row(&sources, key)).collect())
}

fn row(sources: &Figment, key: &str) -> SettingRow {
    let value = sources.find_value(key).map(|v| text(&v)).unwrap_or_default();
    let source = match sources.find_metadata(key) {
        Some(metadata) if metadata.name.contains("environment") => "environment".to_owned(),
        Some(metadata) => match metadata.source.as_ref().and_then(|source| source.file_path()) {
            Some(path) => path.display().to_string(),
            None => "default".to_owned(),
        },
        None => "default".to_owned(),
    };
    SettingRow {
        variable: variable(key),
        value: if key == "database_url" { masked(&value) } else { value },
        source,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Char(_, c) => c.to_string(),
        Value::Bool(_, b) => b.to_string(),
        Value::Num(_, n) => n
            .to_i128()
            .map(|i| i.to_string())
            .or_else(|| n.to_u128().map(|u| u.to_string()))
            .or_else(|| n.to_f64().map(|f| f.to_string()))
            .unwrap_or_default(),
        Value::Empty(..) => "(not set)".to_owned(),
        Value::Dict(..) | Value::Array(..) => "(a list or table, which no setting takes)".to_owned(),
    }
}

/// A URL without its password.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return url.to_owned() };
    let user = rest[..at].split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:****@{}", &rest[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn masks_the_password_and_keeps_the_rest() {
        assert_eq!(masked("postgres://me:s3cr@t@db/flows?x=1"), "postgres://me:****@db/flows?x=1");
        assert_eq!(masked("postgres://db/flows"), "postgres://db/flows");
        assert_eq!(masked("(not set)"), "(not set)");
    }
}
