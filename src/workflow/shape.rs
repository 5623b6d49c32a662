//! Lists that stand where an object belongs: `serde` takes them for the fields in their order, which nobody means.

use serde::Serialize;
use serde_json::Value;

/// The dotted place of the first list in `sent` that became an object in `read`, the value made of it; `None` if every
/// list stayed one.
#[must_use]
pub fn list_for_object<T: Serialize>(sent: &Value, read: &T) -> Option<String> {
    let read = serde_json::to_value(read).ok()?;
    let mut place = Vec::new();
    find(sent, &read, &mut place).then(|| place.join("."))
}

fn find(sent: &Value, read: &Value, place: &mut Vec<String>) -> bool {
    match (sent, read) {
        (Value::Array(_), Value::Object(_)) => true,
        (Value::Array(sent), Value::Array(read)) => {
            let mut pairs = sent.iter().zip(read).enumerate();
            pairs.any(|(index, (sent, read))| inside(index.to_string(), sent, read, place))
        }
        (Value::Object(sent), Value::Object(read)) => sent
            .iter()
            .filter_map(|(key, sent)| Some((key, sent, read.get(key)?)))
            .any(|(key, sent, read)| inside(key.clone(), sent, read, place)),
        _ => false,
    }
}

/// Leaves the step in `place` where something was found below it.
fn inside(step: String, sent: &Value, read: &Value, place: &mut Vec<String>) -> bool {
    place.push(step);
    let found = find(sent, read, place);
    if !found {
        place.pop();
    }
    found
}
