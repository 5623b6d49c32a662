//! `millrace config`.

use super::Failure;
use crate::server::config;
use std::fmt::Write as _;

/// Prints a table of all settings; then fails if one of them cannot be used.
pub fn print() -> Result<(), Failure> {
    let rows = config::rows()?;
    let variable_width = rows.iter().map(|r| r.variable.len()).max().unwrap_or(0);
    let value_width = rows.iter().map(|r| r.value.len()).max().unwrap_or(0);
    let mut table = String::new();
    for row in rows {
        let _ =
            writeln!(table, "{:variable_width$}  {:value_width$}  {}", row.variable, row.value, row.source);
    }
    super::print(&table)?;
    config::load()?;
    Ok(())
}
