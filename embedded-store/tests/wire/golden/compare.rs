//! What of an answer counts, and how answers of two servers become comparable.

use super::script::Step;
use fancy_regex::Regex;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// What of an answer counts.
pub(super) fn judged(step: &Step, answer: &Value) -> Value {
    if step.record_only {
        return Value::Null;
    }
    let failed = answer.get("error").is_some()
        || answer.get("end").is_some_and(|end| end.get("status").is_some());
    if step.any_error && failed {
        return "error".into();
    }
    let mut kept = answer.clone();
    if let Some(fields) = kept.as_object_mut() {
        fields.retain(|key, _| !step.ignore.contains(key));
    }
    if let Some(messages) = kept.get_mut("messages").and_then(Value::as_array_mut) {
        messages.retain(|message| {
            !message.as_object().is_some_and(|m| m.keys().any(|key| step.ignore.contains(key)))
        });
    }
    kept
}

/// Positions become their rank, names lose the run's nonce, ids and times their value.
pub(super) fn normalised(
    answers: Vec<Value>,
    nonce: &str,
    ids: &HashMap<String, String>,
) -> Vec<Value> {
    let mut positions = BTreeSet::new();
    for answer in &answers {
        strings(answer, &mut |text| positions.extend(position(text)));
    }
    let ranks: HashMap<u64, usize> =
        positions.into_iter().enumerate().map(|(rank, position)| (position, rank + 1)).collect();
    let time = Regex::new(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)").unwrap();
    let id = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let normal = |text: &str| match position(text) {
        Some(u64::MAX) => "end".to_owned(),
        Some(position) => format!("p{}", ranks[&position]),
        None => {
            let text = text.replace(&format!("-{nonce}"), "@");
            let text = time.replace_all(&text, "time");
            let kind = |found: &fancy_regex::Captures<'_>| {
                ids.get(&found[0]).cloned().unwrap_or_else(|| "uuid".into())
            };
            id.replace_all(&text, kind).into_owned()
        }
    };
    answers.into_iter().map(|answer| mapped(answer, &normal)).collect()
}

/// A position in an answer, before it is ranked.
pub(super) fn at(position: u64) -> Value {
    json!(format!("pos:{position}"))
}

fn position(text: &str) -> Option<u64> {
    text.strip_prefix("pos:")?.parse().ok()
}

fn strings(value: &Value, seen: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => seen(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, seen)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mapped(value: Value, map: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(&text)),
        Value::Array(values) => values.into_iter().map(|value| mapped(value, map)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, mapped(value, map))).collect()
        }
        other => other,
    }
}
