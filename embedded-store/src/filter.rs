//! Filters: which events of `$all` a reader wants, by stream name or by event type.

use crate::log::event::Recorded;
use fancy_regex::{Expr, Regex};

/// How long an expression may be, in bytes: what it costs to prepare grows with it, to hundreds
/// of megabytes within the size of a request.
const EXPRESSION_LIMIT: usize = 8192;

/// A filter, ready to be asked.
#[derive(Debug)]
pub(crate) struct Filter {
    on: Subject,
    matcher: Matcher,
}

/// What of an event is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Stream,
    EventType,
}

#[derive(Debug)]
enum Matcher {
    Regex(Box<Regex>),
    Prefixes(Vec<String>),
}

/// The expression cannot be understood, or cannot be decided within bounds.
#[derive(Debug, thiserror::Error)]
#[error("the filter's regular expression fails")]
pub(crate) enum InvalidFilter {
    Fails(#[from] Box<fancy_regex::Error>),
    TooLong,
    /// It calls a group anew, as .NET cannot, and recursion takes memory without a bound.
    Recursive,
}

impl Filter {
    /// A regular expression wins over prefixes; with neither, nothing matches.
    pub(crate) fn new(
        on: Subject,
        regex: &str,
        prefixes: Vec<String>,
    ) -> Result<Self, InvalidFilter> {
        let matcher = if regex.is_empty() {
            Matcher::Prefixes(prefixes)
        } else if regex.len() > EXPRESSION_LIMIT {
            return Err(InvalidFilter::TooLong);
        } else if Expr::parse_tree(regex).map_err(Box::new)?.contains_subroutines {
            return Err(InvalidFilter::Recursive);
        } else {
            Matcher::Regex(Box::new(Regex::new(regex).map_err(Box::new)?))
        };
        Ok(Self { on, matcher })
    }

    /// Whether the event passes; a link is judged itself, not what it links to.
    pub(crate) fn matches(&self, event: &Recorded) -> Result<bool, InvalidFilter> {
        let text = match self.on {
            Subject::Stream => event.stream.as_str(),
            Subject::EventType => &event.event_type,
        };
        match &self.matcher {
            Matcher::Regex(regex) => Ok(regex.is_match(text).map_err(Box::new)?),
            Matcher::Prefixes(prefixes) => {
                Ok(prefixes.iter().any(|prefix| text.starts_with(prefix.as_str())))
            }
        }
    }
}

/// Whether an event is never shown in `$all`: bookkeeping of the server itself.
pub(crate) fn hidden(event: &Recorded) -> bool {
    let name = event.stream.as_str();
    name == "$epoch-information"
        || name.starts_with("$persistentsubscription-$all::")
            && (name.ends_with("-checkpoint") || name.ends_with("-parked"))
}

/// Holds an expression against a name, as a fuzzer wants it.
#[cfg(fuzzing)]
pub fn try_filter(expression: &str, name: &str) {
    use crate::log::StreamName;
    let Ok(stream) = StreamName::parse(name.as_bytes()) else { return };
    let event = Recorded {
        position: 1,
        stream,
        revision: 0,
        id: uuid::Uuid::nil(),
        created: 0,
        event_type: name.into(),
        is_json: true,
        data: bytes::Bytes::new(),
        metadata: bytes::Bytes::new(),
        encoded: std::sync::OnceLock::new(),
    };
    for subject in [Subject::Stream, Subject::EventType] {
        if let Ok(filter) = Filter::new(subject, expression, vec![expression.into()]) {
            drop(filter.matches(&event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EXPRESSION_LIMIT, Filter, Subject, hidden};
    use crate::log::{StreamName, event::Recorded};
    use bytes::Bytes;
    use uuid::Uuid;

    fn event(stream: &str, event_type: &str) -> Recorded {
        Recorded {
            position: 1,
            stream: StreamName::parse(stream.as_bytes()).unwrap(),
            revision: 0,
            id: Uuid::nil(),
            created: 0,
            event_type: event_type.into(),
            is_json: true,
            data: Bytes::new(),
            metadata: Bytes::new(),
            encoded: std::sync::OnceLock::new(),
        }
    }

    fn prefixes(prefixes: &[&str]) -> Vec<String> {
        prefixes.iter().map(|&prefix| prefix.into()).collect()
    }

    #[test]
    fn any_prefix_is_enough() {
        let filter = Filter::new(Subject::Stream, "", prefixes(&["order-", "cart-"])).unwrap();
        assert!(filter.matches(&event("cart-1", "A")).unwrap());
        assert!(!filter.matches(&event("my-cart-1", "A")).unwrap());
    }

    #[test]
    fn no_expression_matches_nothing() {
        let filter = Filter::new(Subject::EventType, "", vec![]).unwrap();
        assert!(!filter.matches(&event("s", "A")).unwrap());
    }

    #[test]
    fn a_regular_expression_is_not_anchored_and_looks_ahead() {
        let within = Filter::new(Subject::EventType, "lu", prefixes(&["Red"])).unwrap();
        assert!(within.matches(&event("s", "Blue")).unwrap());
        assert!(!within.matches(&event("s", "Red")).unwrap());
        let all_but = Filter::new(Subject::EventType, "^(?!(Red$|Blue$))", vec![]).unwrap();
        assert!(!all_but.matches(&event("s", "Red")).unwrap());
        assert!(all_but.matches(&event("s", "Reddish")).unwrap());
    }

    #[test]
    fn an_expression_that_runs_away_is_an_error_and_not_a_hang() {
        let filter = Filter::new(Subject::Stream, r"^(?:(\w+)\1?)+=$", vec![]).unwrap();
        assert!(filter.matches(&event(&"a".repeat(64), "A")).is_err());
    }

    #[test]
    fn an_expression_that_calls_itself_is_refused_and_takes_no_memory() {
        for expression in ["|0\\g0g|0\\g0g\0.", r"(a)\g<1>", r"|(?P>0)a", r"(?P<n>a)(?P>n)"] {
            assert!(Filter::new(Subject::Stream, expression, vec![]).is_err(), "{expression:?}");
        }
        assert!(Filter::new(Subject::Stream, r"\\g", vec![]).is_ok());
    }

    #[test]
    fn an_expression_longer_than_the_limit_is_refused() {
        let compile = |length| Filter::new(Subject::Stream, &"a".repeat(length), vec![]);
        assert!(compile(EXPRESSION_LIMIT).is_ok());
        assert!(compile(EXPRESSION_LIMIT + 1).is_err());
    }

    #[test]
    fn only_the_servers_own_books_are_hidden() {
        assert!(hidden(&event("$persistentsubscription-$all::group-parked", "A")));
        assert!(!hidden(&event("$persistentsubscription-s::group-parked", "A")));
        assert!(!hidden(&event("$$s", "$metadata")));
    }
}
