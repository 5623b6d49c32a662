//! CSV and rows: reading files as people's programs write them, and writing them. Pure.

use crate::{
    api::tables::{CREATED_AT_COLUMN, Column, ColumnType, ID_COLUMN, Row},
    server::error::AppError,
};
use chrono::DateTime;
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use encoding_rs::Encoding;
use serde_json::{Number, Value};
use std::collections::{HashMap, HashSet};

/// What a file holds.
#[derive(Debug, PartialEq)]
pub struct Parsed {
    pub rows: Vec<Row>,
    /// The line of the file that each row begins on.
    pub lines: Vec<u64>,
}

/// Reads a file whose first line names the columns. Columns that the table has are read by their type, new ones get the
/// type that all of their values have. Empty fields are null. The table's own columns, as an export has them, are left
/// out.
pub fn parse(bytes: &[u8], known: &[Column]) -> Result<Parsed, AppError> {
    let text = decode(bytes)?;
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(&text)).has_headers(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| malformed(&error))?.clone();
    let names = names(&header)?;
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| malformed(&error))?;
        // A line without anything in it.
        if record.iter().any(|field| !field.is_empty()) {
            records.push(record);
        }
    }
    let types: HashMap<&str, ColumnType> = known.iter().map(|c| (c.name.as_str(), c.kind)).collect();
    let kinds: Vec<_> = names
        .iter()
        .map(|(index, name)| {
            let found = types.get(name.as_str()).copied();
            found.unwrap_or_else(|| kind_of(records.iter().filter_map(|record| record.get(*index))))
        })
        .collect();
    let mut parsed =
        Parsed { rows: Vec::with_capacity(records.len()), lines: Vec::with_capacity(records.len()) };
    for record in &records {
        let value = |((index, name), kind): (&(usize, String), &ColumnType)| {
            (name.clone(), value(*kind, record.get(*index).unwrap_or_default()))
        };
        parsed.rows.push(names.iter().zip(&kinds).map(value).collect());
        parsed.lines.push(record.position().map_or(0, |position| line(&text, position)));
    }
    Ok(parsed)
}

/// The line that a record begins on. Its position is before the empty lines in front of it.
fn line(text: &str, position: &csv::Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.as_bytes().get(start..).unwrap_or_default();
    let empty = before.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line() + empty.count() as u64
}

fn refused(code: &'static str, message: String) -> AppError {
    AppError::field("file", message).with_code(code)
}

/// UTF-8, or UTF-16 with a byte order mark as spreadsheets write it.
fn decode(bytes: &[u8]) -> Result<String, AppError> {
    let unreadable = || {
        refused(
            "bad_encoding",
            "is not text in UTF-8; save it from your program as \"CSV UTF-8\" and try again".to_owned(),
        )
    };
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => encoding
            .decode_without_bom_handling_and_without_replacement(&bytes[length..])
            .ok_or_else(unreadable)?
            .into_owned(),
        None => std::str::from_utf8(bytes).map_err(|_| unreadable())?.to_owned(),
    };
    if text.contains('\0') {
        return Err(refused("bad_encoding", "has NUL characters; it is not a CSV file".to_owned()));
    }
    if text.trim().is_empty() {
        return Err(refused("empty_file", "is empty; its first line must name the columns".to_owned()));
    }
    Ok(text)
}

/// What stands most often between the names of the first line.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            c if !quoted => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(c == char::from(*delimiter));
                }
            }
            _ => {}
        }
    }
    let mut most = counts[0];
    for other in counts {
        if other.1 > most.1 {
            most = other;
        }
    }
    most.0
}

/// The columns by their place. What is wrong with a name the table says.
fn names(header: &StringRecord) -> Result<Vec<(usize, String)>, AppError> {
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(header.len());
    for (index, name) in header.iter().enumerate() {
        let name = name.trim();
        if name.is_empty() {
            let message =
                format!("has no name for column {}; the first line must name each column", index + 1);
            return Err(refused("bad_name", message));
        }
        if !seen.insert(name) {
            return Err(refused("bad_name", format!("names the column `{name}` twice; rename one of them")));
        }
        if name != ID_COLUMN && name != CREATED_AT_COLUMN {
            names.push((index, name.to_owned()));
        }
    }
    Ok(names)
}

fn malformed(error: &csv::Error) -> AppError {
    let line = error.position().map_or(0, csv::Position::line);
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} fields in line {line}, but {expected_len} columns; correct that line")
        }
        _ => format!("is no CSV in line {line}: {error}"),
    };
    refused("malformed_csv", message)
}

/// The type that fits every value that is not empty.
fn kind_of<'f>(fields: impl Iterator<Item = &'f str> + Clone) -> ColumnType {
    let all = |fits: fn(&str) -> bool| {
        let mut some = fields.clone().filter(|field| !field.is_empty()).peekable();
        some.peek().is_some() && some.all(fits)
    };
    if all(|field| integer(field).is_some()) {
        ColumnType::Integer
    } else if all(|field| real(field).is_some()) {
        ColumnType::Real
    } else if all(|field| boolean(field).is_some()) {
        ColumnType::Boolean
    } else if all(|field| DateTime::parse_from_rfc3339(field).is_ok()) {
        ColumnType::Timestamp
    } else if all(|field| field.starts_with(['{', '[']) && json(field).is_some()) {
        ColumnType::Json
    } else {
        ColumnType::Text
    }
}

/// A field in the words of JSON; what does not fit stays text, which the table refuses by the name of the column.
fn value(kind: ColumnType, field: &str) -> Value {
    if field.is_empty() {
        return Value::Null;
    }
    let read = match kind {
        ColumnType::Integer | ColumnType::Real => integer(field).map(Value::from).or_else(|| real(field)),
        ColumnType::Boolean => boolean(field).map(Value::Bool),
        ColumnType::Json => json(field),
        ColumnType::Text | ColumnType::Timestamp => None,
    };
    read.unwrap_or_else(|| Value::String(field.to_owned()))
}

/// A whole number as people write it; `007` is a name, not a number.
fn integer(field: &str) -> Option<i64> {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    if plain { field.parse().ok() } else { None }
}

fn real(field: &str) -> Option<Value> {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && !(digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit());
    // Whole numbers beyond 64 bits are no numbers with fractions.
    if !is_number || digits.bytes().all(|b| b.is_ascii_digit()) && integer(field).is_none() {
        return None;
    }
    Number::from_f64(field.parse().ok()?).map(Value::Number)
}

fn boolean(field: &str) -> Option<bool> {
    match field {
        _ if field.eq_ignore_ascii_case("true") => Some(true),
        _ if field.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn json(field: &str) -> Option<Value> {
    serde_json::from_str(field).ok()
}

/// The first line of an export.
pub fn header(columns: &[Column]) -> Result<Vec<u8>, AppError> {
    let names = columns.iter().map(|column| column.name.as_str());
    lines(std::iter::once(
        std::iter::once(ID_COLUMN).chain(names).chain([CREATED_AT_COLUMN]).map(str::to_owned),
    ))
}

/// Lines of an export: `_id`, the columns, `_created_at`.
pub fn body(columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, AppError> {
    let line = |row: &Row| {
        let names = columns.iter().map(|column| column.name.as_str());
        let all = std::iter::once(ID_COLUMN).chain(names).chain([CREATED_AT_COLUMN]);
        all.map(|name| field(row.get(name).unwrap_or(&Value::Null))).collect::<Vec<_>>()
    };
    lines(rows.iter().map(line))
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn lines<L: IntoIterator<Item = String>>(lines: impl Iterator<Item = L>) -> Result<Vec<u8>, AppError> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).map_err(AppError::internal)?;
    }
    writer.into_inner().map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(text: &str) -> Value {
        json!(parse(text.as_bytes(), &[]).expect("CSV").rows)
    }

    fn code(bytes: &[u8]) -> &'static str {
        parse(bytes, &[]).expect_err("no CSV").code()
    }

    #[test]
    fn types_are_what_all_values_are() {
        assert_eq!(
            rows("n,r,b,t,j,zip,empty\n1,1.5,true,a,{\"x\":1},007,\n-2,3,FALSE,2,[],12,\n"),
            json!([
                {"n": 1, "r": 1.5, "b": true, "t": "a", "j": {"x": 1}, "zip": "007", "empty": null},
                {"n": -2, "r": 3, "b": false, "t": "2", "j": [], "zip": "12", "empty": null},
            ])
        );
        assert_eq!(rows("n\n1\n9223372036854775808\n"), json!([{"n": "1"}, {"n": "9223372036854775808"}]));
        assert_eq!(rows("n\nNaN\n1\n"), json!([{"n": "NaN"}, {"n": "1"}]));
    }

    #[test]
    fn columns_that_are_known_keep_their_type() {
        let known = [
            Column { name: "zip".into(), kind: ColumnType::Text },
            Column { name: "n".into(), kind: ColumnType::Integer },
        ];
        let parsed = parse(b"zip,n\n12,x\n", &known).expect("CSV");
        assert_eq!(json!(parsed.rows), json!([{"zip": "12", "n": "x"}]));
    }

    #[test]
    fn separators_quotes_marks_and_own_columns() {
        let german = "\u{feff}_id;Name;Größe;_created_at\r\n7;\"Müller; \"\"Max\"\"\";1\r\n";
        assert_eq!(code(german.as_bytes()), "malformed_csv");
        let german = "\u{feff}_id;Name;Größe;_created_at\r\n7;\"Müller; \"\"Max\"\"\";1;x\r\n\r\n";
        assert_eq!(rows(german), json!([{"Name": "Müller; \"Max\"", "Größe": 1}]));
        let utf16: Vec<u8> = "\u{feff}a\tb\n1\tx\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(json!(parse(&utf16, &[]).expect("CSV").rows), json!([{"a": 1, "b": "x"}]));
    }

    #[test]
    fn what_is_no_csv_is_refused_by_its_line() {
        for (bytes, expected) in [
            (&b""[..], "empty_file"),
            (b"  \n ", "empty_file"),
            (b"a,a\n1,2\n", "bad_name"),
            (b"a,,b\n1,2,3\n", "bad_name"),
            (b"a\xff,b\n", "bad_encoding"),
            (b"a,b\n1,\0\n", "bad_encoding"),
            (b"a,b\n1\n", "malformed_csv"),
        ] {
            assert_eq!(code(bytes), expected, "{bytes:?}");
        }
        let parsed = parse(b"a\n1\n\n\"two\nlines\"\n3\n", &[]).expect("CSV");
        assert_eq!(parsed.lines, [2, 4, 6]);
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let columns = [
            Column { name: "a, \"b\"".into(), kind: ColumnType::Text },
            Column { name: "j".into(), kind: ColumnType::Json },
        ];
        let row = json!({"_id": 1, "a, \"b\"": "x\ny", "j": {"k": [1, "ü"]}, "_created_at": "2026-01-01T00:00:00.000Z"});
        let Value::Object(row) = row else { unreachable!() };
        let mut file = header(&columns).expect("a header");
        file.extend(body(&columns, &[row]).expect("lines"));
        assert_eq!(
            json!(parse(&file, &columns).expect("CSV").rows),
            json!([{"a, \"b\"": "x\ny", "j": {"k": [1, "ü"]}}])
        );
    }
}
