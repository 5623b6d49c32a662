//! What the address asks of a table: which rows, in which order.

use crate::{
    api::tables::{Column, ColumnType, RowQuery},
    ui::server_fns::session::encode,
};
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const PAGE: u64 = 100;

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Filter {
    pub column: String,
    pub operator: String,
    pub value: Value,
}

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub table: String,
    pub filters: Vec<Filter>,
    /// A column, with `-` in front where the largest comes first.
    pub order: Option<String>,
    /// Where this page begins.
    pub after: Option<String>,
    /// What a plain form adds: column, operator, text.
    pub added: Option<(String, String, String)>,
}

impl Wanted {
    /// Follows the address.
    pub fn read() -> Memo<Self> {
        let (params, query) = (use_params_map(), use_query_map());
        Memo::new(move |_| query.with(|q| Self::of(params.with(|p| p.get("name")).unwrap_or_default(), q)))
    }

    fn of(table: String, query: &ParamsMap) -> Self {
        let some = |key: &str| query.get(key).filter(|text| !text.is_empty());
        let added = some("column")
            .zip(some("op"))
            .map(|(column, op)| (column, op, some("value").unwrap_or_default()));
        Self {
            table,
            filters: some("where").map(|text| filters_of(&text)).unwrap_or_default(),
            order: some("order"),
            after: some("after"),
            added,
        }
    }

    /// Whether something was added that means what its column says.
    pub fn needs_columns(&self) -> bool {
        self.added.is_some()
    }

    /// With what a plain form has added, once the columns are known.
    pub fn settled(mut self, columns: &[Column]) -> Self {
        if let Some((column, operator, text)) = self.added.take() {
            let kind = kind_of(&column, columns);
            self.add(Filter { value: value_of(kind, &operator, &text), column, operator });
        }
        self
    }

    /// Adds a condition in the place of one of the same kind.
    pub fn add(&mut self, filter: Filter) {
        self.filters.retain(|f| f.column != filter.column || f.operator != filter.operator);
        self.filters.push(filter);
        self.after = None;
    }

    /// Without the condition at that place.
    pub fn without(&self, index: usize) -> Self {
        let mut other = Self { after: None, ..self.clone() };
        other.filters.remove(index);
        other
    }

    /// All rows, in the same order.
    pub fn plain(&self) -> Self {
        Self { table: self.table.clone(), order: self.order.clone(), ..Self::default() }
    }

    pub fn is_plain(&self) -> bool {
        self.filters.is_empty() && self.order.is_none() && self.after.is_none()
    }

    /// Sorted by a column: upwards, then downwards, then as the rows came.
    pub fn sorted(&self, column: &str) -> Self {
        let order = match self.sorting(column) {
            None => Some(column.to_owned()),
            Some(true) => Some(format!("-{column}")),
            Some(false) => None,
        };
        Self { order, after: None, ..self.clone() }
    }

    /// Whether the rows are sorted by that column, and upwards.
    pub fn sorting(&self, column: &str) -> Option<bool> {
        let order = self.order.as_deref()?;
        match order.strip_prefix('-') {
            Some(name) => (name == column).then_some(false),
            None => (order == column).then_some(true),
        }
    }

    /// What the service is asked for.
    pub fn query(&self) -> RowQuery {
        RowQuery {
            filter: (!self.filters.is_empty()).then(|| self.filter()),
            order: self.order.iter().cloned().collect(),
            limit: Some(PAGE),
            after: self.after.clone(),
        }
    }

    fn filter(&self) -> Value {
        let mut all = Map::new();
        for filter in &self.filters {
            let tests = all.entry(filter.column.clone()).or_insert_with(|| json!({}));
            if let Value::Object(tests) = tests {
                tests.insert(filter.operator.clone(), filter.value.clone());
            }
        }
        Value::Object(all)
    }

    /// The filter as it stands in an address; empty: none.
    pub fn filter_text(&self) -> String {
        if self.filters.is_empty() { String::new() } else { self.filter().to_string() }
    }

    /// The address of this look at the table.
    pub fn href(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |key: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{key}={}", encode(value)));
            }
        };
        part("where", &self.filter_text());
        part("order", self.order.as_deref().unwrap_or_default());
        part("after", self.after.as_deref().unwrap_or_default());
        let path = format!("/tables/{}", encode(&self.table));
        if parts.is_empty() { path } else { format!("{path}?{}", parts.join("&")) }
    }
}

fn filters_of(text: &str) -> Vec<Filter> {
    let Ok(Value::Object(all)) = serde_json::from_str(text) else { return Vec::new() };
    all.into_iter()
        .flat_map(|(column, test)| {
            let tests = match test {
                Value::Object(tests) => tests,
                value => Map::from_iter([("eq".to_owned(), value)]),
            };
            tests.into_iter().map(move |(operator, value)| Filter { column: column.clone(), operator, value })
        })
        .collect()
}

/// What a column holds; the table's own are numbers and times.
pub(super) fn kind_of(column: &str, columns: &[Column]) -> ColumnType {
    match columns.iter().find(|c| c.name == column) {
        Some(column) => column.kind,
        None if column == crate::api::tables::ID_COLUMN => ColumnType::Integer,
        None if column == crate::api::tables::CREATED_AT_COLUMN => ColumnType::Timestamp,
        None => ColumnType::Text,
    }
}

/// What somebody typed, as a value of the column; text that is none stays text, and the service says why it does not fit.
pub(super) fn value_of(kind: ColumnType, operator: &str, text: &str) -> Value {
    if operator == "in" {
        return text.split(',').map(|part| one(kind, part.trim())).collect();
    }
    one(kind, text.trim())
}

fn one(kind: ColumnType, text: &str) -> Value {
    let read = match kind {
        ColumnType::Integer => text.parse::<i64>().ok().map(Value::from),
        ColumnType::Real => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
        ColumnType::Boolean => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(Value::Bool(true)),
            "false" | "no" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Wanted {
        let mut map = ParamsMap::new();
        for (key, value) in pairs {
            map.insert((*key).to_owned(), (*value).to_owned());
        }
        Wanted::of("my orders".to_owned(), &map)
    }

    #[test]
    fn filters_travel_in_the_address() {
        let wanted = read(&[("where", r#"{"age":{"gt":17,"lt":30},"name":"Ada"}"#), ("order", "-age")]);
        assert_eq!(wanted.filters.len(), 3);
        assert_eq!(wanted.query().filter, Some(json!({"age": {"gt": 17, "lt": 30}, "name": {"eq": "Ada"}})));
        let less = wanted.without(0);
        assert_eq!(less.filters.len(), 2);
        assert!(less.href().starts_with("/tables/my%20orders?where=%7B%22age%22"));
        assert_eq!(less.plain().href(), "/tables/my%20orders?order=-age");
        assert!(read(&[("where", "nonsense")]).filters.is_empty());
    }

    #[test]
    fn a_plain_form_adds_a_condition_of_the_right_kind() {
        let columns = [Column { name: "age".to_owned(), kind: ColumnType::Integer }];
        let wanted =
            read(&[("column", "age"), ("op", "gte"), ("value", " 18 "), ("after", "x")]).settled(&columns);
        assert_eq!(wanted.query().filter, Some(json!({"age": {"gte": 18}})));
        assert_eq!(wanted.after, None, "other rows begin at their beginning");
        assert_eq!(value_of(ColumnType::Text, "in", "a, b"), json!(["a", "b"]));
        assert_eq!(value_of(ColumnType::Boolean, "eq", "Yes"), json!(true));
        assert_eq!(value_of(ColumnType::Integer, "eq", "many"), json!("many"));
    }

    #[test]
    fn a_column_is_sorted_up_then_down_then_not() {
        let first = read(&[]).sorted("age");
        assert_eq!(first.sorting("age"), Some(true));
        let second = first.sorted("age");
        assert_eq!((second.sorting("age"), second.order.as_deref()), (Some(false), Some("-age")));
        assert_eq!(second.sorted("age").order, None);
        assert_eq!(second.sorted("name").order.as_deref(), Some("name"));
    }
}
