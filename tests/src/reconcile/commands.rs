//! Commands: what was acknowledged happened once, what was refused did not, the rest is whole.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::{Difference, Rule, history::Event};
use crate::ledger::{Entry, Kind, Outcome};

/// The events that each command of a ledger left.
#[derive(Debug)]
pub(super) struct Commands<'a> {
    entries: &'a [Entry],
    left: HashMap<Uuid, Vec<String>>,
}

impl<'a> Commands<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        Self { entries, left: entries.iter().map(|it| (it.request, Vec::new())).collect() }
    }

    pub(super) fn see(&mut self, event: &Event) {
        let Value::String(correlation) = event.metadata("$correlationId") else { return };
        let Ok(request) = correlation.parse::<Uuid>() else { return };
        if let Some(left) = self.left.get_mut(&request) {
            left.push(event.kind.clone());
        }
    }

    pub(super) fn differences(self) -> Vec<Difference> {
        let judged =
            self.entries.iter().filter_map(|entry| judge(entry, &self.left[&entry.request]));
        judged.collect()
    }
}

/// Steps of a command in their order; each appends one event of its type.
fn steps(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Register => {
            &["handle.reserved", "user.registered", "user.credential_set", "workspace.created"]
        }
        Kind::Authenticate => &["family.started"],
        Kind::RotateRefreshToken => &["family.rotated"],
        Kind::CreateToken => &["slot.taken", "agent_token.created"],
        Kind::RenameToken => &["agent_token.renamed"],
        Kind::RevokeToken => &["agent_token.revoked", "slot.freed"],
    }
}

fn judge(entry: &Entry, left: &[String]) -> Option<Difference> {
    let steps = steps(entry.kind);
    let count = |step: &&str| left.iter().filter(|it| it == step).count();
    let counts: Vec<usize> = steps.iter().map(count).collect();
    let difference = |rule| {
        let Entry { request, kind, outcome } = entry;
        let what = format!("{kind:?} {request}, {outcome:?}, left {left:?}");
        Some(Difference { rule, what })
    };
    if counts.iter().any(|count| *count > 1) {
        return difference(Rule::WholeOrNothing);
    }
    let done = counts.iter().sum::<usize>();
    match entry.outcome {
        Outcome::Ok if done < steps.len() => difference(Rule::AcknowledgedIsKept),
        Outcome::Refused if done > 0 => difference(Rule::RefusedIsNothing),
        // A saga that broke off has done its first steps; a reactor or a repetition finishes it.
        Outcome::Intent | Outcome::Unknown if counts.is_sorted_by(|a, b| a >= b) => None,
        Outcome::Intent | Outcome::Unknown => difference(Rule::WholeOrNothing),
        Outcome::Ok | Outcome::Refused => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(outcome: Outcome, left: &[&str]) -> Option<Rule> {
        let entry = Entry { request: Uuid::nil(), kind: Kind::CreateToken, outcome };
        let left: Vec<String> = left.iter().map(|it| (*it).to_owned()).collect();
        judge(&entry, &left).map(|it| it.rule)
    }

    #[test]
    fn a_command_is_held_against_what_its_caller_was_told() {
        let whole = ["slot.taken", "agent_token.created"];
        assert_eq!(rule(Outcome::Ok, &whole), None);
        assert_eq!(rule(Outcome::Ok, &[]), Some(Rule::AcknowledgedIsKept));
        assert_eq!(rule(Outcome::Ok, &whole[..1]), Some(Rule::AcknowledgedIsKept));
        assert_eq!(rule(Outcome::Refused, &[]), None);
        assert_eq!(rule(Outcome::Refused, &whole), Some(Rule::RefusedIsNothing));
        for left in [&[][..], &whole[..1], &whole] {
            assert_eq!(rule(Outcome::Unknown, left), None, "{left:?}");
        }
        assert_eq!(rule(Outcome::Unknown, &whole[1..]), Some(Rule::WholeOrNothing));
        let twice = ["slot.taken", "agent_token.created", "agent_token.created"];
        assert_eq!(rule(Outcome::Ok, &twice), Some(Rule::WholeOrNothing));
    }
}
