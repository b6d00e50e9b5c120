//! Given some history, when a command comes, then these events.

use std::fmt::Debug;

use crate::{Aggregate, Time};

/// When everything in a specification happens: 2026-01-01, noon.
///
/// # Panics
///
/// Never: the text is a time.
pub fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().expect("a time")
}

/// Starts a specification from what has happened already.
pub fn given<A: Aggregate>(history: impl AsRef<[A::Event]>) -> Given<A> {
    Given(A::fold(history.as_ref().iter().map(|event| (event, noon()))))
}

pub struct Given<A>(A);

pub struct When<A: Aggregate>(Result<Vec<A::Event>, A::Rejection>);

impl<A: Aggregate> Given<A> {
    #[must_use]
    pub fn when(self, command: &A::Command) -> When<A> {
        When(self.0.decide(command))
    }
}

impl<A: Aggregate> When<A>
where
    A::Event: Debug + PartialEq,
    A::Rejection: Debug + PartialEq,
{
    /// # Panics
    ///
    /// If these are not the events.
    #[track_caller]
    pub fn then(self, expected: impl AsRef<[A::Event]>) {
        assert_eq!(self.0.as_deref(), Ok(expected.as_ref()));
    }

    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// # Panics
    ///
    /// If it was accepted, or refused for another reason.
    #[track_caller]
    pub fn then_rejected(self, expected: &A::Rejection) {
        assert_eq!(self.0.as_ref(), Err(expected));
    }
}
