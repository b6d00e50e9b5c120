//! The rotation table under random interleavings: several holders of one family, answers that get
//! lost, a thief.
//!
//! What is checked after each step: at most one generation is live; whoever presents it, or the
//! one before it within the time a lost answer may be asked for again, is never refused; whatever
//! else of the family comes back ends it; noise changes nothing.

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    Aggregate, Time,
    id::OauthClientId,
    oauth_grant,
    samples::{DAY, after, sealed, user},
    scope::OauthScopes,
    secret::SecretHash,
    testing::noon,
    user::Revision,
};

#[derive(Clone, Copy, Debug)]
struct Step {
    holder: usize,
    /// Seconds since the step before.
    wait: i64,
    answer_lost: bool,
    /// The holder hands over what another one holds instead of their own.
    copies: Option<usize>,
    noise: bool,
}

/// A generation, by how many steps lie before it; the successor is derived, so it has one name.
type Generation = u8;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_rotation_table_holds(steps in vec(steps(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.take(step)?;
        }
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![4 => 0..5_i64, 2 => 25..35_i64, 1 => 60..600_i64];
    let copies = proptest::option::weighted(0.1, 0..3_usize);
    (0..3_usize, wait, proptest::bool::weighted(0.3), copies, proptest::bool::weighted(0.05))
        .prop_map(|(holder, wait, answer_lost, copies, noise)| Step {
            holder,
            wait,
            answer_lost,
            copies,
            noise,
        })
}

struct World {
    family: TokenFamily,
    now: i64,
    /// What each holder has got, at last.
    holders: [Generation; 3],
    current: Generation,
    stepped_at: i64,
    dead: bool,
}

impl World {
    fn new() -> Self {
        let family = TokenFamily::default().evolve(&Event::Started(start()), noon());
        Self { family, now: 0, holders: [1; 3], current: 1, stepped_at: 0, dead: false }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        self.now += step.wait;
        if let Some(other) = step.copies {
            self.holders[step.holder] = self.holders[other];
        }
        let presented = if step.noise { 250 } else { self.holders[step.holder] };
        let before = self.family.clone();
        let answer = self.rotate(presented);
        self.judge(step, presented, answer, &before)
    }

    /// What the service does with a refresh token: rotate, and where that is refused as replaced,
    /// look whether it is a reuse.
    fn rotate(&mut self, presented: Generation) -> Result<Generation, Rejection> {
        let successor = presented.wrapping_add(1);
        let rotate = Command::Rotate(Rotate {
            presented: hash(presented),
            next: hash(successor),
            access: None,
            at: self.time(),
        });
        match self.family.decide(&rotate) {
            Ok(events) => {
                self.apply(&events);
                Ok(successor)
            }
            Err(refusal) => {
                if refusal == Rejection::Replaced {
                    let (presented, network) = (hash(presented), sealed("192.0.2.0/24"));
                    let detect = Command::DetectReuse(DetectReuse { presented, network });
                    let events = self.family.decide(&detect).expect("never refused once started");
                    self.apply(&events);
                }
                Err(refusal)
            }
        }
    }

    fn judge(
        &mut self,
        step: Step,
        presented: Generation,
        answer: Result<Generation, Rejection>,
        before: &TokenFamily,
    ) -> Result<(), TestCaseError> {
        let since = self.now - self.stepped_at;
        let expected = if self.dead || step.noise {
            None
        } else if presented == self.current {
            (self.current, self.stepped_at) = (presented + 1, self.now);
            Some(self.current)
        } else if presented + 1 == self.current && since < 30 {
            Some(self.current)
        } else {
            self.dead = true;
            None
        };
        prop_assert_eq!(answer.ok(), expected);
        let family = self.family.family().expect("it started");
        prop_assert_eq!(family.revoked.is_some(), self.dead);
        if step.noise {
            prop_assert_eq!(before, &self.family, "noise changes nothing");
        }
        let live =
            (0..=self.current + 2).filter(|one| family.check(&hash(*one)) == Presented::Current);
        prop_assert_eq!(live.collect::<Vec<_>>(), vec![self.current]);
        if let (Some(successor), false) = (expected, step.answer_lost) {
            self.holders[step.holder] = successor;
        }
        Ok(())
    }

    fn apply(&mut self, events: &[Event]) {
        let at = self.time();
        for event in events {
            self.family = std::mem::take(&mut self.family).evolve(event, at);
        }
    }

    fn time(&self) -> Time {
        noon() + TimeDelta::seconds(self.now)
    }
}

fn hash(generation: Generation) -> SecretHash {
    SecretHash::from_bytes([generation; 32])
}

fn start() -> Started {
    Started {
        kind: Kind::Oauth,
        user: user(1),
        user_revision: Revision::from_number(2),
        secret_sha256: hash(1),
        absolute_expires_at: after(90 * DAY),
        idle_ttl_s: 30 * 86_400,
        rotation: RotationMode::OnUse,
        oauth: Some(Box::new(OauthBinding {
            client: OauthClientId::from_uuid(Uuid::from_u128(9)),
            grant_revision: oauth_grant::Revision::from_number(1),
            scopes: OauthScopes::empty(),
            auth_time: noon(),
        })),
    }
}
