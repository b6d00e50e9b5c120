//! Reader: takes settings out of names and values, and remembers all that was wrong with them.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use domain::Secret;
use store::MasterKeys;

/// What every name begins with.
const PREFIX: &str = "KEYLEDGER_";

/// What the names begin with that belong to the tests.
const TESTS: &str = "TEST_";

pub(super) struct Reader {
    left: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

/// One setting that is wrong. Says what it must be, never what it was: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub name: String,
    pub expected: String,
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {}: {}", problem.name, problem.expected))
    }
}

impl Reader {
    pub(super) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let left = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
            // Compose files pass a variable that is not set as an empty one.
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self { left, problems: Vec::new() }
    }

    /// Returns `config` if nothing was wrong and nothing is left that nobody asked for.
    pub(super) fn finish<C>(mut self, config: C) -> Result<C, Problems> {
        for name in self.left.into_keys().filter(|name| !name.starts_with(TESTS)) {
            let expected = "there is no such setting".to_owned();
            self.problems.push(Problem { name: format!("{PREFIX}{name}"), expected });
        }
        if self.problems.is_empty() { Ok(config) } else { Err(Problems(self.problems)) }
    }

    /// Reads a value, or takes `default`.
    pub(super) fn parse<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, default: T) -> T {
        self.optional(name).unwrap_or(default)
    }

    /// Reads a value that may be left out.
    pub(super) fn optional<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        match self.left.remove(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => self.complain(name, error),
        }
    }

    /// Reads a whole number.
    pub(super) fn within<N>(&mut self, name: &str, default: N, range: RangeInclusive<N>) -> N
    where
        N: Copy + PartialOrd + FromStr + fmt::Display,
    {
        let Some(text) = self.left.remove(name) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.complain(name, format_args!("a whole number from {least} to {most}"))
                    .unwrap_or(default)
            }
        }
    }

    /// Reads a number of seconds.
    pub(super) fn seconds(
        &mut self,
        name: &str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.within(name, default, range))
    }

    /// Reads one of a few words; the first is the default.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let Some(text) = self.left.remove(name) else { return choices[0].1 };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        self.complain(name, format_args!("one of {}", words.join(", "))).unwrap_or(choices[0].1)
    }

    /// Reads values between commas.
    pub(super) fn list<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Vec<T> {
        let text = self.left.remove(name).unwrap_or_default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        match items.map(str::parse).collect() {
            Ok(items) => items,
            Err(error) => self.complain(name, error).unwrap_or_default(),
        }
    }

    /// Reads a value that nobody may see.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret<String>> {
        self.left.remove(name).map(Secret::new)
    }

    /// Reads every value whose name begins so; the rest of the name is its key.
    pub(super) fn secrets(&mut self, prefix: &str) -> BTreeMap<String, Secret<String>> {
        let found = self.left.extract_if(.., |name, _| name.starts_with(prefix));
        found.map(|(name, value)| (name[prefix.len()..].to_owned(), Secret::new(value))).collect()
    }

    pub(super) fn master_keys(&mut self, name: &str) -> Option<MasterKeys> {
        let text = self.secret(name)?;
        match MasterKeys::parse(text.expose()) {
            Ok(keys) => Some(keys),
            Err(error) => self.complain(name, error),
        }
    }

    fn complain<T>(&mut self, name: &str, expected: impl fmt::Display) -> Option<T> {
        let (name, expected) = (format!("{PREFIX}{name}"), expected.to_string());
        self.problems.push(Problem { name, expected });
        None
    }
}
