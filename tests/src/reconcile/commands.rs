//! Commands: what was acknowledged happened once, what was refused did not, the rest is whole.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::{Difference, Rule, history::Event};
use crate::ledger::{Entry, Kind, Outcome};

/// What each request left in the log.
#[derive(Debug)]
pub(super) struct Commands<'a> {
    entries: &'a [Entry],
    left: HashMap<Uuid, Vec<String>>,
}

impl<'a> Commands<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        Self { entries, left: HashMap::new() }
    }

    pub(super) fn see(&mut self, event: &Event) {
        // Without a ledger there is nothing to hold it against.
        if self.entries.is_empty() || event.kind.ends_with(".summarised") {
            return;
        }
        let Value::String(correlation) = event.metadata("$correlationId") else { return };
        let Ok(request) = correlation.parse::<Uuid>() else { return };
        self.left.entry(request).or_default().push(event.kind.clone());
    }

    pub(super) fn differences(mut self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for entry in self.entries {
            let left = entry.request.and_then(|it| self.left.remove(&it)).unwrap_or_default();
            if let Some(rule) = judge(entry, &left) {
                let what = format!("{entry:?} left {left:?}");
                differences.push(Difference { rule, what });
            }
        }
        // What nobody was answered for: commands that broke off, and what the service did itself.
        for (request, left) in self.left {
            if KINDS.iter().all(|kind| !is_begun(steps(*kind), &left)) {
                let what = format!("request {request}, never answered, left {left:?}");
                differences.push(Difference { rule: Rule::WholeOrNothing, what });
            }
        }
        differences
    }
}

const KINDS: [Kind; 6] = [
    Kind::Register,
    Kind::Authenticate,
    Kind::RotateRefreshToken,
    Kind::CreateToken,
    Kind::RenameToken,
    Kind::RevokeToken,
];

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

/// How often each step was done.
fn counts(steps: &[&str], left: &[String]) -> Vec<usize> {
    steps.iter().map(|step| left.iter().filter(|it| it == step).count()).collect()
}

/// Whether the steps were done once each and in their order, as far as they were done. A saga that
/// broke off has done its first steps; a reactor or a repetition finishes it.
fn is_begun(steps: &[&str], left: &[String]) -> bool {
    let counts = counts(steps, left);
    counts.iter().all(|count| *count <= 1) && counts.is_sorted_by(|a, b| a >= b)
}

fn judge(entry: &Entry, left: &[String]) -> Option<Rule> {
    let steps = steps(entry.kind);
    let done: usize = counts(steps, left).iter().sum();
    match entry.outcome {
        _ if !is_begun(steps, left) => Some(Rule::WholeOrNothing),
        Outcome::Ok if done < steps.len() => Some(Rule::AcknowledgedIsKept),
        Outcome::Refused if done > 0 => Some(Rule::RefusedIsNothing),
        Outcome::Ok | Outcome::Refused | Outcome::Intent | Outcome::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(outcome: Outcome, left: &[&str]) -> Option<Rule> {
        let entry = Entry { number: 0, request: None, kind: Kind::CreateToken, outcome };
        let left: Vec<String> = left.iter().map(|it| (*it).to_owned()).collect();
        judge(&entry, &left)
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
