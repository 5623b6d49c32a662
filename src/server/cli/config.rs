//! `millrace config`.

use super::Failure;
use crate::server::config;

/// Prints a table of all settings; then fails if one of them cannot be used.
pub fn print() -> Result<(), Failure> {
    let rows = config::rows()?;
    let variable_width = rows.iter().map(|r| r.variable.len()).max().unwrap_or(0);
    let value_width = rows.iter().map(|r| r.value.len()).max().unwrap_or(0);
    for row in rows {
        println!("{:variable_width$}  {:value_width$}  {}", row.variable, row.value, row.source);
    }
    config::load()?;
    Ok(())
}
