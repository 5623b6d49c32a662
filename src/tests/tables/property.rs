//! Whatever rows are written, the same rows are read.

use crate::{db_test, store::user};
use chrono::{DateTime, Utc};
use millrace::server::store::data_tables::{
    self, NewRows, RowsWanted, Select, TableLimits, prepare, write_alone,
};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const CASES: usize = 40;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Integer,
    Real,
    Text,
    Boolean,
    Json,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{0,40}", "['\"\\\\;%_{}$?:,\\n\\t-]{0,12}"]
}

fn name() -> impl Strategy<Value = String> {
    "[^-\\pC\\s][^\\pC\\s]{0,12}"
        .prop_filter("names of the table itself", |name| !["_id", "_created_at"].contains(&name.as_str()))
}

/// JSON without numbers whose text is not exactly them.
fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        text().prop_map(Value::from),
        Just(json!("\u{0}")),
    ];
    let inner = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    // A column of JSON begins with a list or an object.
    vec(inner, 0..3).prop_map(Value::from)
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    let some = match kind {
        Kind::Integer => any::<i64>().prop_map(Value::from).boxed(),
        Kind::Real => any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from).boxed(),
        Kind::Text => text().prop_map(Value::from).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Json => nested().boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 5 => some].boxed()
}

/// Columns with their kinds, and rows that have some of them.
fn rows() -> impl Strategy<Value = (Vec<String>, Vec<Map<String, Value>>)> {
    let kind = prop_oneof![
        Just(Kind::Integer),
        Just(Kind::Real),
        Just(Kind::Text),
        Just(Kind::Boolean),
        Just(Kind::Json)
    ];
    btree_map(name(), kind, 1..6).prop_flat_map(|columns: BTreeMap<String, Kind>| {
        let names: Vec<_> = columns.keys().cloned().collect();
        let row: Vec<_> = columns.values().map(|kind| (any::<bool>(), value(*kind))).collect();
        vec(row, 1..30).prop_map(move |rows| {
            let row = |cells: Vec<(bool, Value)>| {
                let named = names.iter().cloned().zip(cells);
                named.filter(|(_, (is_there, _))| *is_there).map(|(name, (_, value))| (name, value)).collect()
            };
            (names.clone(), rows.into_iter().map(row).collect())
        })
    })
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_790_000_000_123).expect("a time")
}

db_test! {
    async fn rows_come_back_as_they_were(db) {
        let owner = user(db, "ada").await;
        let limits = TableLimits { tables: CASES, ..TableLimits::default() };
        let (mut runner, strategy) = (TestRunner::default(), rows());
        for case in 0..CASES {
            let (names, rows) = strategy.new_tree(&mut runner).expect("rows").current();
            let table = format!("case {case}");
            // In two writes, so that the second one meets columns that are there.
            for part in rows.chunks(rows.len().div_ceil(2)) {
                let given: Vec<_> = part.iter().collect();
                let new = NewRows { table: &table, rows: &given, key: &[], may_create: true, now: now() };
                let ready = prepare(&db.store, owner, &limits, new).await.unwrap_or_else(|e| panic!("{e}: {rows:?}"));
                write_alone(&db.store, &ready).await.expect("they are written");
            }
            let stored = data_tables::get(&db.store, owner, &table).await.expect("a table");
            let order = ["_id".to_owned()];
            let select = Select::of(&stored, RowsWanted { filter: None, order: &order }).expect("an order");
            let found = data_tables::read_all(&db.store, &stored, &select, 1000, usize::MAX).await.expect("rows");
            assert_eq!(found.len(), rows.len());
            for (number, (found, given)) in found.iter().zip(&rows).enumerate() {
                assert_eq!(found["_id"], number as i64 + 1);
                assert_eq!(found["_created_at"], "2026-09-21T14:13:20.123Z");
                for name in &names {
                    // A column that never had a value was not made.
                    let found = found.get(name).unwrap_or(&Value::Null);
                    assert_eq!(found, given.get(name).unwrap_or(&Value::Null), "{name:?} of row {number}");
                }
            }
            // Each value finds its rows.
            for column in stored.columns_view() {
                let Some(value) = rows.iter().find_map(|row| row.get(&column.name).filter(|value| !value.is_null())) else { continue };
                let filter = json!({ column.name.clone(): { "eq": value } });
                let select = Select::of(&stored, RowsWanted { filter: Some(&filter), order: &[] }).expect("a filter");
                let found = data_tables::read_all(&db.store, &stored, &select, 1000, usize::MAX).await.expect("rows");
                let expected = rows.iter().filter(|row| row.get(&column.name) == Some(value)).count();
                assert_eq!(found.len(), expected, "{filter}");
            }
        }
    }
}
