//! Tables as text: the first row has the names. The separator is found out.

use super::{Records, Rows, Sink, line};
use crate::server::search::ingest::error::IngestError;
use serde_json::{Number, Value};

pub fn read(text: &str, rows: Rows, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let damaged = |error: csv::Error| IngestError::damaged("a table (CSV)", error);
    let mut header: Option<Vec<String>> = None;
    let mut records = Records::new(rows);
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    while reader.read_record(&mut record).map_err(damaged)? {
        let Some(names) = &header else {
            header = Some(record.iter().map(|name| name.trim().to_owned()).collect());
            continue;
        };
        row += 1;
        let mut text = String::new();
        for (index, value) in record.iter().enumerate().filter(|(_, value)| !value.trim().is_empty()) {
            match names.get(index) {
                Some(name) => line(&mut text, name, value),
                None => line(&mut text, &format!("column {}", index + 1), value),
            }
        }
        let values = names.iter().map(String::as_str).zip(record.iter().map(|value| typed(value.trim())));
        records.add(row, &text, values, sink)?;
    }
    if row == 0 && header.is_some() {
        return Err(IngestError::new(
            "empty_file",
            "The table has a row of names and nothing below it. Choose a file with rows.",
        ));
    }
    records.end(sink)
}

/// The separator that the first line has most of, quoted text left out.
fn separator(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => {
                for (separator, count) in &mut counts {
                    *count += i32::from(byte == *separator);
                }
            }
            _ => {}
        }
    }
    // Of several, the first in the list.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

/// A number where that is what is written, so that filters can compare; `007` stays text.
fn typed(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Value::from(number);
    }
    let decimal = text.strip_prefix('-').unwrap_or(text);
    let plain = decimal.split_once('.').is_some_and(|(whole, part)| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        digits(whole) && digits(part) && (whole == "0" || !whole.starts_with('0')) && text.len() <= 17
    });
    let number = if plain { text.parse::<f64>().ok().and_then(Number::from_f64) } else { None };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
