//! What the names of an expression stand for. Values are shared, not copied, and turned into the evaluator's form only
//! when an expression touches them.

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, OnceLock};

/// The names an expression may use. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope {
    names: Arc<Names>,
    /// Inside a for_each.
    item: Option<Arc<Item>>,
}

/// Collects what a [`Scope`] holds. What is not set is an empty object; `input` is null.
#[derive(Debug, Default)]
pub struct ScopeBuilder {
    names: Names,
    item: Option<Arc<Item>>,
}

#[derive(Debug, Default)]
struct Names {
    input: Slot,
    inputs: Arc<Group>,
    nodes: Arc<Group>,
    vars: Slot,
    run: Slot,
}

/// `item` and `index`.
#[derive(Debug)]
struct Item {
    item: Slot,
    index: Slot,
}

impl Item {
    fn new(item: impl Into<Arc<Json>>, index: u64) -> Arc<Self> {
        Arc::new(Self { item: Slot::new(item), index: Slot::new(json!(index)) })
    }
}

/// A JSON value and, once it has been touched, its form for the evaluator.
#[derive(Debug, Default)]
struct Slot {
    json: Arc<Json>,
    value: OnceLock<Value>,
}

impl Slot {
    fn new(json: impl Into<Arc<Json>>) -> Self {
        Self { json: json.into(), value: OnceLock::new() }
    }

    fn value(&self) -> Value {
        self.value.get_or_init(|| Value::from(minijinja::value::Serde(&*self.json))).clone()
    }
}

/// Outputs by node name.
#[derive(Debug, Default)]
struct Group(IndexMap<String, Slot>);

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).map(Slot::value)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).map(Slot::value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|k| Value::from(k.as_str())).collect())
    }
}

/// The root context: looked up by name, never listed.
#[derive(Debug)]
struct RootNames(Scope);

impl Object for RootNames {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let Scope { names, item } = &self.0;
        Some(match key {
            "input" => names.input.value(),
            "inputs" => Value::from_dyn_object(names.inputs.clone()),
            "nodes" => Value::from_dyn_object(names.nodes.clone()),
            "vars" => names.vars.value(),
            "run" => names.run.value(),
            "item" => item.as_ref()?.item.value(),
            "index" => item.as_ref()?.index.value(),
            _ => return None,
        })
    }
}

impl Scope {
    /// A scope that holds only `input`.
    #[must_use]
    pub fn of_input(input: impl Into<Arc<Json>>) -> Self {
        Self::builder().input(input).build()
    }

    #[must_use]
    pub fn builder() -> ScopeBuilder {
        let names = Names { vars: Slot::new(json!({})), run: Slot::new(json!({})), ..Names::default() };
        ScopeBuilder { names, item: None }
    }

    /// The same names, and `item` and `index` (from 0) of a list. What has been turned into the evaluator's form stays so.
    #[must_use]
    pub fn with_item(&self, item: impl Into<Arc<Json>>, index: u64) -> Self {
        Self { names: Arc::clone(&self.names), item: Some(Item::new(item, index)) }
    }

    pub(super) fn root(&self) -> Value {
        Value::from_object(RootNames(self.clone()))
    }

    /// Whether `item` and `index` are names here.
    pub(super) fn has_item(&self) -> bool {
        self.item.is_some()
    }

    /// What stands behind one of our names, for messages.
    pub(super) fn look(&self, name: &str) -> Look<'_> {
        let Self { names, item } = self;
        match name {
            "input" => Look::Value(&names.input.json),
            "inputs" => Look::Group(names.inputs.0.iter().map(|(k, s)| (k.as_str(), &*s.json)).collect()),
            "nodes" => Look::Group(names.nodes.0.iter().map(|(k, s)| (k.as_str(), &*s.json)).collect()),
            "vars" => Look::Value(&names.vars.json),
            "run" => Look::Value(&names.run.json),
            "item" => item.as_ref().map_or(Look::Unknown, |i| Look::Value(&i.item.json)),
            "index" => item.as_ref().map_or(Look::Unknown, |i| Look::Value(&i.index.json)),
            _ => Look::Unknown,
        }
    }
}

/// See [`Scope::look`].
pub(super) enum Look<'a> {
    Value(&'a Json),
    Group(Vec<(&'a str, &'a Json)>),
    Unknown,
}

impl ScopeBuilder {
    /// `input`: the output of the one predecessor, the object of several by name, or the run's input.
    #[must_use]
    pub fn input(mut self, value: impl Into<Arc<Json>>) -> Self {
        self.names.input = Slot::new(value);
        self
    }

    /// `inputs.<name>`: the output of a direct predecessor.
    #[must_use]
    pub fn with_input(mut self, name: impl Into<String>, value: impl Into<Arc<Json>>) -> Self {
        insert(&mut self.names.inputs, name, value);
        self
    }

    /// `nodes.<name>`: the output of any ancestor.
    #[must_use]
    pub fn with_node(mut self, name: impl Into<String>, value: impl Into<Arc<Json>>) -> Self {
        insert(&mut self.names.nodes, name, value);
        self
    }

    /// `vars`: the workflow's constants.
    #[must_use]
    pub fn vars(mut self, vars: Map<String, Json>) -> Self {
        self.names.vars = Slot::new(Json::Object(vars));
        self
    }

    /// `run`: its id, its input and when it started (RFC 3339, UTC).
    #[must_use]
    pub fn run(mut self, id: &str, input: &Json, started_at: &str) -> Self {
        self.names.run = Slot::new(json!({ "id": id, "input": input, "started_at": started_at }));
        self
    }

    /// `item` and `index` of a for_each.
    #[must_use]
    pub fn item(mut self, item: impl Into<Arc<Json>>, index: u64) -> Self {
        self.item = Some(Item::new(item, index));
        self
    }

    #[must_use]
    pub fn build(self) -> Scope {
        Scope { names: Arc::new(self.names), item: self.item }
    }
}

fn insert(group: &mut Arc<Group>, name: impl Into<String>, value: impl Into<Arc<Json>>) {
    if let Some(group) = Arc::get_mut(group) {
        group.0.insert(name.into(), Slot::new(value));
    }
}
