//! What changed between two states, as paths and values.

use serde::Serialize;
use serde_json::Value;

/// One place in a state that is not what it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Members joined by dots, places in lists in brackets: `members.usr_1.role`, `slots[2]`.
    pub path: String,
    /// What stood there; none where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What stands there; none where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Returns what must change in `before` to make it `after`, in the order of the paths.
///
/// A member that is null is one that is not there. Lists of plain values change as a whole, since
/// a place in them means nothing.
pub(super) fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), present(before), present(after), &mut changes);
    changes
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (before, after) if before == after => {}
        (before, Some(Value::Object(members))) if before.is_none_or(Value::is_object) => {
            let earlier = before.and_then(Value::as_object);
            let mut names: Vec<&String> =
                members.keys().chain(earlier.into_iter().flat_map(serde_json::Map::keys)).collect();
            names.sort_unstable();
            names.dedup();
            if names.is_empty() {
                changes.push(change(path, before, after));
                return;
            }
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let was = earlier.and_then(|members| members.get(name)).and_then(present);
                compare(inner, was, members.get(name).and_then(present), changes);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) if holds_objects(was, is) => {
            for place in 0..was.len().max(is.len()) {
                compare(format!("{path}[{place}]"), was.get(place), is.get(place), changes);
            }
        }
        (before, after) => changes.push(change(path, before, after)),
    }
}

fn change(path: String, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change { path, before: before.cloned(), after: after.cloned() }
}

fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

fn holds_objects(was: &[Value], is: &[Value]) -> bool {
    was.iter().chain(is).any(Value::is_object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        diff(before, after).into_iter().map(|c| (c.path, c.before, c.after)).collect()
    }

    #[test]
    fn equal_states_differ_in_nothing() {
        let state = json!({ "a": [1, { "b": null }], "c": {} });
        assert_eq!(diff(&state, &state), []);
        assert_eq!(diff(&json!({ "a": null }), &json!({})), []);
    }

    #[test]
    fn each_place_is_named_by_its_path() {
        let before = json!({ "plan": "free", "members": { "u1": { "role": "owner" } } });
        let after = json!({ "plan": "pro", "members": { "u1": { "role": "owner" }, "u2": { "role": "admin" } } });
        assert_eq!(
            told(&before, &after),
            [
                ("members.u2.role".to_owned(), None, Some(json!("admin"))),
                ("plan".to_owned(), Some(json!("free")), Some(json!("pro"))),
            ]
        );
    }

    #[test]
    fn what_is_gone_has_no_after() {
        let (before, after) = (json!({ "note": { "a": 1 } }), json!({}));
        assert_eq!(told(&before, &after), [("note".to_owned(), Some(json!({ "a": 1 })), None)]);
    }

    #[test]
    fn lists_of_plain_values_change_as_a_whole_and_others_by_place() {
        let before = json!({ "scopes": ["a"], "slots": [{ "t": 1 }, { "t": 2 }] });
        let after = json!({ "scopes": ["a", "b"], "slots": [{ "t": 1 }, { "t": 3 }, { "t": 4 }] });
        let paths: Vec<_> = diff(&before, &after).into_iter().map(|change| change.path).collect();
        assert_eq!(paths, ["scopes", "slots[1].t", "slots[2].t"]);
    }

    #[test]
    fn the_first_state_of_all_appears_leaf_by_leaf() {
        let paths: Vec<_> = diff(&Value::Null, &json!({ "a": { "b": 1 }, "c": 2 }))
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(paths, ["a.b", "c"]);
    }
}
